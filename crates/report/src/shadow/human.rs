//! For a terminal: the answer and why, the rate, each path, and what mirroring took.

use adjutant_domain::{Interval, Outcome, Unit};
use adjutant_shadow::{ShadowAccount, ShadowComparison, ShadowPath, ShadowRate, ShadowUnpaired};

use super::{ShownShadow, told, verdict};
use crate::number;
use crate::standing::NO_DATA_AVAILABLE;
use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};

/// Paths beyond these are counted; the JSON lists all of them.
const PATHS_SHOWN_MAX: usize = 40;

/// Where the details of a block start.
const DETAIL_INDENT: usize = 14;

/// The answer for a terminal, with a final newline.
pub fn human(shown: ShownShadow<'_>, terminal: Terminal) -> String {
    let found = shown.found;
    let ink = ink_of(found.outcome);
    let again = shown
        .again
        .map(|again| format!(", noise floor from {again}"));
    let files = format!(
        "{} -> {}{}",
        shown.baseline,
        shown.candidate,
        again.unwrap_or_default()
    );
    let mut lines = vec![
        terminal.paint(ink, verdict(found)),
        terminal.paint(Ink::Faint, &clean(&files)),
        String::new(),
    ];
    for reason in &found.reasons {
        lines.extend(detail("why", reason, terminal));
    }
    lines.extend(rate_lines(found, terminal));
    for path in found.paths.iter().take(PATHS_SHOWN_MAX) {
        lines.push(String::new());
        lines.extend(block(path, found, terminal));
    }
    let hidden = found.paths.len().saturating_sub(PATHS_SHOWN_MAX);
    if hidden > 0 {
        lines.push(String::new());
        lines.push(format!("and {hidden} more paths: --format json lists them"));
    }
    lines.push(String::new());
    lines.extend(beside(found, terminal));
    lines.join("\n") + "\n"
}

fn ink_of(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Pass => Ink::Good,
        Outcome::Fail => Ink::Bad,
        Outcome::Inconclusive => Ink::Undecided,
    }
}

fn rate_lines(found: &ShadowComparison, terminal: Terminal) -> Vec<String> {
    let rate = &found.whole;
    if rate.pairs == 0 {
        let remedy = format!(
            "{NO_DATA_AVAILABLE}: replay the same requests against both and record them with the \
             same ids"
        );
        return detail("pairs", &remedy, terminal);
    }
    let noise = match rate.noise_pairs {
        0 => "UNKNOWN, taken as 0: --again SECOND_RECORDING_OF_THE_BASELINE measures it".to_owned(),
        pairs => format!(
            "{} of {} pairs of the baseline with itself",
            number::count(rate.noise_disagreements),
            number::count(pairs)
        ),
    };
    let pairs = format!(
        "{} of {} disagree",
        number::count(rate.disagreements),
        number::count(rate.pairs)
    );
    let acceptable = number::distance(found.regression_max, None, Unit::Ratio);
    let mut lines = detail("pairs", &pairs, terminal);
    lines.extend(detail("noise floor", &noise, terminal));
    let excess = format!("{}, acceptable {acceptable}", excess(rate, found));
    lines.extend(detail("excess", &excess, terminal));
    lines.extend(needed(rate, terminal));
    lines
}

fn excess(rate: &ShadowRate, found: &ShadowComparison) -> String {
    let value = number::distance(rate.excess, rate.interval, Unit::Ratio);
    let ends = |interval: Interval| {
        let name = number::interval_name(found.confidence);
        format!(" {name} {}", number::interval(interval, Unit::Ratio))
    };
    format!("{value}{}", rate.interval.map(ends).unwrap_or_default())
}

fn needed(rate: &ShadowRate, terminal: Terminal) -> Vec<String> {
    rate.needed.map_or_else(Vec::new, |more| {
        let more = format!("about {} more pairs", number::count(more));
        detail("needed", &more, terminal)
    })
}

fn block(path: &ShadowPath, found: &ShadowComparison, terminal: Terminal) -> Vec<String> {
    let rate = &path.rate;
    let is_loss = path
        .kinds
        .iter()
        .any(|kind| kind.kind.is_structural_loss() && kind.pairs > 0);
    let (mark, ink) = match rate.outcome {
        Outcome::Pass | Outcome::Inconclusive if is_loss => ("✗", Ink::Bad),
        Outcome::Pass => ("✓", Ink::Good),
        Outcome::Fail => ("✗", Ink::Bad),
        Outcome::Inconclusive => ("○", Ink::Undecided),
    };
    let title = format!("{mark} {}", clean(&path.path));
    let mut lines = vec![terminal.paint(ink, &title)];
    for counted in &path.kinds {
        lines.extend(detail("how", &told(counted), terminal));
    }
    let numbers = format!(
        "{} of {} pairs, excess {}",
        number::count(rate.disagreements),
        number::count(rate.pairs),
        excess(rate, found)
    );
    lines.extend(detail("rate", &numbers, terminal));
    if let Some(size) = path.size_max {
        lines.extend(detail("largest", &number::plain(size), terminal));
    }
    lines.extend(needed(rate, terminal));
    lines
}

/// What had no partner, what was not compared, and what the calls took.
fn beside(found: &ShadowComparison, terminal: Terminal) -> Vec<String> {
    let mut lines = Vec::new();
    for (label, unpaired) in [
        ("unanswered", &found.unanswered),
        ("unasked", &found.unasked),
        ("again only", &found.unmatched_again),
    ] {
        if unpaired.count > 0 {
            lines.extend(detail(label, &unpaired_text(unpaired), terminal));
        }
    }
    if found.ignored > 0 {
        let ignored = format!("{} values, as --ignore says", number::count(found.ignored));
        lines.extend(detail("ignored", &ignored, terminal));
    }
    for (label, account) in [
        ("baseline", &found.accounts.baseline),
        ("mirrored", &found.accounts.candidate),
    ] {
        lines.extend(detail(label, &account_text(account), terminal));
    }
    lines
}

fn unpaired_text(unpaired: &ShadowUnpaired) -> String {
    let more = if unpaired.count > unpaired.requests.len() as u64 {
        ", …"
    } else {
        ""
    };
    format!(
        "{}: request {}{more}",
        number::count(unpaired.count),
        unpaired.requests.join(", ")
    )
}

/// `tokens 1,200 (n = 10), cost NO DATA AVAILABLE, …`
fn account_text(account: &ShadowAccount) -> String {
    let parts = [
        ("tokens", account.tokens),
        ("cost", account.cost),
        ("milliseconds", account.duration_ms),
    ];
    let each = parts.map(|(name, (n, sum))| match n {
        0 => format!("{name} {NO_DATA_AVAILABLE}"),
        n => format!("{name} {} (n = {})", number::plain(sum), number::count(n)),
    });
    each.join(", ")
}

fn detail(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let label = left(&format!("  {label}"), DETAIL_INDENT);
    let indent = columns(&label);
    let wrapped = wrap(&clean(text), terminal.width().saturating_sub(indent));
    let lines = wrapped.into_iter().enumerate().map(|(at, line)| {
        if at == 0 {
            format!("{}{line}", terminal.paint(Ink::Faint, &label))
        } else {
            format!("{}{line}", " ".repeat(indent))
        }
    });
    lines.collect()
}
