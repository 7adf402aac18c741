//! A decision for a terminal: the verdict and its reasons on top, then one block a criterion.

use adjutant_domain::Verdict;
use adjutant_gate::{CriterionResult, Decision, Input, TriggerResult};

use crate::deployment::{fired, needed};
use crate::gate::markdown::{evidence_items, observed};
use crate::number;
use crate::standing::{self, Counts, NO_DATA_AVAILABLE, Standing};
use crate::terminal::{Ink, Terminal, clean, columns, left, right, wrap};

/// Below this many columns a criterion is a card, from it up a row of a table.
const TABLE_COLUMNS_MIN: usize = 96;
/// Where the details of a block start.
const DETAIL_INDENT: usize = 14;
const HEADINGS: [&str; 7] = [
    "CRITERION",
    "OBSERVED",
    "INTERVAL",
    "N",
    "VALIDITY",
    "OUTCOME",
    "TREND",
];

/// The decision for a terminal, with a final newline.
pub fn human(decision: &Decision, terminal: Terminal) -> String {
    let mut lines = head(decision, terminal);
    lines.push(String::new());
    let rows: Vec<[String; 7]> = decision.criteria.iter().map(cells).collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        rows.iter()
            .map(|row| columns(&row[column]))
            .chain([columns(HEADINGS[column])])
            .max()
            .unwrap_or(0)
    });
    let table_width = 2 + widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    let as_table = terminal.width() >= TABLE_COLUMNS_MIN.max(table_width);
    if as_table && !rows.is_empty() {
        let headings = HEADINGS.map(str::to_owned);
        let heading = row_line(&headings, &widths);
        lines.push(terminal.paint(Ink::Faint, &format!("  {}", heading.trim_end())));
    }
    for (criterion, row) in decision.criteria.iter().zip(&rows) {
        if as_table {
            let line = format!(
                "{} {}",
                Standing::of(criterion).mark(),
                row_line(row, &widths)
            );
            lines.push(terminal.paint(ink(criterion), line.trim_end()));
        } else {
            lines.extend(card_head(criterion, row, terminal));
        }
        lines.extend(details(criterion, terminal));
        lines.push(String::new());
    }
    lines.extend(triggers(&decision.triggers, terminal));
    lines.extend(foot(decision, terminal));
    lines.join("\n") + "\n"
}

fn head(decision: &Decision, terminal: Terminal) -> Vec<String> {
    let verdict = decision.verdict.to_string();
    let ink = match decision.verdict {
        Verdict::Go => Ink::Good,
        Verdict::ShadowOnly | Verdict::PauseAndFix => Ink::Undecided,
        Verdict::Reject => Ink::Bad,
    };
    let counts = Counts::of(decision);
    let mut lines = vec![format!(
        "{}  {}",
        terminal.paint(ink, &verdict),
        terminal.paint(Ink::Strong, standing::meaning(decision.verdict))
    )];
    let facts = format!(
        "gate {} · {} pass, {} fail, {} inconclusive, {} without an answer · {}",
        decision.gate,
        counts.pass,
        counts.fail,
        counts.inconclusive,
        counts.no_answer,
        decision.decided_at
    );
    lines.extend(
        wrap(&facts, terminal.width())
            .iter()
            .map(|line| terminal.paint(Ink::Faint, line)),
    );
    if !decision.reasons.is_empty() {
        lines.push(String::new());
    }
    for reason in &decision.reasons {
        lines.extend(item("  - ", &clean(reason), terminal));
    }
    lines
}

/// A text behind a label; its further lines are indented to the text.
fn item(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let indent = columns(label);
    wrap(text, terminal.width().saturating_sub(indent))
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            if at == 0 {
                format!("{label}{line}")
            } else {
                format!("{}{line}", " ".repeat(indent))
            }
        })
        .collect()
}

fn cells(criterion: &CriterionResult) -> [String; 7] {
    let n = criterion
        .observed
        .as_ref()
        .map_or_else(|| "-".to_owned(), |observed| number::count(observed.n()));
    [
        criterion.id.to_string(),
        observed(criterion),
        criterion
            .observed
            .as_ref()
            .map_or_else(|| "-".to_owned(), |_| named_interval(criterion)),
        n,
        criterion.validity.to_string(),
        criterion.outcome.to_string(),
        standing::trend(&criterion.trend).to_owned(),
    ]
}

/// The interval behind its name: a terminal's table has no heading that says 95 %.
fn named_interval(criterion: &CriterionResult) -> String {
    let Some(ends) = criterion
        .observed
        .as_ref()
        .and_then(number::measured_interval)
    else {
        return "none".to_owned();
    };
    if ends == number::EXACT {
        ends
    } else {
        format!("{} {ends}", number::interval_name(criterion.confidence))
    }
}

fn row_line(row: &[String; 7], widths: &[usize; 7]) -> String {
    let numbers = [1, 3];
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (text, &width))| {
            if numbers.contains(&column) {
                right(text, width)
            } else {
                left(text, width)
            }
        })
        .collect();
    cells.join("  ")
}

fn card_head(criterion: &CriterionResult, row: &[String; 7], terminal: Terminal) -> Vec<String> {
    let standing = Standing::of(criterion);
    let title = format!(
        "{} {}  {}",
        standing.mark(),
        criterion.id,
        standing::words(criterion)
    );
    let mut lines = vec![terminal.paint(ink(criterion), &title)];
    lines.extend(detail("observed", &row[1], terminal));
    if criterion.observed.is_some() {
        lines.extend(detail("interval", &row[2], terminal));
        lines.extend(detail("n", &row[3], terminal));
    }
    lines.extend(detail("trend", &row[6], terminal));
    lines
}

fn details(criterion: &CriterionResult, terminal: Terminal) -> Vec<String> {
    let mut lines = detail("target", &criterion.target, terminal);
    if !criterion.required {
        lines.extend(detail(
            "required",
            "no: it is shown, the verdict does not wait",
            terminal,
        ));
    }
    lines.extend(detail("why", &criterion.reason, terminal));
    for source in evidence_items(criterion) {
        lines.extend(detail("evidence", &source, terminal));
    }
    if let Some(reason) = standing::bypass(criterion) {
        lines.extend(detail("bypass", &reason, terminal));
    }
    for change in needed(criterion) {
        lines.extend(detail("change", &change, terminal));
    }
    lines
}

fn detail(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let label = left(&format!("    {label}"), DETAIL_INDENT);
    let mut lines = item(&label, &clean(text), terminal);
    if let Some(first) = lines.first_mut()
        && let Some(rest) = first.strip_prefix(&label)
    {
        *first = format!("{}{rest}", terminal.paint(Ink::Faint, &label));
    }
    lines
}

fn ink(criterion: &CriterionResult) -> Ink {
    match Standing::of(criterion) {
        Standing::Pass => Ink::Good,
        Standing::Fail => Ink::Bad,
        Standing::Inconclusive | Standing::NoAnswer(_) => Ink::Undecided,
    }
}

fn triggers(triggers: &[TriggerResult], terminal: Terminal) -> Vec<String> {
    if triggers.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![terminal.paint(Ink::Faint, "  ROLLBACK TRIGGERS")];
    for trigger in triggers {
        let (mark, ink) = match trigger.fired {
            Some(false) => ("✓", Ink::Good),
            Some(true) => ("✗", Ink::Bad),
            None => ("○", Ink::Undecided),
        };
        let title = format!("{mark} {}  {}", trigger.id, fired(trigger));
        lines.push(terminal.paint(ink, &title));
        lines.extend(detail("when", &trigger.condition, terminal));
        lines.extend(detail("why", &trigger.reason, terminal));
    }
    lines.push(String::new());
    lines
}

fn foot(decision: &Decision, terminal: Terminal) -> Vec<String> {
    if decision.inputs.is_empty() {
        return item(
            "  ",
            &format!("{NO_DATA_AVAILABLE}: no artifact was read."),
            terminal,
        );
    }
    let mut lines = vec![terminal.paint(Ink::Faint, "  ARTIFACTS")];
    let width = |text: fn(&Input) -> String| {
        decision
            .inputs
            .iter()
            .map(|input| columns(&text(input)))
            .max()
            .unwrap_or(0)
    };
    let subject = |input: &Input| input.subject.to_string();
    let place = |input: &Input| format!("{} ({})", input.run, clean(&input.file));
    let (subjects, places) = (width(subject), width(place));
    for input in &decision.inputs {
        lines.push(format!(
            "  {}  {}  sha256:{}",
            left(&subject(input), subjects),
            left(&place(input), places),
            input.artifact.short()
        ));
    }
    lines
}
