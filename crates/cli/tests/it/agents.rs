//! Agents at work: real programs that make real commits, and what becomes of those that do not.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::stage::Stage;

/// A task that is complete and declares no files.
pub(crate) const TASK: &str = "\
# Say hello

| Field | Value |
| --- | --- |
| Kind | feature |
| Priority | HIGH |
| Timebox | S |

## Goal
Someone says hello.
## Context
Nobody does.
## Success criteria
- hello.txt says it
## Deliverables
- hello.txt
## Non-goals
- goodbye
## Risks and mitigations
- too loud => whisper
## Test hooks and metrics
- none
";

fn stage(script: &str) -> Stage {
    stage_with(script, "--command")
}

/// A stage with a task and an agent whose program is the script.
pub(crate) fn stage_with(script: &str, flag: &str) -> Stage {
    let stage = Stage::new();
    stage.workspace.git(&["add", "."]);
    stage.workspace.git(&["commit", "-q", "-m", "files"]);
    add_agent(&stage, script, flag);
    stage
}

/// A task, and an agent whose program is the script.
pub(crate) fn add_agent(stage: &Stage, script: &str, flag: &str) {
    stage.workspace.write("task.md", TASK);
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    stage.workspace.write("agent.sh", script);
    let script = stage.path().join("agent.sh");
    let command = format!("sh '{}' {{brief_file}} {{task}}", script.display());
    let add = ["agent", "add", "ada", "--role", "genai-features", flag];
    stage.answer(0, &[&add[..], &[command.as_str()]].concat());
}

pub(crate) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn ran(stage: &Stage, code: i32, more: &[&str]) -> serde_json::Value {
    let run = ["agent", "run", "ada", "--next", "--format", "json"];
    json(&stage.answer(code, &[&run[..], more].concat()))
}

const COMMITS: &str = "set -e
test \"$ADJUTANT_AGENT\" = ada && test \"$ADJUTANT_TASK\" = \"$2\"
grep -q '^# T-1: Say hello' \"$1\"
echo hello > hello.txt
git add hello.txt
git -c user.name=ada -c user.email=ada@localhost commit -q -m hello
echo said
echo complained >&2
";

#[test]
fn an_agent_works_in_its_own_work_tree_and_its_transcript_is_kept() {
    let stage = stage(COMMITS);
    let ran = ran(&stage, 0, &[]);
    assert_eq!(ran["outcome"], "to_complete", "{ran}");
    assert_eq!(ran["committed_for_it"], false);
    let branch = ran["branch"].as_str().unwrap();
    assert_eq!(branch, "adjutant/T-1-e1");
    let files = stage.workspace.git(&["ls-tree", "--name-only", branch]);
    assert!(
        files.contains("hello.txt") && !files.contains(".adjutant"),
        "{files}"
    );
    assert!(!stage.path().join("hello.txt").exists());
    let digest = ran["transcript"].as_str().unwrap();
    let artifacts = stage.path().join(".git/adjutant/artifacts");
    assert_eq!(
        std::fs::read_to_string(artifacts.join(digest)).unwrap(),
        "said\n"
    );
    assert!(ran["usage"].is_null() && ran["usage_problem"].is_string());
    assert_eq!(
        stage.workspace.git(&["worktree", "list"]).lines().count(),
        1
    );
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn what_an_agent_did_not_commit_is_committed_for_it() {
    let stage = stage("echo hello > hello.txt");
    let ran = ran(&stage, 0, &["--keep-worktree"]);
    assert_eq!(ran["committed_for_it"], true, "{ran}");
    let author = stage
        .workspace
        .git(&["log", "-1", "--format=%an", "adjutant/T-1-e1"]);
    assert_eq!(author, "ada");
    assert!(
        std::path::Path::new(ran["worktree"].as_str().unwrap())
            .join("hello.txt")
            .exists()
    );
}

#[test]
fn an_agent_that_changes_nothing_or_fails_gives_the_task_back() {
    for (script, end) in [
        ("true", serde_json::json!({"exited": 0})),
        ("echo x > x.txt; exit 3", serde_json::json!({"exited": 3})),
    ] {
        let stage = stage(script);
        let ran = ran(&stage, 20, &[]);
        assert_eq!((&ran["outcome"], &ran["end"]), (&"given_back".into(), &end));
        ran_again(&stage);
    }
}

/// The task can be claimed again at once.
fn ran_again(stage: &Stage) {
    let again = ran(stage, 20, &[]);
    assert_eq!(again["epoch"], 2, "{again}");
}

#[test]
fn an_agent_whose_time_is_up_is_ended_with_everything_it_started() {
    let stage = stage("setsid sleep 300 & echo $! > \"$(dirname \"$1\")/../../child\"; sleep 300");
    let began = Instant::now();
    let ran = ran(&stage, 20, &["--time-limit", "1s"]);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(ran["end"], "timed_out", "{ran}");
    assert!(no_sleep_of(&stage));
}

#[test]
fn a_cancelled_run_gives_the_task_back() {
    let stage = stage("touch \"$(dirname \"$0\")/begun\"; setsid sleep 300 & sleep 300");
    let mut runner = stage
        .command(&["agent", "run", "ada", "--next"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(|| stage.path().join("begun").exists());
    signal(&stage, "TERM", runner.id());
    assert_eq!(runner.wait().unwrap().code(), Some(20));
    let mut told = String::new();
    runner
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(told.contains("given back  ada was cancelled"), "{told}");
    assert!(no_sleep_of(&stage));
}

#[test]
fn a_runner_that_is_killed_leaves_no_orphan() {
    let stage = stage("touch \"$(dirname \"$0\")/begun\"; setsid sleep 300 & sleep 300");
    let mut runner = stage.command(&["agent", "run", "ada", "--next", "--lease", "1s"]);
    let mut runner = runner.stdout(Stdio::null()).spawn().unwrap();
    wait_for(|| stage.path().join("begun").exists());
    signal(&stage, "KILL", runner.id());
    runner.wait().unwrap();
    wait_for(|| no_sleep_of(&stage));
    let run = [
        "agent",
        "run",
        "ada",
        "--next",
        "--time-limit",
        "1s",
        "--format",
        "json",
    ];
    wait_for(|| {
        let output = stage.run(&run);
        output.status.code() == Some(20)
            && json(&String::from_utf8_lossy(&output.stdout))["epoch"] == 2
    });
}

#[test]
fn the_tokens_that_an_agent_tells_are_evidence_about_it() {
    let transcript = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../formats/tests/fixtures/claude_code/stream.jsonl"
    );
    let stage = stage(&format!("echo x > x.txt; cat '{transcript}'"));
    let ran = ran(&stage, 0, &[]);
    let used = ran["usage"].as_array().unwrap();
    let tokens = used
        .iter()
        .find(|one| one["measure"] == "input_tokens")
        .unwrap();
    assert_eq!(tokens["value"], 3040.0, "{ran}");
    let shown = stage.answer(0, &["evidence", "show", "T-1-e1"]);
    assert!(
        shown.contains("cost_usd") && shown.contains("claude-code"),
        "{shown}"
    );
}

#[test]
fn an_agent_gives_its_task_back_without_saying_who_it_is() {
    let adjutant = env!("CARGO_BIN_EXE_adjutant");
    let stage = stage(&format!(
        "'{adjutant}' task release --reason 'not mine'; echo x > x.txt"
    ));
    let ran = ran(&stage, 20, &[]);
    assert_eq!(ran["outcome"], "ended_by_agent", "{ran}");
    assert_eq!(ran["reason"], "the agent gave the task back");
    ran_again(&stage);
}

#[test]
fn a_transcript_that_is_too_long_is_cut_and_the_answer_says_so() {
    let stage = stage("head -c 67108869 /dev/zero | tr '\\0' x; echo x > x.txt");
    let ran = ran(&stage, 0, &[]);
    assert_eq!(ran["transcript_bytes_left_out"], 5, "{ran}");
    assert_eq!(ran["complaints_bytes_left_out"], 0);
}

#[test]
fn agents_are_added_listed_ranked_and_removed() {
    let stage = stage("true");
    let mut told = String::new();
    for arguments in [
        [
            "agent", "add", "bob", "--role", "nobody", "--preset", "codex",
        ]
        .as_slice(),
        &[
            "agent",
            "add",
            "bob",
            "--role",
            "qa-evals-docs",
            "--command",
            "x {breif}",
        ],
        &[
            "agent",
            "add",
            "bob",
            "--role",
            "qa-evals-docs",
            "--preset",
            "codex",
        ],
        &[
            "agent",
            "add",
            "bob",
            "--role",
            "qa-evals-docs",
            "--preset",
            "codex",
        ],
        &["agent", "list"],
        &["agent", "list", "--for", "T-1"],
        &["agent", "list", "--for", "T-9"],
        &["agent", "run", "cy", "--next"],
        &["agent", "remove", "bob"],
        &["agent", "remove", "bob"],
    ] {
        told.push_str(&format!("$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

pub(crate) fn wait_for(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(60), "in vain");
        std::thread::yield_now();
    }
}

pub(crate) fn signal(stage: &Stage, name: &str, id: u32) {
    let kill = format!("kill -{name} {id}");
    let output = stage.shell(&kill);
    assert!(output.status.success());
}

/// Whether no process of the stage's agent is left: each has the stage's folder in its environment
/// or as its folder.
pub(crate) fn no_sleep_of(stage: &Stage) -> bool {
    let folder = stage
        .path()
        .parent()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    !processes.any(|process| {
        let name = std::fs::read_to_string(process.path().join("comm"));
        let place = std::fs::read_link(process.path().join("cwd"));
        name.is_ok_and(|name| name == "sleep\n")
            && place.is_ok_and(|place| place.to_string_lossy().starts_with(&folder))
    })
}
