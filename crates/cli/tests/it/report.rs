//! Reports, and the proof that they say what the evidence gives.

use adjutant_testkit::program;

use crate::gate::digest_of;
use crate::stage::Stage;

const REPORT: [&str; 8] = [
    "report",
    "deployment",
    "--gate",
    "smoke",
    "--evidence",
    "baseline=baseline.csv",
    "--evidence",
    "candidate=same.csv",
];

const FILES: [&str; 4] = [
    "deployment.md",
    "deployment.html",
    "deployment.json",
    "innovation_report.md",
];

#[test]
fn a_report_is_written_in_three_formats_and_each_holds() {
    let stage = Stage::new();
    let mut told = stage.outcome(&REPORT);
    for file in FILES {
        told.push_str(&stage.outcome(&["verify", file]));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_last_decision_is_reported_without_asking_again() {
    let stage = Stage::new();
    let asked = stage.run(&[
        "gate",
        "smoke",
        "--evidence",
        "baseline=baseline.csv",
        "--evidence",
        "candidate=slow.csv",
    ]);
    let asked = String::from_utf8(asked.stderr).unwrap();
    let record = asked.trim().strip_prefix("decision record ").unwrap();
    stage.answer(
        30,
        &["report", "deployment", "--gate", "smoke", "--out", "out"],
    );
    assert!(stage.workspace.read("out/deployment.md").contains(record));
    stage.answer(0, &["verify", "out/deployment.md"]);
    let journal = stage.answer(0, &["journal", "verify", "--format", "json"]);
    assert!(journal.contains("\"entries\": 3"), "{journal}");
}

#[test]
fn a_changed_digit_an_uncited_number_and_a_changed_word_are_found() {
    let stage = Stage::new();
    stage.answer(0, &REPORT);
    let report = stage.workspace.read("deployment.md");
    let at = report.find(" ms").unwrap() - 1;
    let digit = if &report[at..=at] == "7" { "8" } else { "7" };
    let changed = format!("{}{digit}{}", &report[..at], &report[at + 1..]);
    let cited = report.replacen("## ", "It was 12.5 ms faster.\n\n## ", 1);
    for (what, text) in [("digit", changed), ("number", cited)] {
        stage.workspace.write("changed.md", text);
        let told = stage.outcome(&["verify", "changed.md"]);
        assert!(told.starts_with("exit code 30"), "{what}: {told}");
        assert!(told.contains("line "), "{what}: {told}");
    }
    let verdict = report.replace("GO", "REJECT");
    stage.workspace.write("changed.md", verdict);
    assert_eq!(stage.code(&["verify", "changed.md"]), 30);
}

#[test]
fn one_changed_byte_of_an_artifact_or_of_the_record_is_found() {
    let stage = Stage::new();
    stage.answer(0, &REPORT);
    let report = stage.workspace.read("deployment.json");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let record = report["decision_record"].as_str().unwrap().to_owned();
    let mut told = String::new();
    for digest in [digest_of(&stage, "same.csv"), record] {
        let path = stage.path().join(".git/adjutant/artifacts").join(digest);
        let honest = std::fs::read(&path).unwrap();
        let mut changed = honest.clone();
        let last = changed.len() - 3;
        changed[last] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        told.push_str(&stage.outcome(&["verify", "deployment.json"]));
        std::fs::write(&path, &honest).unwrap();
    }
    assert_eq!(stage.code(&["verify", "deployment.json"]), 0);
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_no_report_is_told_so() {
    let stage = Stage::new();
    let nowhere = stage.outcome(&["verify", "adjutant.toml"]);
    stage.answer(0, &REPORT);
    let told = [nowhere, stage.outcome(&["verify", "adjutant.toml"])];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_journal_that_was_changed_does_not_hold() {
    let stage = Stage::new();
    stage.answer(0, &REPORT);
    let honest = stage.outcome(&["journal", "verify"]);
    let database = stage.path().join(".git/adjutant/adjutant.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    connection
        .execute("UPDATE decision SET verdict = 'REJECT'", [])
        .unwrap();
    let told = [
        honest,
        stage.outcome(&["journal", "verify"]),
        stage.outcome(&["journal", "verify", "--format", "json"]),
        stage.outcome(&["doctor"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

/// A gate that a comparison of latencies answers, and the answers of two checks.
fn with_answers() -> Stage {
    let stage = Stage::new();
    let contract = r#"{"type": "object", "properties": {"query": {"type": "string"}}}"#;
    stage.workspace.write("old.schema.json", contract);
    let same = [
        "--baseline",
        "old.schema.json",
        "--candidate",
        "old.schema.json",
    ];
    let diff = [&["schema", "diff"], &same[..], &["--format", "json"]].concat();
    stage
        .workspace
        .write("contract.json", stage.answer(0, &diff));
    std::fs::write(stage.path().join("plain.pkl"), b"\x80\x04]K\x01a.").unwrap();
    let scan = stage.answer(0, &["model", "scan", "plain.pkl", "--format", "json"]);
    stage.workspace.write("scan.json", scan);
    stage.answer(0, &["task", "add", "Rank by color", "--draft"]);
    stage
}

const ANSWERED: [&str; 12] = [
    "report",
    "deployment",
    "--gate",
    "smoke",
    "--evidence",
    "baseline=slow.csv",
    "--evidence",
    "candidate=same.csv",
    "--evidence",
    "candidate=contract.json",
    "--evidence",
    "candidate=scan.json",
];

#[test]
fn a_report_shows_checks_tasks_and_what_was_learned_and_holds_after_the_tasks_moved_on() {
    let stage = with_answers();
    stage.answer(0, &ANSWERED);
    stage.answer(0, &["task", "add", "Another one", "--draft"]);
    for file in FILES {
        stage.answer(0, &["verify", file]);
    }
    let report = stage.workspace.read("deployment.md");
    let shown = |from: &str, to: &str| {
        let (_, rest) = report.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_owned()
    };
    let sections = [
        shown("## INTEGRATION COMPATIBILITY MATRIX", "## TEAM"),
        shown("## EXECUTION PROGRESS", "## FINAL"),
        shown("## RELAY NOTE", "To check"),
        stage.workspace.read("innovation_report.md"),
    ];
    insta::assert_snapshot!(program::without_times_and_digests(
        &sections.join("\n---\n")
    ));
}

#[test]
fn a_changed_digit_of_a_count_or_of_a_gain_is_found() {
    let stage = with_answers();
    stage.answer(0, &ANSWERED);
    for (file, from, to) in [
        ("deployment.md", "| draft | 1 |", "| draft | 2 |"),
        ("deployment.md", "| both | 0 |", "| both | 1 |"),
        ("innovation_report.md", "n = 1000", "n = 2000"),
    ] {
        let report = stage.workspace.read(file);
        assert!(report.contains(from), "{report}");
        stage
            .workspace
            .write("changed.md", report.replacen(from, to, 1));
        let told = stage.outcome(&["verify", "changed.md"]);
        assert!(told.starts_with("exit code 30"), "{told}");
        assert!(told.contains("stands where the evidence gives"), "{told}");
    }
}
