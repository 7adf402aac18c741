//! Ten ways in which there is no answer. None of them is GO.

use std::time::Duration;

use adjutant_testkit::program;

use crate::stage::{POLICY, Stage, latencies};

fn ask(stage: &Stage, candidate: &str) -> std::process::Output {
    let candidate = format!("candidate={candidate}");
    stage.run(&[
        "gate",
        "smoke",
        "--evidence",
        "baseline=baseline.csv",
        "--evidence",
        &candidate,
        "--format",
        "json",
    ])
}

fn assert_undecided(output: &std::process::Output, validity: &str) {
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["verdict"], "PAUSE_AND_FIX", "{answer:#}");
    assert_eq!(answer["criteria"][0]["validity"], validity, "{answer:#}");
    assert_eq!(output.status.code(), Some(20));
}

#[test]
fn the_stage_itself_can_go() {
    let stage = Stage::new();
    let output = ask(&stage, "same.csv");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_gate_that_is_ended_does_not_go() {
    let stage = Stage::new();
    stage
        .workspace
        .write("large.csv", latencies(400_000, 9, 1.0));
    let mut child = stage
        .command(&[
            "gate",
            "smoke",
            "--evidence",
            "baseline=baseline.csv",
            "--evidence",
            "candidate=large.csv",
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
}

#[test]
fn a_time_out_of_the_source_does_not_go() {
    // A status of 0 says that no response came.
    let stage = Stage::new();
    let timed_out = latencies(1_000, 2, 1.0).replace(",200\n", ",0\n");
    stage.workspace.write("timed_out.csv", timed_out);
    let output = ask(&stage, "timed_out.csv");
    assert_eq!(output.status.code(), Some(30), "{output:?}");
}

#[test]
fn an_empty_selector_does_not_go() {
    let stage = Stage::new();
    let policy = format!("{POLICY}labels = {{ endpoint = [\"/nowhere*\"] }}\n");
    stage.workspace.write("adjutant.toml", policy);
    let output = ask(&stage, "same.csv");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
}

#[test]
fn a_missing_threshold_does_not_go() {
    let stage = Stage::new();
    let policy = POLICY.replace("at_most = \"1%\"\n", "");
    stage.workspace.write("adjutant.toml", policy);
    let output = ask(&stage, "same.csv");
    insta::assert_snapshot!(program::outcome(&output, stage.path(), &[]));
}

#[test]
fn an_empty_file_does_not_go() {
    let stage = Stage::new();
    stage.workspace.write("empty.csv", "");
    assert_undecided(&ask(&stage, "empty.csv"), "NO_DATA");
}

#[test]
fn nothing_but_nan_does_not_go() {
    let stage = Stage::new();
    let nan = format!("latency_ms,status\n{}", "NaN,200\n".repeat(1_000));
    stage.workspace.write("nan.csv", nan);
    assert_undecided(&ask(&stage, "nan.csv"), "SOURCE_ERROR");
}

#[test]
fn zero_samples_do_not_go() {
    let stage = Stage::new();
    stage.workspace.write("zero.csv", "latency_ms,status\n");
    assert_undecided(&ask(&stage, "zero.csv"), "SOURCE_ERROR");
}

#[test]
fn one_sample_does_not_go() {
    let stage = Stage::new();
    stage
        .workspace
        .write("one.csv", "latency_ms,status\n1,200\n");
    assert_undecided(&ask(&stage, "one.csv"), "INSUFFICIENT");
}

#[test]
fn stale_evidence_does_not_go() {
    let stage = Stage::new();
    let file = std::fs::File::options()
        .write(true)
        .open(stage.path().join("same.csv"))
        .unwrap();
    let two_days = Duration::from_secs(2 * 86_400);
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - two_days).unwrap();
    assert_undecided(&ask(&stage, "same.csv"), "STALE");
}

#[test]
fn an_error_of_the_provider_does_not_go() {
    let stage = Stage::new();
    assert_undecided(&ask(&stage, "not_there.csv"), "SOURCE_ERROR");
}

#[test]
fn a_gate_without_any_evidence_does_not_go() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.outcome(&["gate", "smoke"]));
}
