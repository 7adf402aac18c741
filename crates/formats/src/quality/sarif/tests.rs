//! What real scanners' files and the corners of the standard yield.

use super::*;
use crate::outline::outline;

/// The counts of the findings, by severity from critical to none, then the suppressed ones.
fn counts(text: &str) -> Vec<String> {
    let found = read(text.as_bytes()).unwrap();
    found
        .iter()
        .map(|measurement| {
            if let Data::Scalar(scalar) = &measurement.data {
                return scalar.value.to_string();
            }
            let Data::Absent(absence) = &measurement.data else {
                panic!("{measurement:?}");
            };
            absence.to_string()
        })
        .collect()
}

fn run_with(result: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t","rules":[
            {{"id":"scored","properties":{{"security-severity":"7.0"}}}},
            {{"id":"levelled","defaultConfiguration":{{"level":"note"}}}}]}},
            "extensions":[{{"name":"e","rules":[
            {{"id":"packed","properties":{{"security-severity":9.8}}}}]}}]}},
            "results":[{result}]}}]}}"#
    )
}

#[test]
fn bandit_grades_by_level() {
    let fixture = include_bytes!("../../../tests/fixtures/sarif/bandit.sarif");
    insta::assert_snapshot!(outline(&read(fixture).unwrap()), @r#"
    findings{severity="critical", tool="Bandit"} Count count 0 @#/runs/0/results
    findings{severity="high", tool="Bandit"} Count count 2 @#/runs/0/results
    findings{severity="medium", tool="Bandit"} Count count 3 @#/runs/0/results
    findings{severity="low", tool="Bandit"} Count count 4 @#/runs/0/results
    findings{severity="none", tool="Bandit"} Count count 0 @#/runs/0/results
    findings.suppressed{tool="Bandit"} Count count 0 @#/runs/0/results
    "#);
}

#[test]
fn semgrep_grades_by_score_then_by_the_rules_level_and_suppresses_in_source() {
    let fixture = include_bytes!("../../../tests/fixtures/sarif/semgrep.sarif");
    insta::assert_snapshot!(outline(&read(fixture).unwrap()), @r#"
    findings{severity="critical", tool="Semgrep OSS"} Count count 2 @#/runs/0/results
    findings{severity="high", tool="Semgrep OSS"} Count count 0 @#/runs/0/results
    findings{severity="medium", tool="Semgrep OSS"} Count count 2 @#/runs/0/results
    findings{severity="low", tool="Semgrep OSS"} Count count 1 @#/runs/0/results
    findings{severity="none", tool="Semgrep OSS"} Count count 0 @#/runs/0/results
    findings.suppressed{tool="Semgrep OSS"} Count count 1 @#/runs/0/results
    "#);
}

#[test]
fn a_clean_run_states_its_zeros() {
    let fixture = include_bytes!("../../../tests/fixtures/sarif/secretlint-clean.sarif");
    insta::assert_snapshot!(outline(&read(fixture).unwrap()), @r#"
    findings{severity="critical", tool="secretlint"} Count count 0 @#/runs/0/results
    findings{severity="high", tool="secretlint"} Count count 0 @#/runs/0/results
    findings{severity="medium", tool="secretlint"} Count count 0 @#/runs/0/results
    findings{severity="low", tool="secretlint"} Count count 0 @#/runs/0/results
    findings{severity="none", tool="secretlint"} Count count 0 @#/runs/0/results
    findings.suppressed{tool="secretlint"} Count count 0 @#/runs/0/results
    "#);
}

#[test]
fn the_other_fixtures_are_counted() {
    for (text, expected) in [
        (
            include_str!("../../../tests/fixtures/sarif/secretlint-leaky.sarif"),
            ["0", "2", "0", "0", "0", "0"],
        ),
        (
            include_str!("../../../tests/fixtures/sarif/clippy.sarif"),
            ["0", "0", "5", "0", "0", "0"],
        ),
        (
            include_str!("../../../tests/fixtures/sarif/bandit-clean.sarif"),
            ["0"; 6],
        ),
    ] {
        assert_eq!(counts(text), expected);
    }
}

#[test]
fn a_result_is_graded_by_its_rule_its_level_and_its_kind() {
    for (result, expected) in [
        (r#"{"ruleId":"scored","level":"note"}"#, "0 1 0 0 0 0"),
        (r#"{"ruleId":"scored/finer"}"#, "0 1 0 0 0 0"),
        (r#"{"ruleIndex":1,"ruleId":"scored"}"#, "0 0 0 1 0 0"),
        (r#"{"rule":{"id":"levelled"}}"#, "0 0 0 1 0 0"),
        (r#"{"ruleId":"levelled","level":"error"}"#, "0 1 0 0 0 0"),
        (
            r#"{"rule":{"index":0,"toolComponent":{"index":0}}}"#,
            "1 0 0 0 0 0",
        ),
        (r#"{"ruleId":"packed","ruleIndex":-1}"#, "1 0 0 0 0 0"),
        (r#"{"ruleId":"unknown"}"#, "0 0 1 0 0 0"),
        (r#"{"level":"none"}"#, "0 0 0 0 1 0"),
        (r#"{"ruleId":"levelled","kind":"open"}"#, "0 0 0 0 1 0"),
        (r#"{"ruleId":"scored","kind":"pass"}"#, "0 0 0 0 0 0"),
        (
            r#"{"ruleId":"scored","kind":"notApplicable"}"#,
            "0 0 0 0 0 0",
        ),
        (
            r#"{"ruleId":"scored","baselineState":"absent"}"#,
            "0 0 0 0 0 0",
        ),
        (r#"{"ruleId":"scored","suppressions":[]}"#, "0 1 0 0 0 0"),
        (
            r#"{"ruleId":"scored","suppressions":[{"kind":"external"}]}"#,
            "0 0 0 0 0 1",
        ),
        (
            r#"{"ruleId":"scored","suppressions":[{"status":"accepted"},{"status":"underReview"}]}"#,
            "0 1 0 0 0 0",
        ),
    ] {
        assert_eq!(counts(&run_with(result)).join(" "), expected, "{result}");
    }
}

#[test]
fn a_run_that_did_not_look_says_nothing() {
    let failed = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[],
        "invocations":[{"executionSuccessful":true},{"executionSuccessful":false}]}]}"#;
    let without = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}}}]}"#;
    for (text, expected) in [
        (
            failed,
            "the source refused: the run of the tool failed (/runs/0/invocations/1/executionSuccessful)",
        ),
        (without, "the query matched no series"),
    ] {
        assert_eq!(counts(text), [expected; 6]);
    }
}

#[test]
fn a_file_that_is_not_whole_sarif_is_refused_with_its_place() {
    let whole = include_str!("../../../tests/fixtures/sarif/bandit.sarif");
    let dangling = run_with(r#"{"ruleIndex":7}"#);
    let score = run_with(r#"{"ruleId":"scored"}"#).replace("7.0", "NaN");
    let level = run_with(r#"{"level":"fatal"}"#);
    for (text, words) in [
        (&whole[..5_000], "cut off"),
        (
            &whole.replace("2.1.0", "2.0.0"),
            "/version: this is SARIF 2.0.0, not 2.1.0",
        ),
        (
            r#"{"version":"2.1.0","runs":[]}"#,
            "/runs: the file holds no run of any tool",
        ),
        (r#"{"version":"2.1.0"}"#, "the file: `runs` is missing"),
        (
            r#"{"version":"2.1.0","runs":[{"results":{}}]}"#,
            "/runs/0: `tool` is missing",
        ),
        (
            &dangling,
            "/runs/0/results/0/ruleIndex: the tool describes no rule of this index",
        ),
        (
            &score,
            "/runs/0/tool/driver/rules/0/properties/security-severity: the security severity is not a score from 0 to 10",
        ),
        (&level, "/runs/0/results/0/level: \"fatal\" is not a level"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
