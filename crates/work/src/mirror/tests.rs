//! The mirror: three texts decide, and neither side is ever lost.

use std::collections::BTreeMap;
use std::slice::from_ref as one;

use adjutant_domain::{Epoch, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{Intake, Lease, LeaseTime, LinkKind, Priority, Risk, TaskKind, TaskState, Timebox};

fn id(number: i64) -> TaskId {
    TaskId::from_number(number)
}

fn intake(goal: &str) -> Intake {
    let some = || vec!["some".to_owned()];
    Intake {
        title: "Cache the embeddings!".to_owned(),
        kind: Some(TaskKind::Feature),
        goal: goal.to_owned(),
        context: "p95 is 180 ms.".to_owned(),
        success_criteria: some(),
        deliverables: some(),
        non_goals: some(),
        risks: vec![Risk {
            risk: "some".to_owned(),
            mitigation: "some".to_owned(),
        }],
        test_hooks: some(),
        timebox: Some(Timebox::S),
        priority: Some(Priority::High),
        ..Intake::default()
    }
}

fn task(number: i64, goal: &str) -> Mirrored {
    let at = Timestamp::from_unix_millis(0);
    Mirrored {
        task: Task {
            id: id(number),
            revision: 1,
            intake: intake(goal),
            state: TaskState::Open,
            epoch: Epoch::from_number(0),
            open_blockers: 0,
            unblocks: 0,
            losses: 0,
            created_at: at,
            updated_at: at,
        },
        links: vec![],
    }
}

fn leased(mut mirrored: Mirrored) -> Mirrored {
    mirrored.task.state = TaskState::Leased(Lease {
        owner: "amber".parse().unwrap(),
        epoch: Epoch::from_number(1),
        expires: LeaseTime::from_millis(1),
    });
    mirrored
}

const NAME: &str = "T-17-cache-the-embeddings.md";

fn file(name: &str, text: impl Into<String>) -> FileFound {
    FileFound {
        place: MirrorPlace {
            folder: Folder::Pending,
            name: name.to_owned(),
        },
        text: Ok(text.into()),
    }
}

fn planned(tasks: &[Mirrored], files: &[FileFound]) -> Vec<Step> {
    plan(tasks, files, &BTreeSet::new(), &Resolution::default())
}

/// The one step, as few words.
fn told(tasks: &[Mirrored], files: &[FileFound]) -> String {
    let steps: Vec<String> = planned(tasks, files).iter().map(word).collect();
    steps.join("; ")
}

fn word(step: &Step) -> String {
    match step {
        Step::Write { to, .. } => format!("write {to}"),
        Step::Rewrite { from, to, why, .. } => format!("rewrite {from} -> {to} {why:?}"),
        Step::Edit { task, filled, .. } => format!("edit {task}: {}", filled.intake.goal),
        Step::File { filled, from, .. } => format!("file {from}: {}", filled.intake.goal),
        Step::Deleted { place, .. } => format!("deleted {place}"),
        Step::Conflict { differences, .. } => differences
            .iter()
            .map(|it| format!("conflict {}: {} | {}", it.part, it.store, it.file))
            .collect(),
        Step::Trouble { from, trouble } => format!("{from}: {trouble}"),
    }
}

#[test]
fn a_task_is_written_where_it_stands_and_then_nothing_is_to_be_done() {
    let tasks = [task(17, "old"), leased(task(18, "old"))];
    assert_eq!(
        told(&tasks, &[]),
        "write pending/T-17-cache-the-embeddings.md; \
         write in-progress/T-18-cache-the-embeddings.md"
    );
    let text = render(&tasks[0]);
    assert!(
        text.starts_with("<!-- adjutant: T-17, open; edit below"),
        "{text}"
    );
    assert_eq!(told(&tasks[..1], &[file(NAME, text)]), "");
}

#[test]
fn whoever_was_changed_alone_is_followed() {
    let (old, new) = (task(17, "old"), task(17, "new"));
    let written = render(&old);
    let edited = written.replace("old", "edited");
    for (store, text, step) in [
        (
            &new,
            &written,
            format!("rewrite pending/{NAME} -> pending/{NAME} TaskChanged"),
        ),
        (&old, &edited, "edit T-17: edited".to_owned()),
        (&new, &edited, "conflict Goal: new | edited".to_owned()),
    ] {
        assert_eq!(told(one(store), &[file(NAME, text.clone())]), step);
    }
    // Both were changed to the same: only the first line is stale.
    let same = written.replace("old", "new");
    let step = planned(one(&new), &[file(NAME, same)]);
    let Step::Rewrite { text, .. } = &step[0] else {
        panic!("{step:?}");
    };
    assert_eq!(text, &render(&new));
}

#[test]
fn a_file_without_its_first_line_is_no_ones_word() {
    let store = task(17, "old");
    let bare = |goal: &str| crate::template::render(&intake(goal), &[]);
    assert_eq!(
        told(one(&store), &[file(NAME, bare("edited"))]),
        "conflict Goal: old | edited"
    );
    let steps = planned(one(&store), &[file("T-17.md", bare("old"))]);
    let Step::Rewrite { to, text, .. } = &steps[0] else {
        panic!("{steps:?}");
    };
    assert_eq!((to.name.as_str(), text), (NAME, &render(&store)));
}

#[test]
fn a_person_resolves_a_conflict_for_one_side() {
    let (old, new) = (task(17, "old"), task(17, "new"));
    let edited = file(NAME, render(&old).replace("old", "edited"));
    let file_wins = Resolution {
        take_file: [id(17)].into(),
        ..Resolution::default()
    };
    let store_wins = Resolution {
        take_store: [id(17)].into(),
        ..Resolution::default()
    };
    let step = |resolution: &Resolution| {
        let steps = plan(one(&new), one(&edited), &BTreeSet::new(), resolution);
        word(&steps[0])
    };
    assert_eq!(step(&file_wins), "edit T-17: edited");
    assert_eq!(
        step(&store_wins),
        format!("rewrite pending/{NAME} -> pending/{NAME} TaskChanged")
    );
}

#[test]
fn a_claimed_task_moves_and_the_words_of_its_file_stay() {
    let text = render(&task(17, "old")).replace("## Goal\n", "<!-- mind this -->\n## Goal\n");
    let steps = planned(&[leased(task(17, "old"))], &[file(NAME, text)]);
    assert_eq!(
        word(&steps[0]),
        format!("rewrite pending/{NAME} -> in-progress/{NAME} TaskMoved")
    );
    let Step::Rewrite { text, .. } = &steps[0] else {
        panic!("{steps:?}");
    };
    assert!(text.contains("leased by amber"), "{text}");
    assert!(text.contains("<!-- mind this -->"), "{text}");
}

#[test]
fn moving_renaming_and_deleting_a_file_changes_no_task() {
    let store = task(17, "old");
    let mut moved = file(NAME, render(&store));
    moved.place.folder = Folder::Completed;
    assert_eq!(
        told(one(&store), &[moved]),
        format!("rewrite completed/{NAME} -> pending/{NAME} FileMoved")
    );
    let renamed = file("cache.md", render(&store));
    assert_eq!(
        told(one(&store), &[renamed]),
        format!("rewrite pending/cache.md -> pending/{NAME} FileMoved")
    );
    let known: BTreeSet<TaskId> = [id(17)].into();
    let step = |resolution: &Resolution| word(&plan(one(&store), &[], &known, resolution)[0]);
    assert_eq!(
        step(&Resolution::default()),
        format!("deleted pending/{NAME}")
    );
    let restore = Resolution {
        restore: true,
        ..Resolution::default()
    };
    assert_eq!(step(&restore), format!("write pending/{NAME}"));
}

#[test]
fn a_new_file_is_an_intake_and_must_be_complete() {
    let text = crate::template::render(&intake("new"), &[]);
    assert_eq!(
        told(&[], &[file("idea.md", text)]),
        "file pending/idea.md: new"
    );
    assert_eq!(
        told(&[], &[file("idea.md", "# An idea\n## Goal\nnew\n")]),
        "pending/idea.md: required fields say nothing: kind, context, success criteria, \
         deliverables, non-goals, risks and mitigations, test hooks and metrics, timebox, priority"
    );
    assert_eq!(
        told(&[], &[file("idea.md", "# An idea\n## Gaol\nnew\n")])
            .split(": ")
            .next(),
        Some("pending/idea.md")
    );
}

#[test]
fn files_that_speak_of_other_tasks_are_told_and_left_alone() {
    let store = task(17, "old");
    let text = render(&store);
    assert_eq!(
        told(one(&store), &[file(NAME, &text), file("copy.md", &text)]),
        format!("pending/copy.md: pending/{NAME} is the file of T-17 as well")
    );
    assert_eq!(
        told(one(&store), &[file("T-18-copy.md", &text)]),
        format!(
            "pending/T-18-copy.md: its name says T-18, its first line T-17; write pending/{NAME}"
        )
    );
    let bare = crate::template::render(&intake("new"), &[]);
    assert_eq!(
        told(&[], &[file("T-99.md", bare)]),
        "pending/T-99.md: there is no task T-99; a new task's file has no number"
    );
}

#[test]
fn the_order_of_links_and_spaces_at_the_ends_are_no_change() {
    let mut store = task(17, "  old  ");
    let link = |target| Link {
        kind: LinkKind::BlockedBy,
        target: id(target),
    };
    store.links = vec![link(3), link(2)];
    let text = render(&store);
    assert_eq!(told(one(&store), &[file(NAME, &text)]), "");
    let swapped = text.replace(
        "- blocked-by T-2\n- blocked-by T-3",
        "- blocked-by T-3\n- blocked-by T-2",
    );
    assert_ne!(swapped, text);
    store.links.reverse();
    assert_eq!(told(&[store], &[file(NAME, swapped)]), "");
}

/// What the steps make of files and store, as the shell carries them out.
fn carried_out(
    steps: &[Step],
    store: &mut BTreeMap<TaskId, Mirrored>,
    files: &mut BTreeMap<MirrorPlace, String>,
) {
    for step in steps {
        match step {
            Step::Write { to, text, .. } => {
                files.insert(to.clone(), text.clone());
            }
            Step::Rewrite { from, to, text, .. } => {
                files.remove(from);
                files.insert(to.clone(), text.clone());
            }
            Step::Edit {
                task,
                filled,
                from,
                text,
                ..
            } => {
                let mirrored = store.get_mut(task).unwrap();
                mirrored.task.intake = filled.intake.clone();
                mirrored.links.clone_from(&filled.links);
                files.remove(from);
                files.insert(place(&mirrored.task), reheaded(text, mirrored));
            }
            Step::File { filled, from, .. } => {
                let number = 1 + store.len() as i64;
                let mut new = task(number, "");
                new.task.intake = filled.intake.clone();
                files.remove(from);
                files.insert(place(&new.task), render(&new));
                store.insert(id(number), new);
            }
            Step::Deleted { .. } | Step::Conflict { .. } | Step::Trouble { .. } => {}
        }
    }
}

proptest! {
    /// What somebody wrote on either side since the last time is there afterwards, or is shown.
    #[test]
    fn no_word_is_lost_and_the_second_run_has_nothing_to_do(
        goals in prop::collection::vec(("[a-c]", "[a-c]", "[a-c]", any::<bool>()), 1..6),
        new in prop::collection::vec("[a-c]", 0..3),
    ) {
        let mut store = BTreeMap::new();
        let mut files = BTreeMap::new();
        for (number, (base, file, now, is_leased)) in (1..).zip(&goals) {
            let written = render(&task(number, &format!("word {base}")));
            let text = written.replace(&format!("word {base}"), &format!("word {file}"));
            files.insert(place(&task(number, "").task), text);
            let task = task(number, &format!("word {now}"));
            store.insert(id(number), if *is_leased { leased(task) } else { task });
        }
        for (number, goal) in new.iter().enumerate() {
            let place = MirrorPlace { folder: Folder::Pending, name: format!("new-{number}.md") };
            files.insert(place, crate::template::render(&intake(goal), &[]));
        }
        let look = |store: &BTreeMap<TaskId, Mirrored>, files: &BTreeMap<MirrorPlace, String>| {
            let tasks: Vec<Mirrored> = store.values().cloned().collect();
            let files: Vec<FileFound> = files
                .iter()
                .map(|(place, text)| FileFound { place: place.clone(), text: Ok(text.clone()) })
                .collect();
            planned(&tasks, &files)
        };
        let steps = look(&store, &files);
        carried_out(&steps, &mut store, &mut files);
        for (number, (base, file, now, _)) in (1..).zip(&goals) {
            let conflict = steps.iter().any(
                |step| matches!(step, Step::Conflict { task, .. } if *task == id(number)),
            );
            prop_assert_eq!(conflict, base != file && base != now && file != now);
            let goal = &store[&id(number)].task.intake.goal;
            let expected = if file == base || conflict { now } else { file };
            prop_assert_eq!(goal, &format!("word {expected}"));
        }
        prop_assert_eq!(store.len(), goals.len() + new.len());
        let again = look(&store, &files);
        prop_assert!(again.iter().all(|step| matches!(step, Step::Conflict { .. })), "{:?}", again);
    }
}
