//! Asking gates.

use adjutant_testkit::postgres::Server;

use crate::stage::{POLICY, Stage, latencies};

fn ask<'a>(candidate: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "gate",
        "smoke",
        "--evidence",
        "baseline=baseline.csv",
        "--evidence",
        candidate,
    ];
    arguments.extend(rest);
    arguments
}

#[test]
fn a_candidate_as_good_goes_and_a_slow_one_is_rejected() {
    let stage = Stage::new();
    let go = stage.outcome(&ask("candidate=same.csv", &[]));
    let reject = stage.outcome(&ask("candidate=slow.csv", &[]));
    insta::assert_snapshot!(format!("{go}\n{reject}"));
}

#[test]
fn every_format_tells_the_same_verdict() {
    let stage = Stage::new();
    for format in ["json", "junit", "sarif", "markdown"] {
        let told = stage.outcome(&ask("candidate=slow.csv", &["--format", format]));
        insta::assert_snapshot!(format!("gate_as_{format}"), told);
    }
}

#[test]
fn the_stored_evidence_is_asked_when_none_is_named() {
    let stage = Stage::new();
    for (file, subject, run) in [
        ("baseline.csv", "baseline", "run_1"),
        ("slow.csv", "candidate", "run_2"),
        ("same.csv", "candidate", "run_3"),
    ] {
        stage.answer(
            0,
            &["evidence", "add", file, "--subject", subject, "--run", run],
        );
    }
    insta::assert_snapshot!(stage.outcome(&["gate", "smoke"]));
}

#[test]
fn a_stored_artifact_that_was_changed_is_an_error_of_its_source() {
    let stage = Stage::new();
    stage.answer(0, &ask("candidate=same.csv", &[]));
    let folder = stage.path().join(".git/adjutant/artifacts");
    let digest = digest_of(&stage, "same.csv");
    std::fs::write(folder.join(digest), latencies(1_000, 3, 0.5)).unwrap();
    insta::assert_snapshot!(stage.outcome(&["gate", "smoke"]));
}

pub(crate) fn digest_of(stage: &Stage, file: &str) -> String {
    let listed = stage.answer(0, &["evidence", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let found = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|evidence| evidence["file"] == file)
        .unwrap();
    found["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_reason_lifts_a_block_only_where_the_policy_allows_it_and_is_shown() {
    let stage = Stage::new();
    let policy = POLICY.replace(
        "rise_at_most = \"10%\"",
        "rise_at_most = \"10%\"\nreason_allowed = true",
    );
    stage.workspace.write("adjutant.toml", policy);
    let lifted = ask(
        "candidate=slow.csv",
        &["--reason", "p95=the new index is being built"],
    );
    let refused = ask("candidate=slow.csv", &["--reason", "p96=typo"]);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        stage.outcome(&lifted),
        stage.outcome(&refused)
    ));
}

#[test]
fn settings_that_mean_nothing_are_warned_about_and_wrong_ones_refused() {
    let stage = Stage::new();
    let odd = format!("[databse]\nurl = \"x\"\n{POLICY}colour = \"red\"\n");
    stage.workspace.write("adjutant.toml", odd);
    let warned = stage.outcome(&ask("candidate=same.csv", &[]));
    let warned = warned.split_once("--- stderr").unwrap().1;
    let mut told = format!("{warned}\n");
    for (name, text) in [
        ("syntax", "[gate.smoke\n".to_owned()),
        ("bare number", POLICY.replace("\"10%\"", "10")),
        ("wrong type", POLICY.replace("\"1%\"", "[1]")),
        ("no criteria", "[gate.smoke]\n".to_owned()),
    ] {
        stage.workspace.write("adjutant.toml", text);
        let refused = stage.outcome(&ask("candidate=same.csv", &[]));
        told.push_str(&format!("{name}: {refused}\n"));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn gates_are_listed_shown_and_unknown_ones_named() {
    let stage = Stage::new();
    let told = [
        stage.outcome(&["gate", "list"]),
        stage.outcome(&["gate", "list", "--format", "json"]),
        stage.outcome(&["gate", "show", "smoke"]),
        stage.outcome(&["gate", "relase"]),
        stage.outcome(&["gate", "quality", "--policy", "adjutant.toml"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_built_in_gate_is_shown_as_text_that_can_be_used() {
    let stage = Stage::new();
    for gate in ["release", "merge", "quality"] {
        let text = stage.answer(0, &["gate", "show", gate]);
        stage.workspace.write("own.toml", &text);
        let listed = stage.answer(0, &["gate", "list", "--policy", "own.toml"]);
        assert!(listed.contains(gate), "{listed}");
    }
}

#[test]
fn a_gate_tests_itself() {
    let stage = Stage::new();
    let output = stage.run(&[
        "gate",
        "self-test",
        "smoke",
        "--seeds",
        "20",
        "--format",
        "json",
    ]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["seeds"], 20);
    assert_eq!(answer["criteria"].as_array().unwrap().len(), 2);
    let expected = if answer["has_vote"] == true { 0 } else { 30 };
    assert_eq!(output.status.code(), Some(expected));
}

#[test]
fn a_gate_decides_the_same_with_its_state_in_postgresql() {
    let server = Server::start();
    let url = server.new_database();
    let stage = Stage::new();
    let ask = ask("candidate=same.csv", &["--format", "json"]);
    let there = stage
        .command(&ask)
        .env("ADJUTANT_DATABASE_URL", &url)
        .output()
        .unwrap();
    let here = stage.run(&ask);
    let verdict = |output: &std::process::Output| {
        let mut answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["decided_at"].take();
        answer
    };
    assert_eq!(verdict(&there), verdict(&here));
    let listed = server.run(&url, "SELECT subject FROM evidence ORDER BY id");
    assert_eq!(listed, ["baseline", "candidate"]);
}
