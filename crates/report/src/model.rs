//! What was found in model files, in every format.

mod header;
mod human;
mod sarif;
mod wire;

pub(crate) use header::change_lines;
pub use header::{ShownChange, changes_human, header_human, header_json};
pub use human::human;
pub use sarif::sarif;

use adjutant_supply::{PickleFinding, ScanReport, ScanVerdict};

/// A file and what was found in it.
#[derive(Debug, Clone, Copy)]
pub struct ShownScan<'a> {
    /// The file, as the caller named it.
    pub file: &'a str,
    /// What was found.
    pub report: &'a ScanReport,
}

/// The scans as JSON, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no scan causes.
pub fn json(scans: &[ShownScan<'_>]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&wire::ScansJson::of(scans)).map(|text| text + "\n")
}

/// Two versions of a model or a tokenizer, and what changed between them.
#[derive(Debug, Clone, Copy)]
pub struct ShownModelDiff<'a> {
    /// The version in use, as the caller named it.
    pub baseline: &'a str,
    /// The version that asks to replace it, as the caller named it.
    pub candidate: &'a str,
    /// What changed.
    pub changes: &'a [ShownChange],
}

/// The changes as JSON, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no change causes.
pub fn changes_json(shown: ShownModelDiff<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&wire::ModelDiffJson::of(shown)).map(|text| text + "\n")
}

/// The worst of all verdicts; of no file, nothing is known.
pub fn worst(scans: &[ShownScan<'_>]) -> ScanVerdict {
    let verdicts = scans.iter().map(|scan| scan.report.verdict);
    verdicts.max().unwrap_or(ScanVerdict::Unknown)
}

/// The finding in one sentence.
fn sentence(finding: &PickleFinding) -> String {
    let subject = match (&finding.global, finding.opcode) {
        (Some(global), _) => format!("{global} "),
        (None, Some(_)) => "it ".to_owned(),
        (None, None) => String::new(),
    };
    let times = match finding.times {
        0 | 1 => String::new(),
        times => format!(" ({times} times)"),
    };
    format!("{subject}{}{times}", finding.reason)
}

/// Where the finding is: the members from the outside in, the opcode, the byte.
fn place(finding: &PickleFinding) -> String {
    let mut parts: Vec<String> = finding.inside.clone();
    let opcode = finding.opcode.map(|opcode| format!("{opcode} "));
    let opcode = opcode.unwrap_or_default();
    parts.push(format!("{opcode}at byte {}", finding.offset));
    parts.join(" > ")
}
