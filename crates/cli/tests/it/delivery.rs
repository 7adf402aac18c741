//! What an agent left is proven by Adjutant, not by the agent: real programs, real checks.

use std::process::Stdio;

use serde_json::Value;

use crate::agents::{json, ran, signal, wait_for};
use crate::stage::Stage;

/// A task whose check is `argv`, and an agent whose program is the script.
pub(crate) fn stage(script: &str, check: &str) -> Stage {
    let stage = stage_with_task(check);
    add_agent(&stage, "ada", script);
    stage
}

pub(crate) fn stage_with_task(check: &str) -> Stage {
    let stage = Stage::new();
    stage.workspace.git(&["add", "."]);
    stage.workspace.git(&["commit", "-q", "-m", "files"]);
    let task = format!(
        "# Say hello\n\n| Field | Value |\n| --- | --- |\n| Kind | feature |\n| Priority | HIGH |\n\
         | Timebox | S |\n\n## Goal\nSomeone says hello.\n## Context\nNobody does.\n\
         ## Success criteria\n- hello.txt says it\n## Deliverables\n- hello.txt\n\
         ## Non-goals\n- goodbye\n## Risks and mitigations\n- too loud => whisper\n\
         ## Test hooks and metrics\n- none\n## Checks\n```toml\n[[check]]\nname = \"unit\"\n\
         {check}\n```\n"
    );
    stage.workspace.write("task.md", &task);
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    stage
}

pub(crate) fn add_agent(stage: &Stage, name: &str, script: &str) {
    let file = format!("{name}.sh");
    stage.workspace.write(&file, script);
    let command = format!("sh '{}'", stage.path().join(file).display());
    let role = ["--role", "genai-features", "--command", &command];
    stage.answer(0, &[&["agent", "add", name], &role[..]].concat());
}

fn state(stage: &Stage) -> Value {
    json(&stage.answer(0, &["task", "show", "T-1", "--format", "json"]))["state"].clone()
}

/// A check that is a test of the work's own.
pub(crate) const OWN_TEST: &str = "argv = [\"sh\", \"tests/hello.sh\"]";

pub(crate) const HONEST: &str = "mkdir tests; echo hello > hello.txt
echo 'grep -q hello hello.txt' > tests/hello.sh\n";

#[test]
fn what_an_agent_left_is_proven_merged_and_counted() {
    let stage = stage(HONEST, OWN_TEST);
    let ran = ran(&stage, 0, &[]);
    assert_eq!(ran["outcome"], "proven", "{ran}");
    assert_eq!(ran["weaker"], false);
    assert_eq!(state(&stage), "proven");
    stage.answer(0, &["verify", "T-1"]);
    stage.answer(0, &["task", "merge", "--all"]);
    assert_eq!(stage.workspace.read("hello.txt"), "hello\n");
    let listed = stage.answer(0, &["agent", "list"]);
    assert!(listed.contains("1 of 1: 67 % [16, 99] n 1"), "{listed}");
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn work_that_is_not_proven_stays_on_its_branch_and_the_task_is_given_back() {
    let vacuous = "mkdir tests; echo hello > hello.txt; echo true > tests/hello.sh";
    let wrong =
        "mkdir tests; echo bye > hello.txt; echo 'grep -q hello hello.txt' > tests/hello.sh";
    let unfit = "argv = [\"no-such-program\"]";
    for (script, check, code, name, judged) in [
        (vacuous, OWN_TEST, 30, "vacuous", 1),
        (wrong, OWN_TEST, 30, "check_failed", 1),
        (HONEST, unfit, 20, "environment", 0),
    ] {
        let stage = stage(script, check);
        let ran = ran(&stage, code, &[]);
        assert_eq!(ran["outcome"], "not_proven", "{ran}");
        assert_eq!(ran["unproven"]["reason"], name);
        assert_eq!(state(&stage), "open");
        let branch = ran["branch"].as_str().unwrap();
        let head = stage.workspace.git(&["rev-parse", branch]);
        assert_eq!(ran["head"], head);
        // It counts against the agent only where it is the work's fault.
        let listed = json(&stage.answer(0, &["agent", "list", "--format", "json"]));
        let record = &listed[0]["records"][0];
        assert_eq!(
            (&record["judged"], &record["accepted"]),
            (&judged.into(), &0.into())
        );
        // Nothing of the checks is left either.
        let trees = stage.workspace.git(&["worktree", "list"]);
        assert_eq!(trees.lines().count(), 1, "{trees}");
    }
}

#[test]
fn a_person_is_told_what_became_of_the_work() {
    let vacuous = "mkdir tests; echo hello > hello.txt; echo true > tests/hello.sh";
    let mut told = String::new();
    for script in [HONEST, vacuous] {
        let outcome = stage(script, OWN_TEST).outcome(&["agent", "run", "ada", "--next"]);
        // The commit is another one each time.
        let lines = outcome.lines().filter(|line| !line.starts_with("work "));
        told.extend(lines.flat_map(|line| [line, "\n"]));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_run_that_is_cancelled_while_it_is_checked_gives_the_task_back() {
    let stage = stage(
        HONEST,
        "argv = [\"sh\", \"-c\", \"cat tests/hello.sh && sleep 300\"]",
    );
    let mut runner = stage.command(&["agent", "run", "ada", "--next", "--format", "json"]);
    let runner = runner.stdout(Stdio::piped()).spawn().unwrap();
    let id = runner.id();
    wait_for(|| sleeps_in_a_room_of(id));
    signal(&stage, "TERM", id);
    let output = runner.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let ran = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(ran["outcome"], "given_back", "{ran}");
    assert_eq!(state(&stage), "open");
    wait_for(|| !sleeps_in_a_room_of(id));
}

/// Whether a `sleep` runs in a room that this process opened.
fn sleeps_in_a_room_of(id: u32) -> bool {
    let room = format!("adjutant-check-{id}-");
    let mut processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes.any(|process| {
        let name = std::fs::read_to_string(process.path().join("comm"));
        let place = std::fs::read_link(process.path().join("cwd"));
        name.is_ok_and(|name| name == "sleep\n")
            && place.is_ok_and(|place| place.to_string_lossy().contains(&room))
    })
}
