//! Tasks as readable files, both ways.

use std::path::PathBuf;

use crate::stage::Stage;

const TASK: &str = "\
# Cache the embeddings!
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
";

const FILE: &str = "pending/T-1-cache-the-embeddings.md";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.workspace.write("task.md", TASK);
    stage.answer(0, &["task", "add", "--from", "task.md"]);
    stage
}

fn at(stage: &Stage, file: &str) -> PathBuf {
    stage.path().join("docs/TASKS/queue").join(file)
}

fn read(stage: &Stage, file: &str) -> String {
    std::fs::read_to_string(at(stage, file)).unwrap()
}

fn change(stage: &Stage, file: &str, from: &str, to: &str) {
    let text = read(stage, file);
    let changed = text.replace(from, to);
    assert_ne!(text, changed);
    std::fs::write(at(stage, file), changed).unwrap();
}

/// All files of the mirror.
fn files(stage: &Stage) -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["pending", "in-progress", "completed"] {
        let Ok(entries) = std::fs::read_dir(at(stage, folder)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            files.push(format!("{folder}/{name}"));
        }
    }
    files.sort();
    files
}

fn goal(stage: &Stage, task: &str) -> String {
    let shown = stage.answer(0, &["task", "show", task, "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    shown["intake"]["goal"].as_str().unwrap().to_owned()
}

fn edit(stage: &Stage, goal: &str) {
    stage.answer(0, &["task", "edit", "T-1", "--goal", goal]);
}

const MIRROR: [&str; 2] = ["task", "mirror"];

#[test]
fn a_task_is_mirrored_edited_in_its_file_claimed_and_filed_from_a_new_one() {
    let stage = stage();
    let mut told = stage.outcome(&["task", "mirror", "--dry-run"]);
    assert_eq!(files(&stage), Vec::<String>::new());
    told += &stage.outcome(&MIRROR);
    assert_eq!(files(&stage), [FILE]);
    told += &read(&stage, FILE).lines().next().unwrap()[..32];
    told += "\n";
    told += &stage.outcome(&MIRROR);

    change(&stage, FILE, "skip the model", "never ask the model");
    told += &stage.outcome(&MIRROR);
    assert_eq!(goal(&stage, "T-1"), "Warm queries never ask the model.");

    std::fs::write(at(&stage, "pending/idea.md"), TASK.replace("Cache", "Warm")).unwrap();
    stage.answer(0, &["task", "claim", "T-1", "--agent", "amber"]);
    told += &stage.outcome(&MIRROR);
    assert_eq!(
        files(&stage),
        [
            "in-progress/T-1-cache-the-embeddings.md",
            "pending/T-2-warm-the-embeddings.md"
        ]
    );
    told += &stage.outcome(&MIRROR);
    insta::assert_snapshot!(told);
}

#[test]
fn what_was_changed_on_both_sides_is_shown_and_left_until_a_person_decides() {
    let stage = stage();
    stage.answer(0, &MIRROR);
    change(&stage, FILE, "Warm queries", "All queries");
    edit(&stage, "Warm queries cost nothing.");
    let before = read(&stage, FILE);
    let mut told = stage.outcome(&MIRROR);
    told += &stage.outcome(&["task", "mirror", "--format", "json"]);
    assert_eq!(read(&stage, FILE), before);
    assert_eq!(goal(&stage, "T-1"), "Warm queries cost nothing.");

    told += &stage.outcome(&["task", "mirror", "--take-file", "T-1"]);
    assert_eq!(goal(&stage, "T-1"), "All queries skip the model.");
    change(&stage, FILE, "All queries", "Few queries");
    edit(&stage, "Some queries cost nothing.");
    told += &stage.outcome(&["task", "mirror", "--take-store", "T-1"]);
    assert!(read(&stage, FILE).contains("Some queries cost nothing."));
    insta::assert_snapshot!(told);
}

#[test]
fn deleting_and_moving_files_changes_no_task_and_files_that_cannot_be_taken_are_left_alone() {
    let stage = stage();
    stage.answer(0, &MIRROR);
    let mut told = String::new();
    std::fs::rename(at(&stage, FILE), at(&stage, "pending/done.md")).unwrap();
    told += &stage.outcome(&MIRROR);
    std::fs::remove_file(at(&stage, FILE)).unwrap();
    told += &stage.outcome(&MIRROR);
    told += &stage.outcome(&["task", "mirror", "--restore"]);
    assert_eq!(files(&stage), [FILE]);

    stage.answer(0, &["task", "claim", "T-1", "--agent", "amber"]);
    change(&stage, FILE, "skip the model", "never ask the model");
    std::fs::write(at(&stage, "pending/a.md"), "# Half an idea\n").unwrap();
    std::fs::write(at(&stage, "pending/b.md"), "# An idea\n## Gaol\n").unwrap();
    std::fs::write(at(&stage, "pending/c.md"), [0xff, b'\n']).unwrap();
    std::fs::copy(at(&stage, FILE), at(&stage, "pending/T-7.md")).unwrap();
    let before = files(&stage);
    told += &stage.outcome(&MIRROR);
    assert_eq!(files(&stage), before);
    assert_eq!(goal(&stage, "T-1"), "Warm queries skip the model.");
    insta::assert_snapshot!(told);
}

#[test]
fn an_older_file_that_git_brought_back_takes_nothing_back() {
    let stage = stage();
    stage.answer(0, &MIRROR);
    stage.workspace.git(&["add", "docs"]);
    stage.workspace.git(&["commit", "-q", "-m", "Tasks"]);
    change(&stage, FILE, "skip the model", "never ask the model");
    stage.answer(0, &MIRROR);
    let after = read(&stage, FILE);
    stage.workspace.git(&["checkout", "-q", "--", "docs"]);
    assert_ne!(read(&stage, FILE), after);
    let told = stage.answer(0, &MIRROR);
    assert_eq!(told, format!("T-1 changed: {FILE}\n"));
    assert_eq!(goal(&stage, "T-1"), "Warm queries never ask the model.");
    assert!(read(&stage, FILE).contains("never ask the model"));
}

/// Killed at any moment, the next run goes on: nothing is filed twice, and no file is lost.
#[test]
fn a_killed_mirror_is_finished_by_the_next_run() {
    let stage = stage();
    let folder = at(&stage, "pending");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..40 {
        let text = TASK.replace("Cache", &format!("Idea {number}:"));
        std::fs::write(folder.join(format!("idea-{number}.md")), text).unwrap();
    }
    let mut kills = 0;
    for files_wanted in [5, 15, 25] {
        let mut child = stage.command(&MIRROR).spawn().unwrap();
        let ended = loop {
            let filed = files(&stage).iter().filter(|it| it.contains("/T-")).count();
            if filed >= files_wanted {
                child.kill().unwrap();
                kills += 1;
                break child.wait().unwrap();
            }
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            std::thread::yield_now();
        };
        assert!(ended.code().is_none_or(|code| code == 0), "{ended:?}");
    }
    assert!(kills > 0);
    stage.answer(0, &MIRROR);
    let named: Vec<String> = files(&stage);
    assert_eq!(named.len(), 41);
    assert!(
        named.iter().all(|it| it.starts_with("pending/T-")),
        "{named:?}"
    );
    let page = ["task", "list", "--limit", "100", "--format", "json"];
    let page: serde_json::Value = serde_json::from_str(&stage.answer(0, &page)).unwrap();
    assert_eq!(page["tasks"].as_array().unwrap().len(), 41);
    assert_eq!(stage.answer(0, &MIRROR), "");
}
