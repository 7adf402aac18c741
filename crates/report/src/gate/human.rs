//! A decision for a terminal: the verdict and its reasons on top, then one block a criterion.

use adjutant_domain::{Citation, Measured, Verdict};
use adjutant_gate::{CriterionResult, Decision, Input, TriggerResult};

use crate::consensus;
use crate::deployment::{fired, needed};
use crate::gate::markdown::{evidence_items, evidence_of_arm, observed};
use crate::gate::table::{Table, named_interval};
use crate::number;
use crate::standing::{self, Counts, NO_DATA_AVAILABLE, Standing};
use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};

/// Where the details of a block start.
const DETAIL_INDENT: usize = 14;
/// The decision for a terminal, with a final newline.
pub fn human(decision: &Decision, terminal: Terminal) -> String {
    let mut lines = head(decision, terminal);
    lines.push(String::new());
    let table = Table::fitting(decision, terminal.width());
    if let Some(table) = table
        && !decision.criteria.is_empty()
    {
        lines.push(terminal.paint(Ink::Faint, &table.heading()));
    }
    for criterion in &decision.criteria {
        match table {
            Some(table) => lines.push(terminal.paint(ink(criterion), &table.row(criterion))),
            None => lines.extend(card_head(criterion, terminal)),
        }
        lines.extend(details(criterion, terminal));
        lines.push(String::new());
    }
    lines.extend(triggers(&decision.triggers, terminal));
    if let Some(joint) = &decision.joint {
        lines.extend(consensus::human(joint, terminal));
    }
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

fn card_head(criterion: &CriterionResult, terminal: Terminal) -> Vec<String> {
    let title = format!(
        "{} {}  {}",
        Standing::of(criterion).mark(),
        criterion.id,
        standing::words(criterion)
    );
    let mut lines = vec![terminal.paint(ink(criterion), &title)];
    lines.extend(detail("observed", &observed(criterion), terminal));
    if let Some(observed) = &criterion.observed {
        lines.extend(detail("interval", &named_interval(criterion), terminal));
        lines.extend(detail("n", &number::count(observed.n()), terminal));
    }
    lines.extend(detail("trend", standing::trend(&criterion.trend), terminal));
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
    if Standing::of(criterion) != Standing::Pass {
        lines.extend(detail("why", &criterion.reason, terminal));
    }
    for source in evidence(criterion) {
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

/// The values with their sources. A value computed from the arms has no source but theirs, so
/// theirs are enough here; the other formats repeat them.
fn evidence(criterion: &CriterionResult) -> Vec<String> {
    let of_arms: Vec<&Citation> = criterion
        .arms
        .iter()
        .flat_map(|(_, arm)| arm.sources())
        .collect();
    let is_from_arms = criterion
        .observed
        .iter()
        .flat_map(Measured::sources)
        .all(|source| of_arms.contains(&source));
    if is_from_arms {
        criterion.arms.iter().map(evidence_of_arm).collect()
    } else {
        evidence_items(criterion)
    }
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
