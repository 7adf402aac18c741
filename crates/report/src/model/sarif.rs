//! As SARIF 2.1.0, for code scanning: an error for what runs, a warning for what is not known.

use adjutant_supply::{PickleFinding, ScanVerdict};
use serde_json::{Value, json};

use super::{ShownScan, place, sentence};
use crate::gate::sarif::{SCHEMA, message, uri};

/// The scans as SARIF, with a final newline.
pub fn sarif(scans: &[ShownScan<'_>]) -> String {
    let results: Vec<Value> = scans
        .iter()
        .flat_map(|scan| {
            let findings = scan.report.findings.iter();
            findings.map(|finding| result(scan.file, finding))
        })
        .collect();
    let rules = [
        (
            ScanVerdict::Executable,
            "Loading the file runs code of its own choosing.",
        ),
        (
            ScanVerdict::Unknown,
            "Something in the file is not known, or could not be looked at.",
        ),
    ];
    let rules: Vec<Value> = rules
        .iter()
        .map(
            |(verdict, text)| json!({ "id": rule(*verdict), "shortDescription": { "text": text } }),
        )
        .collect();
    let mut log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "adjutant",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "automationDetails": { "id": "adjutant/model/scan" },
            "results": results,
            "columnKind": "unicodeCodePoints",
        }],
    });
    log.sort_all_objects();
    format!("{log:#}\n")
}

fn rule(verdict: ScanVerdict) -> &'static str {
    match verdict {
        ScanVerdict::Plain => "model/plain",
        ScanVerdict::Unknown => "model/unknown",
        ScanVerdict::Executable => "model/executable",
    }
}

fn result(file: &str, finding: &PickleFinding) -> Value {
    let level = match finding.verdict {
        ScanVerdict::Plain => "note",
        ScanVerdict::Unknown => "warning",
        ScanVerdict::Executable => "error",
    };
    let text = format!("{} ({})", sentence(finding), place(finding));
    // A byte inside of a member is no byte of the file.
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if finding.inside.is_empty() {
        physical["region"] = json!({ "byteOffset": finding.offset, "byteLength": 1 });
    }
    let fingerprint = format!("{file}/{}/{}", place(finding), finding.reason);
    json!({
        "ruleId": rule(finding.verdict),
        "level": level,
        "kind": "fail",
        "message": { "text": message(&text) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": place(finding), "kind": "member" }],
        }],
        "partialFingerprints": { "modelFinding/v1": fingerprint },
    })
}
