//! For a terminal: one block a file, its verdict first, then each finding with its place.

use adjutant_supply::{ScanReport, ScanVerdict};

use super::{ShownScan, place, sentence};
use crate::terminal::{Ink, Terminal, clean, wrap};

/// Findings of one file that are shown; JSON and SARIF have them all.
const SHOWN_MAX: usize = 20;

/// The scans for a terminal, with a final newline.
pub fn human(scans: &[ShownScan<'_>], terminal: Terminal) -> String {
    let blocks: Vec<String> = scans.iter().map(|scan| block(*scan, terminal)).collect();
    blocks.join("\n")
}

fn block(scan: ShownScan<'_>, terminal: Terminal) -> String {
    let report = scan.report;
    let (ink, word) = match report.verdict {
        ScanVerdict::Plain => (Ink::Good, "PLAIN"),
        ScanVerdict::Unknown => (Ink::Undecided, "UNKNOWN"),
        ScanVerdict::Executable => (Ink::Bad, "EXECUTABLE"),
    };
    let mut lines = vec![
        format!("{}  {}", terminal.paint(ink, word), clean(scan.file)),
        terminal.paint(Ink::Faint, &format!("  {}", looked_at(report))),
    ];
    for finding in report.findings.iter().take(SHOWN_MAX) {
        let ink = match finding.verdict {
            ScanVerdict::Plain => Ink::Good,
            ScanVerdict::Unknown => Ink::Undecided,
            ScanVerdict::Executable => Ink::Bad,
        };
        for line in wrap(&clean(&sentence(finding)), terminal.width() - 2) {
            lines.push(format!("  {}", terminal.paint(ink, &line)));
        }
        let place = clean(&place(finding));
        lines.push(format!("    {}", terminal.paint(Ink::Faint, &place)));
    }
    let more = report.findings.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more: see --format json"));
    }
    lines.join("\n") + "\n"
}

fn looked_at(report: &ScanReport) -> String {
    let counted = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let pickles = counted(report.pickles, "pickle");
    match report.members {
        0 => format!("{}: {pickles} read", report.kind),
        members => {
            let members = counted(members, "member");
            format!("{}: {members} looked at, {pickles} read", report.kind)
        }
    }
}
