//! Changes of JSON Schemas with the severity that each has in each direction.

use adjutant_schema::{
    ContractFormat, SchemaDirection, SchemaFinding, SchemaQuestion, SchemaSeverity, SunsetDay, diff,
};

const TABLE: &str = include_str!("json-schema.table");

fn found(before: &str, after: &str, direction: SchemaDirection) -> Vec<SchemaFinding> {
    let question = SchemaQuestion {
        direction,
        format: Some(ContractFormat::JsonSchema),
        today: SunsetDay::of_unix_millis(0),
        sunset_days: 0,
    };
    diff(before.as_bytes(), after.as_bytes(), &question)
        .unwrap()
        .findings
}

fn word(severity: Option<SchemaSeverity>) -> &'static str {
    match severity {
        None => "none",
        Some(SchemaSeverity::Safe) => "safe",
        Some(SchemaSeverity::Risky) => "risky",
        Some(SchemaSeverity::Breaking) => "breaking",
    }
}

#[test]
fn each_change_has_its_severity_in_each_direction() {
    let mut wrong = Vec::new();
    for line in TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [rule, request, response, before, after] = cells[..] else {
            panic!("five cells a line: {line}");
        };
        for (direction, expected) in [
            (SchemaDirection::Request, request),
            (SchemaDirection::Response, response),
        ] {
            let findings = found(before, after, direction);
            let of_rule = findings.iter().filter(|finding| finding.rule == rule);
            let said = word(of_rule.map(|finding| finding.severity).max());
            if said != expected {
                wrong.push(format!("{line}\n  {direction:?}: {said}, of {findings:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_renamed_field_is_named() {
    let before = r#"{"properties":{"userName":{"type":"string"},"age":{"type":"integer"}}}"#;
    for (after, name) in [
        (
            r#"{"properties":{"user_name":{"type":"string"},"age":{"type":"integer"}}}"#,
            "`user_name`",
        ),
        (
            r#"{"properties":{"login":{"type":"string"},"age":{"type":"integer"}}}"#,
            "`login`",
        ),
    ] {
        let findings = found(before, after, SchemaDirection::Both);
        let removed = findings
            .iter()
            .find(|finding| finding.rule == "property-removed")
            .unwrap();
        assert!(removed.why.contains(name), "{removed:?}");
    }
}

#[test]
fn moving_a_part_behind_a_reference_changes_nothing() {
    let inline = r#"{"properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}"#;
    let referring = r##"{"properties":{"a":{"$ref":"#/$defs/a"}},
        "$defs":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}"##;
    assert_eq!(found(inline, referring, SchemaDirection::Both), []);
    assert_eq!(found(referring, inline, SchemaDirection::Both), []);
}

/// A block of the table of formats: what it is about, and both contracts.
fn blocks(table: &str) -> Vec<(Vec<&str>, &str, &str)> {
    let parts = table.split("\n= ").skip(1);
    parts
        .map(|block| {
            let (head, rest) = block.split_once('\n').unwrap();
            let (before, after) = rest.split_once("\n-\n").unwrap();
            (head.split(", ").collect(), before, after)
        })
        .collect()
}

#[test]
fn each_change_of_each_format_is_recognised_and_has_its_severity() {
    let mut wrong = Vec::new();
    for (head, before, after) in blocks(include_str!("formats.table")) {
        let [format, rule, request, response] = head[..] else {
            panic!("four words a head: {head:?}");
        };
        for (direction, expected) in [
            (SchemaDirection::Request, request),
            (SchemaDirection::Response, response),
        ] {
            let question = SchemaQuestion {
                direction,
                format: None,
                today: SunsetDay::of_unix_millis(0),
                sunset_days: 0,
            };
            let diff = diff(before.as_bytes(), after.as_bytes(), &question).unwrap();
            assert_eq!(diff.format.name(), format, "{before}");
            let of_rule = diff.findings.iter().filter(|finding| finding.rule == rule);
            let said = word(of_rule.map(|finding| finding.severity).max());
            if said != expected {
                wrong.push(format!(
                    "{head:?} {direction:?}: {said}, of {:#?}",
                    diff.findings
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_contract_of_any_format_compared_with_itself_has_no_finding_but_what_is_not_compared() {
    for (head, before, after) in blocks(include_str!("formats.table")) {
        for side in [before, after] {
            let question = SchemaQuestion {
                direction: SchemaDirection::Both,
                format: None,
                today: SunsetDay::of_unix_millis(0),
                sunset_days: 0,
            };
            let findings = diff(side.as_bytes(), side.as_bytes(), &question)
                .unwrap()
                .findings;
            let rest: Vec<&SchemaFinding> = findings
                .iter()
                .filter(|finding| !finding.undecided)
                .collect();
            assert!(rest.is_empty(), "{head:?}: {rest:?}");
        }
    }
}
