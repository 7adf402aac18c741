//! Which pieces of work can be in each other's way: by the paths they declare, and by the files
//! they changed. What really conflicts is git's to say; here is only what cannot.

use std::collections::HashSet;

use adjutant_domain::{AgentName, TaskId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PathGlob;

/// A task with the paths it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The task.
    pub task: TaskId,
    /// Who holds it; none when nobody does yet.
    pub owner: Option<AgentName>,
    /// What it declares.
    pub paths: Vec<PathGlob>,
}

/// Two tasks that declare the same files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredOverlap {
    /// The held task.
    pub held: DeclaredSide,
    /// The other: held as well, or still open.
    pub other: DeclaredSide,
}

/// One side of an overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredSide {
    /// The task.
    pub task: TaskId,
    /// Who holds it, if anyone.
    pub owner: Option<AgentName>,
    /// The first of its paths that overlaps.
    pub path: PathGlob,
}

/// A file that one side changed, seen from where both sides began.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangedPath {
    /// The file.
    pub path: String,
    /// How.
    pub kind: ChangeKind,
}

/// How a file changed. A rename is a deletion and an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "plain words")]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// Every overlap of a held task with another held one, and with an open one: those are refused
/// when they are claimed. Two open tasks are in nobody's way yet.
pub fn declared_overlaps(held: &[Declaration], open: &[Declaration]) -> Vec<DeclaredOverlap> {
    let mut overlaps = Vec::new();
    for (at, ours) in held.iter().enumerate() {
        for theirs in held[at + 1..].iter().chain(open) {
            overlaps.extend(first_overlap(ours, theirs));
        }
    }
    overlaps
}

fn first_overlap(ours: &Declaration, theirs: &Declaration) -> Option<DeclaredOverlap> {
    let side = |of: &Declaration, path: &PathGlob| DeclaredSide {
        task: of.task,
        owner: of.owner.clone(),
        path: path.clone(),
    };
    ours.paths.iter().find_map(|left| {
        let right = theirs.paths.iter().find(|right| left.overlaps(right))?;
        Some(DeclaredOverlap {
            held: side(ours, left),
            other: side(theirs, right),
        })
    })
}

/// Whether a merge of the two could conflict at all. `false` is certain: then no file, no folder
/// and no rename of one side meets the other.
///
/// A side that both deleted and added files may have renamed a folder, and git then moves what
/// the other side added to that folder; so such a side meets every addition.
pub fn can_meet(ours: &[ChangedPath], theirs: &[ChangedPath]) -> bool {
    let moves = may_rename(ours) && adds(theirs) || may_rename(theirs) && adds(ours);
    moves || touches(ours, theirs) || touches(theirs, ours)
}

fn may_rename(changes: &[ChangedPath]) -> bool {
    adds(changes)
        && changes
            .iter()
            .any(|change| change.kind == ChangeKind::Deleted)
}

fn adds(changes: &[ChangedPath]) -> bool {
    changes
        .iter()
        .any(|change| change.kind == ChangeKind::Added)
}

/// Whether a path of `theirs` is one of `ours`, or lies below one: a file against a folder.
fn touches(ours: &[ChangedPath], theirs: &[ChangedPath]) -> bool {
    let ours: HashSet<&str> = ours.iter().map(|change| change.path.as_str()).collect();
    theirs.iter().any(|change| {
        let path = change.path.as_str();
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        ours.contains(path) || folders.into_iter().any(|folder| ours.contains(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(text: &str) -> Vec<ChangedPath> {
        text.split_whitespace()
            .map(|word| ChangedPath {
                path: word[1..].to_owned(),
                kind: match &word[..1] {
                    "+" => ChangeKind::Added,
                    "-" => ChangeKind::Deleted,
                    _ => ChangeKind::Modified,
                },
            })
            .collect()
    }

    #[test]
    fn work_apart_cannot_meet_and_work_together_can() {
        for (left, right, meet) in [
            ("~a", "~b", false),
            ("~a", "~a", true),
            ("~src/a", "~src/b", false),
            ("+src", "+src/b", true),
            ("~src/a", "-src/a", true),
            ("+a", "+b", false),
            ("-a", "+b", false),
            ("-old/a +new/a", "~b", false),
            ("-old/a +new/a", "+old/b", true),
            ("-old/a +new/a", "-c", false),
            ("", "~a", false),
            ("~ab", "~ab/c", true),
            ("~ab", "~a", false),
        ] {
            let (ours, theirs) = (changes(left), changes(right));
            assert_eq!(can_meet(&ours, &theirs), meet, "{left} | {right}");
            assert_eq!(can_meet(&theirs, &ours), meet, "{right} | {left}");
        }
    }

    #[test]
    fn overlaps_are_told_of_held_tasks_only() {
        let task = |id: u64, owner: Option<&str>, paths: &[&str]| Declaration {
            task: format!("T-{id}").parse().unwrap(),
            owner: owner.map(|name| name.parse().unwrap()),
            paths: paths.iter().map(|path| path.parse().unwrap()).collect(),
        };
        let held = [
            task(1, Some("ann"), &["docs", "src/a"]),
            task(2, Some("bob"), &["src/*"]),
            task(3, Some("eve"), &["web"]),
        ];
        let open = [task(4, None, &["web/x"]), task(5, None, &["web/x"])];
        let found = declared_overlaps(&held, &open);
        let told: Vec<String> = found
            .iter()
            .map(|overlap| {
                let DeclaredOverlap { held, other } = overlap;
                format!("{} {} {} {}", held.task, held.path, other.task, other.path)
            })
            .collect();
        assert_eq!(
            told,
            [
                "T-1 src/a T-2 src/*",
                "T-3 web T-4 web/x",
                "T-3 web T-5 web/x"
            ]
        );
    }
}
