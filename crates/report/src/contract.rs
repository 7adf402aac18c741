//! What a change of a contract breaks, in every format.

mod github;
mod human;
mod junit;
mod sarif;

pub use github::github;
pub use human::human;
pub use junit::junit;
pub use sarif::sarif;

use adjutant_schema::{Breaks, SchemaDiff, SchemaFinding, SchemaSeverity};

use crate::wire::ContractAnswer;

/// A comparison of two contracts, and what they are called.
#[derive(Debug, Clone, Copy)]
pub struct ShownContracts<'a> {
    /// What was found.
    pub diff: &'a SchemaDiff,
    /// The baseline's file, as it was named.
    pub baseline: &'a str,
    /// The candidate's file, as it was named.
    pub candidate: &'a str,
}

/// The answer as JSON of the published schema `schema-diff.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no answer causes.
pub fn json(shown: ShownContracts<'_>) -> Result<String, serde_json::Error> {
    let answer = ContractAnswer::new(shown.diff, shown.baseline, shown.candidate);
    serde_json::to_string_pretty(&answer).map(|text| text + "\n")
}

/// The answer in one sentence.
fn headline(diff: &SchemaDiff) -> String {
    let count = |severity| diff.count(severity);
    format!(
        "{} breaking, {} risky, {} safe changes{}",
        count(SchemaSeverity::Breaking),
        count(SchemaSeverity::Risky),
        count(SchemaSeverity::Safe),
        if diff.is_undecided() {
            "; something was not compared"
        } else {
            ""
        }
    )
}

fn severity(severity: SchemaSeverity) -> &'static str {
    match severity {
        SchemaSeverity::Breaking => "breaking",
        SchemaSeverity::Risky => "risky",
        SchemaSeverity::Safe => "safe",
    }
}

/// How bad it is and for whom, such as `breaking for writers`.
fn standing(finding: &SchemaFinding) -> String {
    let word = severity(finding.severity);
    match finding.breaks {
        None => word.to_owned(),
        Some(Breaks::Reader) => format!("{word} for readers"),
        Some(Breaks::Writer) => format!("{word} for writers"),
        Some(Breaks::Both) => format!("{word} for readers and writers"),
    }
}

/// A place as `file:line pointer`.
fn place(file: &str, line: Option<u64>, pointer: &str) -> String {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let pointer = if pointer.is_empty() {
        "(all of it)"
    } else {
        pointer
    };
    format!("{file}{line} {pointer}")
}

/// What changed, where, and whom it concerns, as a text of one line.
fn told(finding: &SchemaFinding) -> String {
    let at = finding.candidate.as_deref().or(finding.baseline.as_deref());
    let at = at
        .filter(|pointer| !pointer.is_empty())
        .unwrap_or("the whole contract");
    let used_by = if finding.used_by.is_empty() {
        String::new()
    } else {
        format!(" ({})", finding.used_by)
    };
    format!("{}: {} at {at}{used_by}", standing(finding), finding.why)
}
