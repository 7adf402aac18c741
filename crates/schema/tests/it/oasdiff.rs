//! The yardstick for OpenAPI: every breaking rule of oasdiff, by its id, with a change of our own
//! that it names. `docs/schema-oasdiff.md` is written from the same tables.

use std::collections::BTreeSet;

use adjutant_schema::{
    SchemaDirection, SchemaFinding, SchemaQuestion, SchemaSeverity, SunsetDay, diff,
};
use serde_json::{Value, json};

const TABLE: &str = include_str!("oasdiff.table");
/// The ids of oasdiff's rules with severity ERR, one a line.
const THEIRS: &str = include_str!("oasdiff-err.ids");
/// The same for their rules with severity WARN, where the fifth cell is what we say.
const WARNINGS: &str = include_str!("oasdiff-warn.table");
const THEIR_WARNINGS: &str = include_str!("oasdiff-warn.ids");

#[derive(Clone)]
struct Case {
    id: String,
    place: String,
    rule: String,
    severity: SchemaSeverity,
    before: Value,
    after: Value,
}

fn cases(table: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for line in table.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        let (id, place, rule, severity, before, after) = match cells[..] {
            [id, place, rule, before, after] => (id, place, rule, "breaking", before, after),
            [id, place, rule, severity, before, after] => {
                (id, place, rule, severity, before, after)
            }
            _ => panic!("five or six cells a line: {line}"),
        };
        let kinds: &[&str] = if id.contains('*') {
            &["body", "property"]
        } else {
            &[""]
        };
        for kind in kinds {
            cases.push(Case {
                id: id.replace('*', kind),
                place: place.replace('*', kind),
                rule: rule.to_owned(),
                severity: match severity {
                    "safe" => SchemaSeverity::Safe,
                    "risky" => SchemaSeverity::Risky,
                    _ => SchemaSeverity::Breaking,
                },
                before: serde_json::from_str(before).unwrap(),
                after: serde_json::from_str(after).unwrap(),
            });
        }
    }
    cases
}

/// A whole description around one part of it.
fn description(place: &str, part: &Value) -> Value {
    let property = json!({"type": "object", "properties": {"field": part}});
    let body = |schema: &Value| json!({"content": {"application/json": {"schema": schema}}});
    let parameter = |place: &str, schema: &Value| json!({"parameters": [{"in": place, "name": "q", "schema": schema}]});
    let operation = match place {
        "root" => return part.clone(),
        "paths" => return json!({"openapi": "3.1.0", "paths": part}),
        "operation" => part.clone(),
        "request body" => json!({"requestBody": body(part)}),
        "request property" => json!({"requestBody": body(&property)}),
        "response body" => json!({"responses": {"200": body(part)}}),
        "response property" => json!({"responses": {"200": body(&property)}}),
        "response header" => json!({"responses": {"200": {"headers": {"X": {"schema": part}}}}}),
        "query parameter" => parameter("query", part),
        "header parameter" => parameter("header", part),
        "parameter property" => parameter("query", &property),
        other => panic!("no such place: {other}"),
    };
    json!({"openapi": "3.1.0", "paths": {"/things": {"post": operation}}})
}

fn found(case: &Case, before: &Value, after: &Value) -> Vec<SchemaFinding> {
    let (place, days) = case
        .place
        .split_once(", days ")
        .unwrap_or((&case.place, "0"));
    let question = SchemaQuestion {
        direction: SchemaDirection::Both,
        format: None,
        // 2026-11-21
        today: SunsetDay::of_unix_millis(1_795_219_200_000),
        sunset_days: days.parse().unwrap(),
    };
    let before = description(place, before).to_string();
    let after = description(place, after).to_string();
    diff(before.as_bytes(), after.as_bytes(), &question)
        .unwrap()
        .findings
}

#[test]
fn every_change_of_the_tables_is_found_with_its_severity() {
    let mut missed = Vec::new();
    for case in [cases(TABLE), cases(WARNINGS)].concat() {
        let findings = found(&case, &case.before, &case.after);
        let is_found = findings
            .iter()
            .any(|finding| finding.rule == case.rule && finding.severity == case.severity);
        if !is_found {
            let rules: Vec<String> = findings
                .iter()
                .map(|finding| format!("{} {:?}", finding.rule, finding.severity))
                .collect();
            missed.push(format!(
                "{} at {}: {} is not in {rules:?}",
                case.id, case.place, case.rule
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_contract_compared_with_itself_has_no_finding() {
    for case in [cases(TABLE), cases(WARNINGS)].concat() {
        for side in [&case.before, &case.after] {
            let findings = found(&case, side, side);
            assert!(findings.is_empty(), "{}: {findings:?}", case.id);
        }
    }
}

#[test]
fn every_rule_of_oasdiff_that_breaks_or_warns_is_in_a_table() {
    for (table, theirs) in [(TABLE, THEIRS), (WARNINGS, THEIR_WARNINGS)] {
        let theirs: BTreeSet<&str> = theirs.lines().filter(|l| !l.starts_with('#')).collect();
        let cases = cases(table);
        let ours: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ours, theirs);
    }
}
