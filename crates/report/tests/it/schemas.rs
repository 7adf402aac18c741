//! The published schemas: checked in, equal to the generated ones, and true of real answers.

use adjutant_report::schema::Published;
use adjutant_report::{comparison, deployment, gate};
use serde_json::Value;

use crate::{comparisons, decisions, deployments};

const UPDATE: &str = "write the generated text over the file: \
                      ADJUTANT_WRITE_SCHEMAS=1 cargo test -p adjutant-report schemas";

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

#[test]
fn the_checked_in_schemas_are_the_generated_ones() {
    for schema in Published::ALL {
        let file = folder().join(schema.file_name());
        if option_env!("ADJUTANT_WRITE_SCHEMAS").is_some() {
            std::fs::write(&file, schema.text()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            checked_in == schema.text(),
            "{} is not up to date: {UPDATE}",
            file.display()
        );
    }
}

#[test]
fn real_answers_are_valid_and_twisted_ones_are_not() {
    for (name, decision) in decisions::all() {
        let answer = gate::json(&decision).unwrap();
        is_valid(Published::Gate, name, &answer);
        let report = deployment::json(deployments::of(&decision)).unwrap();
        is_valid(Published::Report, name, &report);
        let no_verdict = answer.replacen("\"verdict\"", "\"judgement\"", 1);
        is_invalid(Published::Gate, name, &no_verdict);
        let cut_record = report.replacen("\"decision_record\": \"", "\"decision_record\": \"x", 1);
        is_invalid(Published::Report, name, &cut_record);
    }
    for case in [comparisons::within_margin(), comparisons::insufficient()] {
        let answer = comparison::json(&case).unwrap();
        is_valid(Published::Comparison, &case.measure, &answer);
        let no_such_unit = answer.replacen("\"unit\": \"ms\"", "\"unit\": \"minutes\"", 1);
        is_invalid(Published::Comparison, &case.measure, &no_such_unit);
    }
}

pub(crate) fn errors(schema: Published, answer: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&schema.text()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    let errors = validator.iter_errors(&answer);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

pub(crate) fn is_valid(schema: Published, name: &str, answer: &str) {
    assert_eq!(errors(schema, answer), Vec::<String>::new(), "{name}");
}

fn is_invalid(schema: Published, name: &str, answer: &str) {
    assert_ne!(errors(schema, answer), Vec::<String>::new(), "{name}");
}
