//! Files that cannot be right: every command says where, what and what to do, keeps nothing, and
//! never says GO.

use crate::evidence::artifacts;
use crate::stage::Stage;

fn stage_of_bad_files() -> (Stage, Vec<&'static str>) {
    let stage = Stage::new();
    let write = |name: &str, content: &[u8]| {
        stage.workspace.write(name, content);
    };
    write("truncated.csv", b"latency_ms,status\n1,200\n2");
    write(
        "truncated.sarif",
        br#"{"version": "2.1.0", "$schema": "sarif-2.1.0", "runs": [{"tool": {"driver"#,
    );
    write("wrong_type.csv", b"latency_ms,status\n1,200\nfast,200\n");
    write("nan.csv", b"latency_ms,status\n1,200\nNaN,200\n");
    write("infinite.csv", b"latency_ms,status\n1,200\ninf,200\n");
    write("negative.csv", b"latency_ms,status\n1,200\n-2,200\n");
    write("empty.csv", b"");
    write("header_only.csv", b"latency_ms,status\n");
    write(
        "utf16.csv",
        b"\xff\xfel\0a\0t\0e\0n\0c\0y\0_\0m\0s\0\n\x00\x31\0",
    );
    write("not_utf8.csv", b"latency_ms,status\n1,200\n\xe9,200\n");
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    write(
        "deep.sarif",
        format!("{{\"version\":\"2.1.0\",\"runs\":{deep}}}").as_bytes(),
    );
    write(
        "deep.ndjson",
        format!("{{\"latency_ms\":{deep}}}\n").as_bytes(),
    );
    std::fs::File::create(stage.path().join("huge.json"))
        .unwrap()
        .set_len(10_000_000_000)
        .unwrap();
    let names = vec![
        "truncated.csv",
        "truncated.sarif",
        "wrong_type.csv",
        "nan.csv",
        "infinite.csv",
        "negative.csv",
        "empty.csv",
        "header_only.csv",
        "utf16.csv",
        "not_utf8.csv",
        "deep.sarif",
        "deep.ndjson",
        "huge.json",
        "missing.csv",
    ];
    (stage, names)
}

#[test]
fn adding_bad_files_names_the_place_and_the_remedy_and_keeps_nothing() {
    let (stage, names) = stage_of_bad_files();
    let mut told = String::new();
    for name in names {
        let arguments = [
            "evidence",
            "add",
            name,
            "--subject",
            "candidate",
            "--run",
            "run_1",
        ];
        told.push_str(&format!("{name}: {}\n", stage.outcome(&arguments)));
    }
    insta::assert_snapshot!(told);
    assert_eq!(
        stage.answer(0, &["evidence", "list", "--format", "json"]),
        "[]\n"
    );
    assert_eq!(artifacts(&stage), 0);
}

#[test]
fn comparing_bad_files_is_an_error_of_usage() {
    let (stage, names) = stage_of_bad_files();
    let mut told = String::new();
    for name in names {
        let arguments = ["compare", "baseline.csv", name, "--measure", "p95"];
        told.push_str(&format!("{name}: {}\n", stage.outcome(&arguments)));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_gate_answers_bad_files_and_never_says_go() {
    let (stage, names) = stage_of_bad_files();
    let mut told = String::new();
    for name in names {
        let candidate = format!("candidate={name}");
        let output = stage.run(&[
            "gate",
            "smoke",
            "--evidence",
            "baseline=baseline.csv",
            "--evidence",
            &candidate,
            "--format",
            "json",
        ]);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let validities: Vec<&str> = answer["criteria"]
            .as_array()
            .unwrap()
            .iter()
            .map(|criterion| criterion["validity"].as_str().unwrap())
            .collect();
        told.push_str(&format!(
            "{name}: exit code {}, {}, {}\n",
            output.status.code().unwrap(),
            answer["verdict"].as_str().unwrap(),
            validities.join(" ")
        ));
    }
    insta::assert_snapshot!(told);
}
