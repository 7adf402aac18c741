//! As SARIF 2.1.0, for code scanning: an error for each change that breaks, a warning for each
//! that may, a note for the rest.

use std::collections::BTreeSet;

use adjutant_schema::{SchemaFinding, SchemaSeverity};
use serde_json::{Value, json};

use super::{ShownContracts, told};
use crate::gate::sarif::{SCHEMA, message, uri};

/// The answer as SARIF, with a final newline.
pub fn sarif(shown: ShownContracts<'_>) -> String {
    let findings = &shown.diff.findings;
    let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({ "id": id })).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, shown))
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
            "automationDetails": { "id": format!("adjutant/schema/{}", shown.diff.format) },
            "results": results,
            "columnKind": "unicodeCodePoints",
        }],
    });
    log.sort_all_objects();
    format!("{log:#}\n")
}

fn result(finding: &SchemaFinding, shown: ShownContracts<'_>) -> Value {
    let level = match finding.severity {
        SchemaSeverity::Breaking => "error",
        SchemaSeverity::Risky => "warning",
        SchemaSeverity::Safe => "note",
    };
    let sides = [
        (shown.candidate, &finding.candidate, finding.candidate_line),
        (shown.baseline, &finding.baseline, finding.baseline_line),
    ];
    let mut places = sides.iter().filter_map(|(file, pointer, line)| {
        let pointer = pointer.as_ref()?;
        Some(location(file, pointer, *line))
    });
    let first: Vec<Value> = places.next().into_iter().collect();
    let related: Vec<Value> = places.collect();
    let place = finding.candidate.as_deref().or(finding.baseline.as_deref());
    let fingerprint = format!("{}/{}", finding.rule, place.unwrap_or_default());
    json!({
        "ruleId": finding.rule,
        "level": level,
        "kind": if finding.undecided { "open" } else { "fail" },
        "message": { "text": message(&told(finding)) },
        "locations": first,
        "relatedLocations": related,
        "partialFingerprints": { "ruleAndPlace/v1": fingerprint },
    })
}

fn location(file: &str, pointer: &str, line: Option<u64>) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(file) },
            "region": { "startLine": line.unwrap_or(1) },
        },
        "logicalLocations": [{ "fullyQualifiedName": pointer }],
    })
}
