//! The suite of hostile pickles: every one is flagged, and what is found is kept as a snapshot.

use std::fmt::Write;
use std::path::Path;

use adjutant_supply::{ScanReport, ScanVerdict, scan_model};

pub(crate) fn scan_folder(folder: &str) -> Vec<(String, ScanReport)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut reports: Vec<_> = std::fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !matches!(path.extension(), Some(end) if end == "py" || end == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = std::fs::read(&path).unwrap();
            let report = scan_model(&name, &bytes.as_slice());
            (name, report)
        })
        .collect();
    reports.sort_by(|left, right| left.0.cmp(&right.0));
    reports
}

pub(crate) fn outline(reports: &[(String, ScanReport)]) -> String {
    let mut text = String::new();
    for (name, report) in reports {
        writeln!(text, "{name}: {}, {}", report.verdict, report.kind).unwrap();
        for finding in &report.findings {
            let global = finding.global.as_ref().map(ToString::to_string);
            let place = [finding.inside.join(" > "), finding.offset.to_string()];
            writeln!(
                text,
                "  {} at {}: {} {} {}",
                finding.verdict,
                place.join("@"),
                finding.opcode.unwrap_or("-"),
                global.unwrap_or_default(),
                finding.reason,
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn all_40_hostile_pickles_are_flagged_as_executable() {
    let reports = scan_folder("hostile");
    assert_eq!(reports.len(), 40);
    let missed: Vec<&str> = reports
        .iter()
        .filter(|(_, report)| report.verdict != ScanVerdict::Executable)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
    insta::assert_snapshot!(outline(&reports));
}
