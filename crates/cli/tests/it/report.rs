//! Reports, and the proof that they say what the evidence gives.

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

const FILES: [&str; 3] = ["deployment.md", "deployment.html", "deployment.json"];

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
