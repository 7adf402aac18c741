//! What was found in model files, in every format.

mod header;
mod human;
mod sarif;
mod wire;

pub(crate) use header::change_lines;
pub use header::{ShownChange, changes_human, changes_json, header_human, header_json};
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
    let files: Vec<wire::ScanJson<'_>> = scans.iter().map(wire::ScanJson::of).collect();
    serde_json::to_string_pretty(&files).map(|text| text + "\n")
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
