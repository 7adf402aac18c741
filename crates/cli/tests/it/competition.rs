//! Competitions: several agents, real programs in real work trees, one judge.

use std::process::Stdio;

use crate::agents::{json, no_sleep_of, signal, wait_for};
use crate::delivery::{HONEST, OWN_TEST, add_agent, stage_with_task};
use crate::stage::{Stage, latencies};

/// A task with a check, and an agent a script: `a`, `b`, `c` in the order of the scripts.
fn stage(check: &str, scripts: &[&str]) -> Stage {
    let stage = stage_with_task(check);
    for (name, script) in ["a", "b", "c"].iter().zip(scripts) {
        add_agent(&stage, name, script);
    }
    stage
}

fn compete(stage: &Stage, code: i32, agents: &str) -> serde_json::Value {
    let arguments = ["task", "compete", "T-1", "--agents", agents];
    json(&stage.answer(code, &[&arguments[..], &["--format", "json"]].concat()))
}

fn state(stage: &Stage) -> serde_json::Value {
    json(&stage.answer(0, &["task", "show", "T-1", "--format", "json"]))["state"].clone()
}

const LONG: &str = "mkdir tests; seq 100 > hello.txt; echo hello >> hello.txt
echo 'grep -q hello hello.txt' > tests/hello.sh\n";

const VACUOUS: &str = "mkdir tests; echo hello > hello.txt; echo true > tests/hello.sh\n";

#[test]
fn the_proven_work_with_the_smaller_change_wins_and_the_records_say_so() {
    let stage = stage(OWN_TEST, &[LONG, HONEST, VACUOUS]);
    let held = compete(&stage, 0, "a,b,c");
    assert_eq!(
        (&held["outcome"], &held["winner"]),
        (&"won".into(), &"b".into()),
        "{held}"
    );
    assert_eq!(held["steps"][0]["by"], "larger_change");
    let entries = held["entries"].as_array().unwrap();
    let of = |key: &str| -> Vec<_> { entries.iter().map(|entry| entry[key].clone()).collect() };
    assert_eq!(of("seen"), ["proven", "proven", "not_proven"]);
    assert_eq!(of("judged"), ["passed", "won", "failed"]);
    assert_eq!(entries[2]["unproven"]["reason"], "vacuous");
    // Every branch stays; no work tree does.
    for entry in entries {
        let branch = entry["branch"].as_str().unwrap();
        assert_eq!(stage.workspace.git(&["rev-parse", branch]), entry["head"]);
    }
    assert_eq!(
        stage.workspace.git(&["worktree", "list"]).lines().count(),
        1
    );
    // The winner's work is the task's: it merges like any other.
    assert_eq!(state(&stage), "proven");
    let shown = stage.answer(0, &["task", "show", "T-1"]);
    assert!(
        shown.contains("b won (adjutant/T-1-e1-b); c not proven"),
        "{shown}"
    );
    stage.answer(0, &["verify", "T-1"]);
    stage.answer(0, &["task", "merge", "T-1"]);
    assert_eq!(stage.workspace.read("hello.txt"), "hello\n");
    let ranked = stage.answer(0, &["agent", "list", "--for", "T-1"]);
    let order: Vec<_> = ranked.lines().skip(1).map(|line| &line[..8]).collect();
    assert!(
        ranked.contains("1 of 1") && ranked.contains("0 of 1"),
        "{ranked}"
    );
    assert!(order[0].contains('b') && order[2].contains('c'), "{ranked}");
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn what_the_gate_measured_decides_before_the_size_of_the_change() {
    let check = "gate = \"smoke\"\nargv = [\"sh\", \"-c\", \"cp b*.csv result.csv\"]\n\
                 evidence = [\"result.csv\"]";
    // `a` changes one line and is as fast; `b` is much faster, with a longer change.
    let same = "printf '%s\n' '# as fast' >> note.txt";
    let fast = "cp \"$(dirname \"$0\")/fast\" baseline.csv";
    let stage = stage(check, &[same, fast]);
    stage.workspace.write("fast", latencies(1_000, 5, 0.5));
    let held = compete(&stage, 0, "a,b");
    assert_eq!(held["winner"], "b", "{held}");
    let step = &held["steps"][0];
    assert_eq!(
        (&step["by"], &step["criterion"]),
        (&"measured".into(), &"p95".into())
    );
    assert_eq!(held["entries"][0]["judged"], "passed");
}

#[test]
fn nobody_wins_without_proven_work_and_the_task_is_given_back() {
    let unfit = "argv = [\"no-such-program\"]";
    for (check, scripts, code, judged) in [
        (
            OWN_TEST,
            [VACUOUS, "true"],
            30,
            ["failed", "failed"].map(Some),
        ),
        (
            OWN_TEST,
            ["exit 3", "true"],
            20,
            ["failed", "failed"].map(Some),
        ),
        (unfit, [HONEST, HONEST], 20, [None, None]),
    ] {
        let stage = stage(check, &scripts);
        let held = compete(&stage, code, "a,b");
        assert_eq!(held["outcome"], "nobody_won", "{held}");
        let of_record: Vec<_> = (0..2)
            .map(|at| held["entries"][at]["judged"].as_str())
            .collect();
        assert_eq!(of_record, judged, "{held}");
        assert_eq!(state(&stage), "open");
    }
}

#[test]
fn a_cancelled_competition_ends_every_agent_and_judges_nobody() {
    let sleeps = "touch \"$0.begun\"; setsid sleep 300 & sleep 300";
    let stage = stage(OWN_TEST, &[sleeps, sleeps]);
    let arguments = [
        "task", "compete", "T-1", "--agents", "a,b", "--format", "json",
    ];
    let mut runner = stage.command(&arguments);
    let runner = runner.stdout(Stdio::piped()).spawn().unwrap();
    // Both are at work at the same time.
    wait_for(|| {
        ["a.sh.begun", "b.sh.begun"]
            .iter()
            .all(|file| stage.path().join(file).exists())
    });
    signal(&stage, "TERM", runner.id());
    let output = runner.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let held = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(held["outcome"], "cancelled", "{held}");
    assert!(held["entries"][0]["judged"].is_null());
    assert!(no_sleep_of(&stage));
    assert_eq!(state(&stage), "open");
}

#[test]
fn a_competition_that_is_killed_leaves_no_orphan_and_the_task_can_be_claimed_again() {
    let sleeps = "touch \"$0.begun\"; setsid sleep 300 & sleep 300";
    let stage = stage(OWN_TEST, &[sleeps, sleeps]);
    let arguments = ["task", "compete", "T-1", "--agents", "a,b", "--lease", "1s"];
    let mut runner = stage.command(&arguments);
    let mut runner = runner.stdout(Stdio::null()).spawn().unwrap();
    wait_for(|| {
        ["a.sh.begun", "b.sh.begun"]
            .iter()
            .all(|file| stage.path().join(file).exists())
    });
    signal(&stage, "KILL", runner.id());
    runner.wait().unwrap();
    wait_for(|| no_sleep_of(&stage));
    wait_for(|| stage.code(&["task", "claim", "T-1", "--agent", "c"]) == 0);
}

#[test]
fn a_competition_is_told_and_one_that_cannot_be_held_is_refused() {
    let stage = stage(OWN_TEST, &[HONEST, VACUOUS]);
    stage.workspace.write(
        "bare.md",
        stage
            .workspace
            .read("task.md")
            .split("## Checks")
            .next()
            .unwrap(),
    );
    stage.answer(0, &["task", "add", "--from", "bare.md"]);
    let mut told = String::new();
    for (task, agents) in [
        ("T-1", "a"),
        ("T-1", "a,a"),
        ("T-1", "a,nobody"),
        ("T-9", "a,b"),
        ("T-2", "a,b"),
        ("T-1", "a,b"),
        ("T-1", "a,b"),
    ] {
        let arguments = ["task", "compete", task, "--agents", agents];
        told.push_str(&format!("$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(&arguments));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}
