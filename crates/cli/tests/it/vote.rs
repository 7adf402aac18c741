//! Votes, as roles cast them.

use crate::stage::{POLICY, Stage};

const PLATFORM: &str = "infra-performance-monitor";
const QUALITY: &str = "quality-safety-officer";

/// A gate that asks for votes, and a measured candidate.
pub(crate) fn stage() -> Stage {
    let stage = Stage::new();
    let policy = format!("{POLICY}\n[gate.smoke.quorum]\n");
    stage.workspace.write("adjutant.toml", policy);
    add(&stage, "baseline.csv", "baseline", "run_1");
    add(&stage, "same.csv", "candidate", "run_2");
    stage
}

pub(crate) fn add(stage: &Stage, file: &str, subject: &str, run: &str) {
    let arguments = ["evidence", "add", file, "--subject", subject, "--run", run];
    stage.answer(0, &arguments);
}

fn vote<'a>(role: &'a str, about: &'a str, ballot: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let because = "I looked at it";
    let vote = ["vote", "--role", role, "--for", about, "--because", because];
    [&vote, &["--gate", "smoke", ballot][..], more].concat()
}

fn listed(stage: &Stage) -> Vec<serde_json::Value> {
    let listed = stage.answer(0, &["vote", "list", "--format", "json"]);
    serde_json::from_str(&listed).unwrap()
}

#[test]
fn votes_are_cast_changed_listed_and_shown() {
    let stage = stage();
    let go = vote(PLATFORM, "candidate", "go", &["--evidence", "run_2"]);
    let no_go = vote(PLATFORM, "candidate", "no-go", &[]);
    let mut told = stage.outcome(&["vote", "list"]);
    for arguments in [
        go.as_slice(),
        &vote(QUALITY, "candidate", "abstain", &[]),
        &no_go,
        &["vote", "list"],
        &["vote", "show", "1"],
        &["vote", "show", "9"],
        &["vote", "list", "--for", "baseline"],
        &["journal", "verify"],
    ] {
        told.push_str(&format!("\n$ {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
    }
    insta::assert_snapshot!(told);
    let stands: Vec<_> = listed(&stage)
        .iter()
        .map(|vote| (vote["id"].clone(), vote["stands"].clone()))
        .collect();
    assert_eq!(
        serde_json::json!(stands),
        serde_json::json!([[1, false], [2, true], [3, true]])
    );
}

#[test]
fn who_has_no_voice_and_what_cannot_be_voted_about_is_refused() {
    let stage = stage();
    let with = |old: &str, new: &'static str| -> Vec<&'static str> {
        let vote = vote(PLATFORM, "candidate", "no-go", &[]);
        let changed = vote
            .into_iter()
            .map(|word| if word == old { new } else { word });
        changed.collect()
    };
    let mut told = String::new();
    for (code, arguments) in [
        (40, vote("qa-evals-docs", "candidate", "no-go", &[])),
        (40, with("smoke", "merge")),
        (40, vote(PLATFORM, "baseline", "no-go", &[])),
        (2, vote(PLATFORM, "two words", "no-go", &[])),
        (2, vote(PLATFORM, "candidate", "go", &[])),
        (
            2,
            vote(PLATFORM, "candidate", "go", &["--evidence", "run_9"]),
        ),
        (2, with("I looked at it", "  ")),
        (2, vote(PLATFORM, "candidate", "maybe", &[])),
    ] {
        assert_eq!(stage.code(&arguments), code, "{arguments:?}");
        told.push_str(&format!(
            "$ {}\n{}\n",
            arguments.join(" "),
            stage.outcome(&arguments)
        ));
    }
    insta::assert_snapshot!(told);
    assert_eq!(listed(&stage), [""; 0]);
}

#[test]
fn without_evidence_there_is_nothing_to_vote_about() {
    let stage = Stage::new();
    let policy = format!("{POLICY}\n[gate.smoke.quorum]\n");
    stage.workspace.write("adjutant.toml", policy);
    insta::assert_snapshot!(stage.outcome(&vote(PLATFORM, "candidate", "no-go", &[])));
}

#[test]
fn newer_evidence_of_its_subject_makes_a_vote_stale_and_other_evidence_does_not() {
    let stage = stage();
    stage.answer(0, &vote(PLATFORM, "candidate", "no-go", &[]));
    add(&stage, "slow.csv", "baseline", "run_3");
    assert_eq!(listed(&stage)[0]["stale"], false);
    add(&stage, "slow.csv", "candidate", "run_2");
    assert_eq!(listed(&stage)[0]["stale"], true);
    stage.answer(0, &vote(PLATFORM, "candidate", "no-go", &[]));
    assert_eq!(listed(&stage)[1]["stands"], true);
}

#[test]
fn a_vote_for_a_decision_is_about_what_that_decision_read() {
    let stage = stage();
    stage.run(&["gate", "smoke"]);
    let told = stage.run(&["gate", "smoke"]);
    let told = String::from_utf8(told.stderr).unwrap();
    let (_, record) = told.split_once("decision record ").unwrap();
    let record = &record[..12];
    add(&stage, "slow.csv", "candidate", "run_3");
    let refused = vote(PLATFORM, record, "go", &["--evidence", "run_3"]);
    stage.answer(2, &refused);
    stage.answer(0, &vote(PLATFORM, record, "go", &["--evidence", "run_2"]));
    let votes = listed(&stage);
    assert!(votes[0]["decision"].as_str().unwrap().starts_with(record));
    assert_eq!(votes[0]["stale"], true, "it has not seen run_3");
}
