//! Adding, listing and showing.

use crate::stage::Stage;

const ADD: [&str; 7] = [
    "evidence",
    "add",
    "baseline.csv",
    "--subject",
    "baseline",
    "--run",
    "run_1",
];

#[test]
fn evidence_is_added_listed_and_shown() {
    let stage = Stage::new();
    let mut told = stage.outcome(&ADD);
    for arguments in [
        ["evidence", "list"].as_slice(),
        &["evidence", "show", "run_1"],
        &["evidence", "show", "1", "--format", "json"],
        &["evidence", "list", "--subject", "candidate"],
        &["evidence", "show", "run_9"],
    ] {
        told.push_str(&format!("\n$ {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_same_evidence_twice_is_told_to_be_there_already() {
    let stage = Stage::new();
    stage.answer(0, &ADD);
    insta::assert_snapshot!(stage.outcome(&ADD));
    let listed = stage.answer(0, &["evidence", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[test]
fn one_bad_file_among_good_ones_stores_nothing() {
    let stage = Stage::new();
    stage.workspace.write("bad.csv", "latency_ms\n1\nNaN\n");
    let told = stage.outcome(&[
        "evidence",
        "add",
        "baseline.csv",
        "bad.csv",
        "--subject",
        "baseline",
        "--run",
        "run_1",
    ]);
    insta::assert_snapshot!(told);
    let listed = stage.answer(0, &["evidence", "list", "--format", "json"]);
    assert_eq!(listed, "[]\n");
    assert_eq!(artifacts(&stage), 0);
}

#[test]
fn a_measure_that_its_source_does_not_name_is_named_by_the_caller() {
    let stage = Stage::new();
    stage.workspace.write("scores.csv", "value\n0.5\n0.75\n");
    let told = stage.outcome(&[
        "evidence",
        "add",
        "scores.csv",
        "--subject",
        "candidate",
        "--run",
        "run_1",
        "--measure",
        "review_score",
        "--format",
        "json",
    ]);
    insta::assert_snapshot!(told);
}

#[test]
fn a_folder_of_one_criterion_benchmark_is_evidence() {
    let stage = Stage::new();
    let sample = r#"{"sampling_mode":"Linear","iters":[1.0,2.0],"times":[1000.0,2100.0]}"#;
    stage
        .workspace
        .write("target/criterion/sort/new/sample.json", sample);
    let add = |folder: &str| {
        stage.outcome(&[
            "evidence",
            "add",
            folder,
            "--subject",
            "candidate",
            "--run",
            "run_1",
        ])
    };
    let one = add("target/criterion");
    stage
        .workspace
        .write("target/criterion/search/new/sample.json", sample);
    let several = add("target/criterion");
    insta::assert_snapshot!(format!("{one}\n{several}"));
}

#[test]
fn two_programs_that_add_at_once_lose_nothing() {
    const EACH: usize = 15;
    let stage = Stage::new();
    std::thread::scope(|scope| {
        for subject in ["baseline", "candidate"] {
            let stage = &stage;
            scope.spawn(move || {
                for number in 0..EACH {
                    let file = format!("{subject}_{number}.csv");
                    stage
                        .workspace
                        .write(&file, format!("latency_ms\n{number}.5\n"));
                    let run = format!("run_{number}");
                    stage.answer(
                        0,
                        &[
                            "evidence",
                            "add",
                            &file,
                            "--subject",
                            subject,
                            "--run",
                            &run,
                        ],
                    );
                }
            });
        }
    });
    let listed = stage.answer(0, &["evidence", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2 * EACH);
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let stage = Stage::new();
    let mut child = stage
        .command(&["gate", "show", "release"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

pub(crate) fn artifacts(stage: &Stage) -> usize {
    let folder = stage.path().join(".git/adjutant/artifacts");
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_file())
        .count()
}
