//! Handing a task to the role it belongs to.

use crate::stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

const TASK: &str = "\
# Cache embeddings
| Kind | feature |
| Priority | HIGH |
| Timebox | M |
| Role | genai-features |
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
- charts/search/**
";

const HANDOFF: &str = "\
## To
infra-mlops
## State
The cache works; it is not deployed.
## Next command
`helm diff upgrade search charts/search`
## Open risks
none
## Unproven claims
- memory stays below 1 GiB
";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.workspace.write("task.md", TASK);
    stage.workspace.write("handoff.md", HANDOFF);
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    stage
}

fn told(stage: &Stage, commands: &[&[&str]]) -> String {
    let told = commands.iter().map(|arguments| {
        let outcome = stage.outcome(arguments);
        format!("$ adjutant {}\n{outcome}\n", arguments.join(" "))
    });
    told.collect()
}

#[test]
fn a_handoff_that_does_not_say_everything_is_refused_with_what_is_missing() {
    let stage = stage();
    insta::assert_snapshot!(told(
        &stage,
        &[
            &[
                "handoff",
                "--task",
                "T-1",
                "--to",
                "infra-mlops",
                "--risk",
                "none"
            ],
            &["handoff", "--task", "T-1", "--format", "json"],
            &[
                "handoff",
                "--task",
                "T-1",
                "--from",
                "handoff.md",
                "--to",
                "nobody"
            ],
            &["handoff", "--task", "T-9", "--from", "handoff.md"],
            &["handoff", "--from", "handoff.md"],
        ]
    ));
    let page = stage.answer(0, &["task", "list", "--format", "json"]);
    assert!(!page.contains("T-2"), "{page}");
}

#[test]
fn a_task_that_nobody_holds_waits_for_the_task_of_the_other_role() {
    let stage = stage();
    insta::assert_snapshot!(told(
        &stage,
        &[
            &[
                "handoff",
                "--task",
                "T-1",
                "--from",
                "handoff.md",
                "--kind",
                "infra"
            ],
            &["task", "show", "T-1"],
            &["task", "show", "T-2"],
        ]
    ));
}

#[test]
fn a_role_that_must_not_do_it_either_is_stopped_and_the_right_one_is_named() {
    let stage = stage();
    let handoff = ["handoff", "--task", "T-1", "--from", "handoff.md"];
    let to_qa = [handoff.as_slice(), &["--to", "qa-evals-docs"]].concat();
    let json = [to_qa.as_slice(), &["--format", "json"]].concat();
    let wide = [to_qa.as_slice(), &["--path", "**"]].concat();
    insta::assert_snapshot!(told(&stage, &[&to_qa, &json, &wide]));
}

#[test]
fn a_holder_hands_on_what_lies_outside_and_gives_its_lease_back_or_keeps_it() {
    let stage = stage();
    let narrow = TASK.replace("charts/search", "src/search");
    stage.workspace.write("narrow.md", narrow);
    let part = [
        "--path",
        "charts/**",
        "--kind",
        "infra",
        "--title",
        "Deploy the cache",
    ];
    let handoff = [["handoff", "--from", "handoff.md"].as_slice(), &part].concat();
    let keeping = [handoff.as_slice(), &["--keep"]].concat();
    let named = ["--task", "T-2", "--agent", "birch", "--epoch", "1"];
    let another = [handoff.as_slice(), &named].concat();
    let named = ["--task", "T-2", "--agent", "amber", "--epoch", "9"];
    let late = [handoff.as_slice(), &named].concat();
    let claim = [
        "task",
        "claim",
        "T-2",
        "--agent",
        "amber",
        "--role",
        "genai-features",
    ];
    insta::assert_snapshot!(told(
        &stage,
        &[
            &["task", "add", "--from", "narrow.md"],
            // The first task declares what the role must not touch.
            &[
                "task",
                "claim",
                "T-1",
                "--agent",
                "amber",
                "--role",
                "genai-features"
            ],
            &claim,
            &another,
            &late,
            &keeping,
            &handoff,
            &["task", "release"],
            &["task", "list"],
        ]
    ));
}

const RELAXED: &str = r#"
[role.genai-features]
scope = "everything"
definition_of_done = ["it works"]
"#;

#[test]
fn work_that_reaches_beyond_the_role_is_stopped_at_completion_and_its_part_is_handed_on() {
    let stage = stage();
    let narrow = TASK.replace("charts/search", "src/search");
    stage.workspace.write("narrow.md", narrow);
    stage.answer(0, &["task", "add", "--from", "narrow.md"]);
    stage.workspace.git(&["add", "adjutant.toml"]);
    stage.workspace.git(&["commit", "-q", "-m", "Begin"]);
    stage
        .workspace
        .git(&["worktree", "add", "-q", "-b", "work", "agent"]);
    let agent = |arguments: &[&str]| {
        let folder = stage.path().join("agent");
        let output = adjutant_testkit::program::command(PROGRAM, &folder, arguments).output();
        let told = stage.told(&output.unwrap());
        format!("$ adjutant {}\n{told}\n", arguments.join(" "))
    };
    let claim = ["task", "claim", "T-2", "--agent", "amber", "--role"];
    agent(&[claim.as_slice(), &["genai-features"]].concat());
    // The agent may write into its own settings what it likes.
    for (name, text) in [
        ("src/search/cache.py", "cache = {}\n"),
        ("charts/search/values.yaml", "cache: 1Gi\n"),
        ("adjutant.toml", RELAXED),
    ] {
        stage.workspace.write(&format!("agent/{name}"), text);
    }
    stage.workspace.git(&["-C", "agent", "add", "-A"]);
    stage
        .workspace
        .git(&["-C", "agent", "commit", "-q", "-m", "Cache embeddings"]);
    let mut told = agent(&["task", "complete"]);
    told += &agent(&["task", "complete", "--format", "json"]);
    let part = [
        "handoff",
        "--task",
        "T-2",
        "--to",
        "infra-mlops",
        "--path",
        "charts/**",
    ];
    let said = ["--keep", "--state", "works", "--next-command", "helm lint"];
    let rest = ["--risk", "none", "--unproven", "none", "--kind", "infra"];
    told += &agent(&[part.as_slice(), &said, &rest].concat());
    insta::assert_snapshot!(told);
}

#[test]
fn a_task_without_a_role_is_held_against_the_role_it_was_claimed_in() {
    let stage = stage();
    let free = TASK
        .replace("| Role | genai-features |\n", "")
        .replace("charts", "src");
    stage.workspace.write("free.md", free);
    stage.answer(0, &["task", "add", "--from", "free.md"]);
    stage.workspace.git(&["add", "adjutant.toml"]);
    stage.workspace.git(&["commit", "-q", "-m", "Begin"]);
    let add = ["agent", "add", "amber", "--role", "genai-features"];
    stage.answer(0, &[add.as_slice(), &["--command", "true"]].concat());
    // Nothing is said of a role: the agent's own is meant.
    let claim = ["task", "claim", "--agent", "amber"];
    let first = stage.outcome(&[claim.as_slice(), &["T-1"]].concat());
    assert!(
        first.contains("STOP       T-1 lies outside the boundaries of genai-features"),
        "{first}"
    );
    stage.answer(0, &[claim.as_slice(), &["T-2"]].concat());
    stage.workspace.git(&["checkout", "-q", "-b", "work"]);
    stage
        .workspace
        .write("charts/search/values.yaml", "cache: 1Gi\n");
    stage.workspace.git(&["add", "charts"]);
    stage
        .workspace
        .git(&["commit", "-q", "-m", "Cache embeddings"]);
    let told = stage.outcome(&["task", "complete"]);
    assert!(
        told.contains("STOP       T-2 lies outside the boundaries of genai-features"),
        "{told}"
    );
    assert!(
        told.contains("--to infra-mlops --kind infra --path 'charts/**' --keep"),
        "{told}"
    );
    stage.answer(0, &["journal", "verify"]);
}
