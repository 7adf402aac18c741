//! Asking for work: filing, listing, showing, editing, dropping.

use std::io::Write;
use std::process::Stdio;

use crate::stage::Stage;

const TASK: &str = "\
# Cache embeddings

| Field | Value |
| --- | --- |
| Kind | feature |
| Priority | HIGH |
| Timebox | M |

## Goal
Warm queries skip the model.
## Context
p95 is 180 ms.
## Success criteria
- p95 below 20 ms
## Deliverables
- a cache
## Non-goals
- eviction
## Risks and mitigations
- stale vectors => key by model version
## Test hooks and metrics
- tests/cache.rs
## Paths
- src/search/**
";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.workspace.write("task.md", TASK);
    stage
}

fn told(stage: &Stage, commands: &[&[&str]]) -> String {
    let told = commands.iter().map(|arguments| {
        format!(
            "$ adjutant {}\n{}\n",
            arguments.join(" "),
            stage.outcome(arguments)
        )
    });
    told.collect()
}

#[test]
fn a_task_is_filed_listed_shown_edited_dropped_and_reopened() {
    let stage = stage();
    insta::assert_snapshot!(told(
        &stage,
        &[
            &["task", "add", "--from", "task.md"],
            &[
                "task",
                "add",
                "Measure it",
                "--draft",
                "--blocked-by",
                "T-1",
                "--check",
                "unit: cargo test 'a b'"
            ],
            &["task", "list"],
            &["task", "list", "--limit", "1"],
            &["task", "list", "--ready", "--format", "json"],
            &["task", "show", "T-1"],
            &["task", "show", "T-2", "--format", "json"],
            &[
                "task",
                "edit",
                "T-1",
                "--priority",
                "low",
                "--path",
                "docs/**"
            ],
            &["task", "edit", "T-1", "--revision", "1", "--goal", "x"],
            &["task", "drop", "T-2", "--reason", "not now"],
            &["task", "reopen", "T-2", "--reason", "now"],
            &["task", "show", "T-9"],
            &["task", "list", "--state", "done"],
        ]
    ));
}

#[test]
fn an_intake_without_its_required_fields_is_refused_with_all_that_is_missing() {
    let stage = stage();
    stage.workspace.write("bad.md", "# x\n## Gaol\n");
    insta::assert_snapshot!(told(
        &stage,
        &[
            &["task", "add", "Cache embeddings", "--goal", "Fast."],
            &["task", "add", "--format", "json"],
            &["task", "add", "--from", "bad.md"],
            &["task", "add", "--from", "task.md", "missing.md"],
            &["task", "add", "--from", "task.md", "task.md", "--goal", "x"],
            &["task", "add", "x", "--check", "unit cargo test"],
            &["task", "add", "x", "--editor"],
            &["task", "add", "--from", "task.md", "--blocked-by", "T-7"],
            &["task", "list"],
        ]
    ));
}

#[test]
fn what_is_shown_as_markdown_can_be_filed_again() {
    let stage = stage();
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    let shown = stage.answer(0, &["task", "show", "1", "--markdown"]);
    stage.workspace.write("again.md", &shown);
    stage.answer(0, &["task", "add", "--from", "again.md"]);
    assert_eq!(stage.answer(0, &["task", "show", "2", "--markdown"]), shown);
}

#[test]
fn a_hundred_tasks_are_filed_in_one_call_and_a_key_files_them_once() {
    let stage = stage();
    let line = "{\"title\": \"t\", \"kind\": \"fix\", \"links\": []}\n";
    let file = || {
        let arguments = ["task", "add", "--draft", "--key", "plan", "--from", "-"];
        let mut command = stage.command(&arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(line.repeat(100).as_bytes()).unwrap();
        drop(stdin);
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let first = file();
    assert!(first.ends_with("T-100 draft: t\n"), "{first}");
    assert_eq!(file(), first);
    let page = stage.answer(0, &["task", "list", "--limit", "1000", "--format", "json"]);
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    assert_eq!(page["tasks"].as_array().unwrap().len(), 100);
}

#[test]
fn the_event_of_an_issue_is_filed_as_a_task() {
    let stage = stage();
    let event = serde_json::json!({"issue": {
        "title": "[task] Cache",
        "html_url": "https://example.org/7",
        "body": "### Kind\n\nfix\n\n### Goal\n\nFast.\n\n### Role\n\n_No response_\n"
    }});
    stage.workspace.write("event.json", event.to_string());
    let told = stage.outcome(&["task", "add", "--from-issue-form", "event.json"]);
    assert!(told.contains("exit code 40"), "{told}");
    stage.answer(
        0,
        &["task", "add", "--from-issue-form", "event.json", "--draft"],
    );
    let shown = stage.answer(0, &["task", "show", "1"]);
    assert!(shown.contains("# Cache\n"), "{shown}");
    assert!(shown.contains("Filed as https://example.org/7"), "{shown}");
}

#[test]
fn an_editor_writes_the_task_and_what_it_wrote_wrong_is_kept() {
    let stage = stage();
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    let edited = |editor: &str| {
        let arguments = ["task", "edit", "1", "--editor"];
        let output = stage.command(&arguments).env("EDITOR", editor).output();
        output.unwrap()
    };
    assert_eq!(edited("sed -i s/Warm/Hot/").status.code(), Some(0));
    let shown = stage.answer(0, &["task", "show", "1"]);
    assert!(shown.contains("Hot queries"), "{shown}");
    let wrong = edited("sed -i 's/## Goal/## Gaol/'");
    assert_eq!(wrong.status.code(), Some(2));
    let told = String::from_utf8(wrong.stderr).unwrap();
    let file = told
        .split("--from ")
        .nth(1)
        .unwrap()
        .trim()
        .trim_end_matches('.');
    assert!(
        std::fs::read_to_string(file).unwrap().contains("## Gaol"),
        "{told}"
    );
    std::fs::remove_file(file).unwrap();
    assert_eq!(edited("false").status.code(), Some(2));
}

#[test]
fn the_example_of_the_readme_is_a_complete_task() {
    let stage = Stage::new();
    let example = include_str!("../../../../examples/work/add-retries.md");
    stage.workspace.write("add-retries.md", example);
    let told = stage.outcome(&["task", "add", "--from", "add-retries.md"]);
    assert!(
        told.contains("T-1 open: Try a request again when the server is busy"),
        "{told}"
    );
}
