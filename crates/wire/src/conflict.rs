//! The JSON of conflicts.

use adjutant_app::{Conflicts, NotCompared, NotMerged, PairConflict, SeenWorkTree};
use adjutant_outbound::conflict_memory::FileConflict;
use adjutant_outbound::git::NotLooked;
use adjutant_work::{DeclaredOverlap, Drift, MergeReason};
use schemars::JsonSchema;
use serde::Serialize;

/// The newest version of this shape.
const VERSION: u32 = 1;

/// Everything that is in each other's way.
#[derive(Serialize, JsonSchema)]
pub struct ConflictsJson<'a> {
    version: u32,
    work_trees: Vec<WorkTreeJson<'a>>,
    conflicts: Vec<ConflictJson<'a>>,
    overlaps: &'a [DeclaredOverlap],
    open_tasks_left_out: bool,
    not_compared: Vec<NotComparedJson<'a>>,
    order: Vec<StepJson<'a>>,
    pairs_merged: usize,
    pairs_apart: usize,
}

/// A work tree.
#[derive(Serialize, JsonSchema)]
struct WorkTreeJson<'a> {
    path: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_live: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    touched: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'a Drift>,
    not_looked_into: &'a [String],
    files_left_out: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_looked_at: Option<&'a NotLooked>,
}

/// A file in which two work trees conflict.
#[derive(Serialize, JsonSchema)]
struct ConflictJson<'a> {
    ours: SideJson<'a>,
    theirs: SideJson<'a>,
    #[serde(flatten)]
    file: &'a FileConflict,
}

/// Two work trees that could not be merged.
#[derive(Serialize, JsonSchema)]
struct NotComparedJson<'a> {
    ours: SideJson<'a>,
    theirs: SideJson<'a>,
    #[serde(flatten)]
    because: NotMergedJson<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "because", rename_all = "snake_case")]
enum NotMergedJson<'a> {
    Unrelated,
    GitFailed { problem: &'a str },
}

/// Whose side it is.
#[derive(Serialize, JsonSchema)]
struct SideJson<'a> {
    name: &'a str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct StepJson<'a> {
    name: &'a str,
    path: String,
    because: &'a MergeReason,
}

impl<'a> From<&'a Conflicts> for ConflictsJson<'a> {
    fn from(found: &'a Conflicts) -> Self {
        let name = |at: usize| found.work_trees[at].name.as_str();
        let not_compared = |pair: &'a NotCompared| NotComparedJson {
            ours: side(&found.work_trees[pair.ours]),
            theirs: side(&found.work_trees[pair.theirs]),
            because: match &pair.because {
                NotMerged::Unrelated => NotMergedJson::Unrelated,
                NotMerged::GitFailed { problem } => NotMergedJson::GitFailed { problem },
            },
        };
        let files = |pair: &'a PairConflict| {
            pair.files.iter().map(|file| ConflictJson {
                ours: side(&found.work_trees[pair.ours]),
                theirs: side(&found.work_trees[pair.theirs]),
                file,
            })
        };
        Self {
            version: VERSION,
            work_trees: found.work_trees.iter().map(work_tree).collect(),
            conflicts: found.pairs.iter().flat_map(files).collect(),
            overlaps: &found.overlaps,
            open_tasks_left_out: found.open_tasks_left_out,
            not_compared: found.not_compared.iter().map(not_compared).collect(),
            order: found
                .order
                .iter()
                .map(|step| StepJson {
                    name: name(step.piece),
                    path: found.work_trees[step.piece].path.display().to_string(),
                    because: &step.reason,
                })
                .collect(),
            pairs_merged: found.merged,
            pairs_apart: found.apart,
        }
    }
}

fn side(tree: &SeenWorkTree) -> SideJson<'_> {
    let holder = tree.holder.as_ref().map(|seen| &seen.holder);
    SideJson {
        name: &tree.name,
        path: tree.path.display().to_string(),
        task: holder.map(|holder| holder.task.to_string()),
        agent: holder.map(|holder| holder.agent.as_str()),
    }
}

fn work_tree(tree: &SeenWorkTree) -> WorkTreeJson<'_> {
    let holder = tree.holder.as_ref();
    let seen = tree.seen.as_ref().ok();
    WorkTreeJson {
        path: tree.path.display().to_string(),
        name: &tree.name,
        task: holder.map(|seen| seen.holder.task.to_string()),
        agent: holder.map(|seen| seen.holder.agent.as_str()),
        lease_live: holder.map(|seen| seen.live),
        locked: tree.locked.as_deref(),
        commit: seen.map(|seen| seen.commit.as_str()),
        tree: seen.map(|seen| seen.tree.as_str()),
        touched: seen.map(|seen| seen.touched.len()),
        drift: seen.and_then(|seen| seen.drift.as_ref()),
        not_looked_into: seen.map_or(&[], |seen| &seen.inner),
        files_left_out: seen.map_or(0, |seen| seen.left_out),
        not_looked_at: tree.seen.as_ref().err(),
    }
}
