//! The focus of an agent: compiled by the real program from real files, tasks and gates, in real
//! work trees.

use std::path::Path;
use std::process::Output;

use adjutant_testkit::program;

use crate::stage::Stage;

const STRATEGY: &str = "\
# Search that answers

## Mission
Answers that hold, in half a second.

## Services
- search API (owner: searcher)
- index builder

## Goals
- Keep p95 under 500 ms (gate: smoke)
- [x] A first release
- Write the evaluation suite (owner: tester)
";

const SETTINGS: &str = r#"
[role.searcher]
scope = "Everything that answers a query."
deliverables = ["A search that answers"]
definition_of_done = ["The test passes"]
boundaries = { paths = ["deploy/**"], kinds = ["operations"] }

[portfolio]
items = [
  { name = "SLO dashboard screenshot", path = "docs/slo.png" },
  { name = "demo video", path = "docs/demo.mp4" },
  { name = "one-pager", path = "docs/one-pager.md" },
]
"#;

/// A repository with a strategy, a role, a portfolio with gaps, and three tasks.
pub(crate) fn stage() -> Stage {
    let stage = Stage::new();
    let settings = stage.workspace.read("adjutant.toml") + SETTINGS;
    stage.workspace.write("adjutant.toml", settings);
    stage.workspace.write("docs/STRATEGY.md", STRATEGY);
    stage.workspace.write("docs/slo.png", "a picture");
    stage.workspace.write("docs/one-pager.md", "");
    stage.workspace.git(&["add", "-A"]);
    stage.workspace.git(&["commit", "-q", "-m", "The strategy"]);
    file(
        &stage,
        ("New endpoint", "feature", "low"),
        &["--path", "src/api/**"],
    );
    file(
        &stage,
        ("Close the handle", "fix", "high"),
        &["--path", "src/io/**"],
    );
    file(
        &stage,
        ("Record the demo", "docs", "low"),
        &["--path", "docs/demo.mp4"],
    );
    stage
}

/// Files a complete task.
pub(crate) fn file(stage: &Stage, told: (&str, &str, &str), more: &[&str]) {
    stage.answer(0, &adding(told, more));
}

/// The arguments that file a complete task: title, kind and priority.
pub(crate) fn adding<'a>(
    (title, kind, priority): (&'a str, &'a str, &'a str),
    more: &[&'a str],
) -> Vec<&'a str> {
    let mut arguments = vec!["task", "add", title, "--kind", kind, "--priority", priority];
    arguments.extend([
        "--timebox",
        "S",
        "--goal",
        "It is there.",
        "--context",
        "It is not.",
    ]);
    arguments.extend([
        "--success",
        "The test passes.",
        "--deliverable",
        "A commit.",
    ]);
    arguments.extend(["--non-goal", "Speed.", "--risk", "none => none"]);
    arguments.extend(["--test-hook", "tests/"]);
    arguments.extend(more);
    arguments
}

/// An outcome without times, days, weeks and months.
pub(crate) fn dateless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || c == '-' {
            word.push(c);
            continue;
        }
        let shape: String = word
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        out.push_str(match shape.as_str() {
            "0000-00-00" => "[DAY]",
            "0000-W00" => "[WEEK]",
            "0000-00" => "[MONTH]",
            _ => &word,
        });
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// What commands said, one after the other, dateless.
pub(crate) fn told(stage: &Stage, commands: &[&[&str]]) -> String {
    let told = commands.iter().map(|arguments| {
        let outcome = dateless(&stage.outcome(arguments));
        format!("$ adjutant {}\n{outcome}\n", arguments.join(" "))
    });
    told.collect()
}

fn document(stage: &Stage) -> String {
    let text = stage.workspace.read("AGENT_FOCUS.md");
    dateless(&program::without_times_and_digests(&text))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

const PLAN: [&str; 6] = ["focus", "plan", "--agent", "amber", "--role", "searcher"];

#[test]
fn a_focus_is_compiled_from_strategy_tasks_role_portfolio_and_gates() {
    let stage = stage();
    let said = told(&stage, &[&PLAN, &["focus", "status"]]);
    insta::assert_snapshot!(format!("{said}{}", document(&stage)));
}

#[test]
fn a_gate_that_was_asked_stands_in_the_focus_with_interval_n_and_run() {
    let stage = stage();
    stage.answer(
        30,
        &[
            "gate",
            "smoke",
            "--evidence",
            "candidate=slow.csv",
            "--evidence",
            "baseline=baseline.csv",
        ],
    );
    stage.answer(0, &PLAN);
    let text = document(&stage);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("smoke")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_changed_source_makes_it_stale_and_a_sync_keeps_what_was_typed() {
    let stage = stage();
    stage.answer(0, &PLAN);
    let typed = stage
        .workspace
        .read("AGENT_FOCUS.md")
        .replace(
            "## Progress Metrics",
            "- [ ] ask Ann about the cache\n\n## Progress Metrics",
        )
        .replace(
            "## Sources",
            "- the cold path is the slow one\n\n## Sources",
        );
    stage.workspace.write("AGENT_FOCUS.md", typed);
    assert_eq!(
        stage.code(&["focus", "status"]),
        0,
        "typing makes nothing stale"
    );
    let strategy = STRATEGY.replace("500 ms", "450 ms");
    stage.workspace.write("docs/STRATEGY.md", strategy);
    stage.workspace.write("docs/demo.mp4", "a film");
    let said = told(
        &stage,
        &[
            &["focus", "status"],
            &["focus", "sync"],
            &["focus", "status"],
            &[
                "focus",
                "update",
                "--note",
                "measure\ncold",
                "--note",
                "and warm",
            ],
        ],
    );
    insta::assert_snapshot!(format!("{said}{}", document(&stage)));
}

#[test]
fn status_names_the_changed_lines_for_a_program() {
    let stage = stage();
    stage.answer(0, &PLAN);
    stage
        .workspace
        .write("docs/STRATEGY.md", STRATEGY.replace("500 ms", "450 ms"));
    let json = stage.answer(20, &["focus", "status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["is_fresh"], false);
    let changes = serde_json::to_string_pretty(&json["changes"]).unwrap();
    insta::assert_snapshot!(changes);
}

#[test]
fn what_cannot_be_focused_on_is_refused_with_the_next_step() {
    let stage = stage();
    let mut said = told(
        &stage,
        &[
            &["focus", "plan"],
            &["focus", "status"],
            &["focus", "sync", "--agent", "amber"],
            &["focus", "plan", "--agent", "amber", "--role", "jester"],
            &PLAN,
            &["focus", "plan", "--agent", "birch"],
            &["focus", "complete", "T-9"],
            &["focus", "complete", "T-2"],
            &["focus", "complete", "T-2", "--format", "json"],
        ],
    );
    stage.workspace.git(&["add", "--force", "AGENT_FOCUS.md"]);
    said.push_str(&told(&stage, &[&["focus", "sync"]]));
    insta::assert_snapshot!(said);
}

#[test]
fn no_work_tree_ever_offers_its_focus_to_git() {
    let stage = stage();
    stage.workspace.git(&["worktree", "add", "-q", "../linked"]);
    let linked = stage.path().join("../linked");
    let run = |folder: &Path, agent: &str| {
        let output = stage
            .command(&["focus", "plan", "--agent", agent])
            .current_dir(folder)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{output:?}");
    };
    // From a subfolder too: the file belongs to the top.
    run(&stage.path().join("docs"), "amber");
    run(&linked, "birch");
    for (folder, agent) in [(stage.path(), "amber"), (linked.as_path(), "birch")] {
        let focus = std::fs::read_to_string(folder.join("AGENT_FOCUS.md")).unwrap();
        assert!(focus.starts_with(&format!("# AGENT_FOCUS: {agent}\n")));
        let folder = folder.to_str().unwrap();
        let git = |arguments: &[&str]| {
            let arguments = [&["-C", folder], arguments].concat();
            stage.workspace.git(&arguments)
        };
        assert_eq!(git(&["status", "--porcelain", "--untracked-files=all"]), "");
        git(&["add", "-A"]);
        assert_eq!(git(&["diff", "--cached", "--name-only"]), "");
        assert_eq!(git(&["ls-files", "AGENT_FOCUS.md"]), "");
    }
}

#[test]
fn a_task_is_ticked_off_when_it_is_proven() {
    let stage = stage();
    let check = [
        "--check",
        "words: test -s docs/guide.md",
        "--no-red",
        "documentation",
    ];
    let more = [&check[..], &["--path", "docs/guide.md"]].concat();
    file(&stage, ("Write the guide", "docs", "high"), &more);
    stage.answer(0, &["focus", "plan", "--agent", "amber"]);
    assert!(document(&stage).contains("- [ ] T-4 Write the guide"));
    stage.answer(0, &["task", "claim", "T-4", "--agent", "amber"]);
    assert_eq!(
        stage.code(&["focus", "complete", "T-4"]),
        40,
        "it is only held"
    );
    stage.workspace.write("docs/guide.md", "Type a word.\n");
    stage.workspace.git(&["checkout", "-q", "-b", "guide"]);
    stage.workspace.git(&["add", "-A"]);
    stage.workspace.git(&["commit", "-q", "-m", "The guide"]);
    stage.answer(0, &["task", "complete"]);
    stage.answer(0, &["focus", "complete", "T-4"]);
    let text = document(&stage);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("T-4")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(
        stage.code(&["focus", "status"]),
        20,
        "the rest of the plan may be another now"
    );
}

#[test]
fn the_age_of_a_committed_file_is_that_of_its_commit_not_of_the_checkout() {
    let stage = stage();
    let settings = stage.workspace.read("adjutant.toml").replace(
        r#"path = "docs/slo.png" }"#,
        r#"path = "docs/slo.png", age_max = "30d" }"#,
    );
    stage.workspace.write("adjutant.toml", settings);
    stage.workspace.write("docs/slo.png", "an old picture");
    let output = stage.shell(
        "export GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
         git -c user.name=Test -c user.email=test@example.org commit -q -a -m 'An old picture'",
    );
    assert_eq!(code(&output), 0, "{output:?}");
    stage.answer(0, &PLAN);
    let text = stage.workspace.read("AGENT_FOCUS.md");
    assert!(
        text.contains("- [ ] SLO dashboard screenshot (too old: "),
        "{text}"
    );
    stage.workspace.write("docs/slo.png", "a new picture");
    assert_eq!(stage.code(&["focus", "status"]), 20);
    stage.answer(0, &["focus", "sync"]);
    let text = stage.workspace.read("AGENT_FOCUS.md");
    assert!(
        text.contains("- [x] SLO dashboard screenshot (exists)"),
        "{text}"
    );
}
