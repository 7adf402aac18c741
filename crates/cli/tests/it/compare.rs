//! Comparing two files.

use crate::stage::Stage;

#[test]
fn comparisons_pass_fail_and_stay_open() {
    let stage = Stage::new();
    stage
        .workspace
        .write("few.csv", crate::stage::latencies(50, 5, 1.0));
    let mut told = String::new();
    for arguments in [
        [
            "baseline.csv",
            "same.csv",
            "--measure",
            "p95",
            "--margin",
            "10%",
        ]
        .as_slice(),
        &[
            "baseline.csv",
            "slow.csv",
            "--measure",
            "p95",
            "--margin",
            "10%",
        ],
        &["baseline.csv", "same.csv", "--measure", "mean"],
        &["baseline.csv", "few.csv", "--measure", "p95"],
        &[
            "baseline.csv",
            "same.csv",
            "--measure",
            "error-rate",
            "--margin",
            "1points",
        ],
        &[
            "baseline.csv",
            "same.csv",
            "--measure",
            "throughput",
            "--margin",
            "5%",
        ],
        &["baseline.csv", "same.csv", "--measure", "tokens"],
        &["baseline.csv", "same.csv", "--measure", "mean", "--paired"],
    ] {
        let mut all = vec!["compare"];
        all.extend(arguments);
        told.push_str(&format!("$ adjutant {}\n", all.join(" ")));
        told.push_str(&stage.outcome(&all));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_comparison_as_json_follows_the_published_schema() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.outcome(&[
        "compare",
        "baseline.csv",
        "slow.csv",
        "--measure",
        "p95",
        "--margin",
        "10%",
        "--format",
        "json",
    ]));
}

#[test]
fn a_margin_without_a_unit_is_refused() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.outcome(&[
        "compare",
        "baseline.csv",
        "same.csv",
        "--measure",
        "p95",
        "--margin",
        "10",
    ]));
}

#[test]
fn rankings_are_compared_by_their_judgements() {
    let stage = Stage::new();
    let mut qrels = String::new();
    let (mut good, mut poor) = (String::new(), String::new());
    for query in 0..30 {
        qrels.push_str(&format!("q{query} 0 right 1\n"));
        good.push_str(&format!(
            "q{query} Q0 right 1 2.0 good\nq{query} Q0 wrong 2 1.0 good\n"
        ));
        // The poor one finds the right document second on two queries of three.
        let (first, second) = match query % 3 {
            0 => ("right", "wrong"),
            _ => ("wrong", "right"),
        };
        poor.push_str(&format!(
            "q{query} Q0 {first} 1 2.0 poor\nq{query} Q0 {second} 2 1.0 poor\n"
        ));
    }
    stage.workspace.write("qrels.txt", qrels);
    stage.workspace.write("good.run", good);
    stage.workspace.write("poor.run", poor);
    let ask = |baseline: &str, candidate: &str| {
        stage.outcome(&[
            "compare",
            baseline,
            candidate,
            "--measure",
            "ndcg@10",
            "--qrels",
            "qrels.txt",
        ])
    };
    let told = [ask("poor.run", "good.run"), ask("good.run", "poor.run")];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn comparing_leaves_nothing_behind() {
    let stage = Stage::new();
    stage.answer(
        0,
        &[
            "compare",
            "baseline.csv",
            "same.csv",
            "--measure",
            "p95",
            "--margin",
            "10%",
        ],
    );
    assert!(!stage.path().join(".git/adjutant").exists());
}

#[test]
fn a_pipe_is_compared_like_a_file() {
    let stage = Stage::new();
    let script = "\"$0\" compare baseline.csv /dev/stdin --measure p95 --margin 10% < same.csv";
    let output = stage.shell(script);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let script = "cat same.csv | \"$0\" compare baseline.csv /dev/stdin --measure p95 --margin 10%";
    let output = stage.shell(script);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
