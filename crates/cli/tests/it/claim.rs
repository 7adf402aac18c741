//! Claims as an agent makes them: the real program in real work trees.

use std::process::Stdio;

use adjutant_domain::Timestamp;
use adjutant_store::{Filed, Location, NewTask, Store};
use adjutant_work::{Intake, Priority, Risk, TaskKind, Timebox};

use crate::stage::Stage;

/// Files one task a title, past the command line.
fn file(stage: &Stage, titles: &[&str]) {
    let some = |text: &str| vec![text.to_owned()];
    let batch: Vec<NewTask> = titles
        .iter()
        .map(|title| NewTask {
            intake: Intake {
                title: (*title).to_owned(),
                kind: Some(TaskKind::Fix),
                goal: "It works.".to_owned(),
                context: "It does not.".to_owned(),
                success_criteria: some("The test passes."),
                deliverables: some("A commit."),
                non_goals: some("Speed."),
                risks: vec![Risk {
                    risk: "none".to_owned(),
                    mitigation: "none".to_owned(),
                }],
                test_hooks: some("cargo test"),
                timebox: Some(Timebox::S),
                priority: Some(Priority::Medium),
                paths: vec!["src".parse().unwrap()],
                ..Intake::default()
            },
            links: vec![],
            draft: false,
        })
        .collect();
    let location = Location {
        folder: stage.path().join(".git/adjutant"),
        postgres: None,
    };
    let now = Timestamp::from_unix_millis(1_700_000_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&location, now).await.unwrap();
        let filed = store.file_tasks(&batch, None, now).await.unwrap();
        assert!(matches!(filed, Filed::Tasks(_)), "{filed:?}");
    });
}

#[test]
fn a_claim_is_told_renewed_and_given_back() {
    let stage = Stage::new();
    file(&stage, &["first", "second"]);
    let mut told = String::new();
    for arguments in [
        ["task", "claim"].as_slice(),
        &["task", "claim", "--renew"],
        &["task", "claim", "--agent", "amber", "--lease", "2h"],
        &["task", "claim", "--renew", "--lease", "3h"],
        &["task", "claim", "--agent", "amber"],
        &[
            "task", "claim", "T-1", "--agent", "birch", "--format", "json",
        ],
        &["task", "claim", "T-9", "--agent", "birch"],
        &["task", "claim", "--agent", "birch"],
        &["task", "claim", "--agent", "birch", "--role", "jester"],
        &["task", "claim", "--agent", "birch", "--lease", "2d"],
        &["task", "release", "--reason", "lunch"],
        &["task", "release"],
        &[
            "task", "release", "--task", "T-1", "--epoch", "1", "--agent", "amber",
        ],
        &[
            "task", "claim", "T-1", "--agent", "birch", "--format", "json",
        ],
        &["journal", "verify"],
    ] {
        told.push_str(&format!("$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn each_work_tree_remembers_its_own_claim() {
    let stage = Stage::new();
    file(&stage, &["first", "second"]);
    stage.workspace.git(&["worktree", "add", "-q", "../linked"]);
    let linked = stage.path().join("../linked");
    stage.answer(
        0,
        &["task", "claim", "T-1", "--agent", "amber", "--advisory"],
    );
    let claim = |agent: &str| {
        stage
            .command(&["task", "claim", "T-2", "--advisory", "--format", "json"])
            .env("ADJUTANT_AGENT", agent)
            .current_dir(&linked)
            .output()
            .unwrap()
    };
    let won = claim("birch");
    assert_eq!(won.status.code(), Some(0), "{won:?}");
    let released = stage
        .command(&["task", "release"])
        .current_dir(&linked)
        .output()
        .unwrap();
    assert_eq!(released.stdout, b"T-2 is open again\n", "{released:?}");
    assert_eq!(stage.answer(0, &["task", "release"]), "T-1 is open again\n");
}

#[test]
fn of_processes_that_claim_one_task_at_once_one_wins() {
    const PROCESSES: usize = 12;
    let stage = Stage::new();
    file(&stage, &["contested"]);
    let running: Vec<_> = (0..PROCESSES)
        .map(|number| {
            let agent = format!("agent-{number}");
            stage
                .command(&["task", "claim", "T-1", "--agent", &agent])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let codes: Vec<_> = running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    let refused = codes.iter().filter(|code| **code == 40).count();
    assert_eq!(refused, PROCESSES - 1, "{codes:?}");
}
