//! For a terminal: the answer on top, then one block a change that breaks or may break.

use adjutant_schema::{SchemaFinding, SchemaSeverity};

use super::{ShownContracts, headline, place, standing};
use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};

/// Where the details of a block start.
const DETAIL_INDENT: usize = 14;

/// The answer for a terminal, with a final newline.
pub fn human(shown: ShownContracts<'_>, terminal: Terminal) -> String {
    let diff = shown.diff;
    let worst = diff.findings.iter().map(|finding| finding.severity).max();
    let (ink, word) = match worst {
        Some(SchemaSeverity::Breaking) => (Ink::Bad, "BREAKING"),
        _ if diff.is_undecided() => (Ink::Undecided, "UNDECIDED"),
        Some(SchemaSeverity::Risky) => (Ink::Undecided, "RISKY"),
        Some(SchemaSeverity::Safe) | None => (Ink::Good, "SAFE"),
    };
    let mut lines = vec![
        format!("{}  {}", terminal.paint(ink, word), headline(diff)),
        terminal.paint(
            Ink::Faint,
            &clean(&format!(
                "{} -> {}, {}",
                shown.baseline, shown.candidate, diff.format
            )),
        ),
    ];
    let (safe, told): (Vec<_>, Vec<_>) = diff
        .findings
        .iter()
        .partition(|finding| finding.severity == SchemaSeverity::Safe);
    for finding in told {
        lines.push(String::new());
        lines.extend(block(finding, shown, terminal));
    }
    if !safe.is_empty() {
        lines.push(String::new());
        lines.push(terminal.paint(Ink::Faint, "  SAFE"));
        lines.extend(safe.into_iter().map(|finding| {
            let at = finding.candidate.as_deref().or(finding.baseline.as_deref());
            clean(&format!("✓ {}  {}", finding.rule, at.unwrap_or_default()))
        }));
    }
    lines.join("\n") + "\n"
}

fn block(finding: &SchemaFinding, shown: ShownContracts<'_>, terminal: Terminal) -> Vec<String> {
    let (mark, ink) = match finding.severity {
        SchemaSeverity::Breaking => ("✗", Ink::Bad),
        SchemaSeverity::Risky => ("○", Ink::Undecided),
        SchemaSeverity::Safe => ("✓", Ink::Good),
    };
    let title = format!("{mark} {}  {}", finding.rule, standing(finding));
    let mut lines = vec![terminal.paint(ink, &title)];
    lines.extend(detail("why", &finding.why, terminal));
    if !finding.used_by.is_empty() {
        lines.extend(detail("used by", &finding.used_by, terminal));
    }
    for (label, file, line, pointer) in [
        (
            "baseline",
            shown.baseline,
            finding.baseline_line,
            &finding.baseline,
        ),
        (
            "candidate",
            shown.candidate,
            finding.candidate_line,
            &finding.candidate,
        ),
    ] {
        if let Some(pointer) = pointer {
            lines.extend(detail(label, &place(file, line, pointer), terminal));
        }
    }
    lines
}

fn detail(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let label = left(&format!("    {label}"), DETAIL_INDENT);
    let indent = columns(&label);
    let wrapped = wrap(&clean(text), terminal.width().saturating_sub(indent));
    let mut lines = wrapped.into_iter().enumerate().map(|(at, line)| {
        if at == 0 {
            format!("{}{line}", terminal.paint(Ink::Faint, &label))
        } else {
            format!("{}{line}", " ".repeat(indent))
        }
    });
    let first = lines.next();
    first.into_iter().chain(lines).collect()
}
