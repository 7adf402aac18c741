//! What every target about work checks: what is read can be written and read again unchanged, and
//! no word of a file is lost.

use std::collections::BTreeMap;

use adjutant_domain::{Epoch, TaskId, Timestamp, sha256};
use adjutant_work::directive::{Queue, read_directives};
use adjutant_work::mirror::{
    self, FileFound, Folder, MirrorPlace, Mirrored, Resolution, Step, plan, reheaded,
};
use adjutant_work::template::{self, Filled, InvalidIntake, parse, read_checks, write_checks};
use adjutant_work::{
    PathGlob, Task, TaskState, read_handoff, read_issue_form, read_roles, read_verification,
};

/// The intake template.
pub fn check_template(text: &str) {
    check_filled(parse(text));
}

/// The body of an issue form, or the event of the issue.
pub fn check_issue_form(text: &str) {
    check_filled(read_issue_form(text));
}

fn check_filled(filled: Result<Filled, InvalidIntake>) {
    match filled {
        Ok(filled) => {
            let written = template::render(&filled.intake, &filled.links);
            let again = parse(&written);
            assert_eq!(again.as_ref(), Ok(&filled), "{written}");
        }
        Err(error) => check_problem(error.line, &error.problem),
    }
}

fn check_problem(line: usize, problem: &str) {
    assert!(line > 0 && !problem.is_empty(), "{line}: {problem}");
}

/// The file of a planning team: each action is carried out or refused at its place, and what can be
/// carried out can be ordered.
pub fn check_directives(bytes: &[u8]) {
    let Ok(read) = read_directives(bytes, &BTreeMap::new()) else {
        return;
    };
    for refused in &read.refused {
        assert!(refused.pointer.starts_with("/actions/"));
        assert!(!refused.problem.is_empty());
    }
    let queue = Queue {
        directives: &read.directives,
        standings: &BTreeMap::new(),
    };
    for one in queue.order() {
        assert!(one.dependencies.iter().all(|id| *id != one.id));
    }
}

/// The TOML of a task's checks.
pub fn check_checks(text: &str) {
    match read_checks(text) {
        Ok(checks) => {
            let written = write_checks(&checks);
            assert_eq!(read_checks(&written), Ok(checks), "{written}");
        }
        Err(error) => check_problem(error.line, &error.problem),
    }
}

/// The file of a handoff: complete, or its gaps are named.
pub fn check_handoff(text: &str) {
    match read_handoff(text).map(|handoff| handoff.complete()) {
        Ok(Ok(handoff)) => {
            assert!(!handoff.state.trim().is_empty() && !handoff.next_command.trim().is_empty());
        }
        Ok(Err(incomplete)) => assert!(!incomplete.missing.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The tables of `adjutant.toml` about roles and verification.
pub fn check_settings(text: &str) {
    if let Err(error) = read_roles(text) {
        assert!(!error.to_string().is_empty());
    }
    if let Err(error) = read_verification(text) {
        assert!(!error.to_string().is_empty());
    }
}

/// Two patterns and a file, one a line: a file that both cover makes them overlap.
pub fn check_globs(text: &str) {
    let mut lines = text.lines();
    let (Some(one), Some(other), Some(file)) = (lines.next(), lines.next(), lines.next()) else {
        return;
    };
    let (Ok(one), Ok(other)) = (one.parse::<PathGlob>(), other.parse::<PathGlob>()) else {
        return;
    };
    assert_eq!(one.overlaps(&other), other.overlaps(&one), "{one} {other}");
    assert!(one.overlaps(&one), "{one}");
    if one.covers(file) && other.covers(file) {
        assert!(one.overlaps(&other), "{one} and {other} both cover {file}");
    }
}

/// A file of the mirror beside a task: it is in step, taken, written again, or left alone; what it
/// asks for is only overwritten when its first line says that it was asked for before.
pub fn check_mirror(text: &str) {
    let task = mirrored();
    let file = FileFound {
        place: MirrorPlace {
            folder: Folder::Pending,
            name: "T-1.md".to_owned(),
        },
        text: Ok(text.to_owned()),
    };
    let resolution = Resolution::default();
    let steps = plan(&[task.clone()], &[file], &Default::default(), &resolution);
    for step in steps {
        match step {
            Step::Rewrite { why, .. } if why == mirror::Why::TaskChanged => {
                let filled = parse(text).expect("only what was read is written again");
                let mut links = filled.links;
                links.sort_unstable();
                links.dedup();
                let asked = template::render(&filled.intake, &links);
                let base = sha256::digest_of(asked.as_bytes()).to_string();
                let first = text.lines().next().unwrap_or_default();
                assert!(first.to_ascii_lowercase().contains(&base), "{first}");
            }
            Step::Edit { filled, text, .. } => {
                let mut after = task.clone();
                after.task.intake = filled.intake;
                after.links = filled.links;
                assert!(parse(&reheaded(&text, &after)).is_ok());
            }
            Step::Rewrite { .. }
            | Step::Write { .. }
            | Step::File { .. }
            | Step::Deleted { .. }
            | Step::Conflict { .. }
            | Step::Trouble { .. } => {}
        }
    }
}

fn mirrored() -> Mirrored {
    let at = Timestamp::from_unix_millis(0);
    let filled = parse("# A task\n## Goal\nA goal.\n").expect("a template");
    Mirrored {
        task: Task {
            id: TaskId::from_number(1),
            revision: 1,
            intake: filled.intake,
            state: TaskState::Open,
            epoch: Epoch::from_number(0),
            open_blockers: 0,
            unblocks: 0,
            losses: 0,
            created_at: at,
            updated_at: at,
        },
        links: filled.links,
    }
}
