//! The driver from end to end, on a second of load.

use crate::data::data;
use std::fs;
use std::path::Path;
use std::process::Command;

fn drive(out: &Path, candidate: &str) -> serde_json::Value {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runs the program itself"
    )]
    let mut command = Command::new(env!("CARGO_BIN_EXE_search"));
    command.args([
        "drive",
        "--seconds",
        "1",
        "--rate",
        "40",
        "--candidate",
        candidate,
    ]);
    let output = command
        .arg("--data")
        .arg(data())
        .arg("--out")
        .arg(out)
        .output()
        .expect("a run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("a list in JSON")
}

#[test]
fn a_drive_leaves_runs_judgements_samples_and_costs_of_both_arms() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drive");
    let list = drive(&out, "candidate");
    let listed: Vec<(&str, &str)> = list["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| {
            let text = |key: &str| file[key].as_str().expect("a text");
            assert!(Path::new(text("path")).is_file(), "{file}");
            (text("subject"), text("format"))
        })
        .collect();
    let expected = [
        ("baseline", "trec-run"),
        ("candidate", "trec-run"),
        ("ablation", "trec-run"),
        ("judgements", "trec-qrels"),
        ("baseline", "openapi"),
        ("candidate", "openapi"),
        ("baseline", "recording"),
        ("baseline", "recording-again"),
        ("candidate", "recording"),
        ("candidate", "model"),
        ("baseline", "samples"),
        ("baseline", "bmf"),
        ("candidate", "samples"),
        ("candidate", "bmf"),
    ];
    assert_eq!(listed, expected);

    let (mut queries_by_arm, mut samples_by_arm) = (Vec::new(), Vec::new());
    for arm in ["baseline", "candidate"] {
        let text = fs::read_to_string(out.join(format!("{arm}.csv"))).expect("samples");
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("timestamp_ms,latency_ms,status,pair,cluster")
        );
        let mut queries = Vec::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |index: usize| cells[index].parse::<f64>().expect("a number");
            assert!(number(1) > 0.0 && number(1) <= number(0), "{line}");
            assert_eq!(cells[2], "200", "{line}");
            queries.push(cells[3].to_owned());
        }
        assert_eq!(queries.len(), 40);
        queries.sort();
        queries_by_arm.push(queries);
        samples_by_arm.push(text);
    }
    assert_ne!(samples_by_arm[0], samples_by_arm[1], "each arm has its own");
    assert_eq!(
        queries_by_arm[0], queries_by_arm[1],
        "both arms get the same queries"
    );
}
