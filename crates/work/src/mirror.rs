//! Tasks as readable files, both ways. A file carries the digest of what it said when it was
//! written; with that, what the file says now and what the store says now, three texts decide what
//! is to be done. What was changed on both sides is a conflict, which only a person resolves.
//!
//! Neither moving a file nor deleting it changes a task: done is a proof, and dropping is said.

mod page;
mod plan;

use std::collections::BTreeSet;

use adjutant_domain::{Digest, TaskId};
use serde::Serialize;

use crate::template::{Filled, InvalidIntake};
use crate::{Field, Link, Task};

pub use page::{place, reheaded, render};
pub use plan::plan;

/// A folder of the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Folder {
    /// Drafts, open and quarantined tasks.
    Pending,
    /// Tasks that an agent holds, and work that waits to be merged.
    InProgress,
    /// Merged and dropped tasks.
    Completed,
}

impl Folder {
    /// All of them.
    pub const ALL: [Folder; 3] = [Folder::Pending, Folder::InProgress, Folder::Completed];

    /// Its name on the disk.
    pub fn name(self) -> &'static str {
        match self {
            Folder::Pending => "pending",
            Folder::InProgress => "in-progress",
            Folder::Completed => "completed",
        }
    }
}

/// Where a file is, within the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MirrorPlace {
    /// The folder.
    pub folder: Folder,
    /// The file's name.
    pub name: String,
}

impl std::fmt::Display for MirrorPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.folder.name(), self.name)
    }
}

impl Serialize for MirrorPlace {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFound {
    /// Where.
    pub place: MirrorPlace,
    /// What it says, or why that cannot be told.
    pub text: Result<String, InvalidIntake>,
}

/// A task as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The task.
    pub task: Task,
    /// The links that start at it.
    pub links: Vec<Link>,
}

/// How a person resolves conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    /// Tasks of which the file is taken.
    pub take_file: BTreeSet<TaskId>,
    /// Tasks of which the store is taken.
    pub take_store: BTreeSet<TaskId>,
    /// Whether deleted files are written again.
    pub restore: bool,
}

/// What is to be done about one task, or one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The task has no file yet.
    Write {
        /// The task.
        task: TaskId,
        /// Where its file will be.
        to: MirrorPlace,
        /// The file.
        text: String,
    },
    /// The file is written again, or moved, for this reason.
    Rewrite {
        /// The task.
        task: TaskId,
        /// Where its file is.
        from: MirrorPlace,
        /// Where it will be.
        to: MirrorPlace,
        /// The file.
        text: String,
        /// Why.
        why: Why,
    },
    /// The file was edited, and the task was not.
    Edit {
        /// The task.
        task: TaskId,
        /// The revision that the file was compared with.
        revision: i64,
        /// What the file asks for.
        filled: Box<Filled>,
        /// The file.
        from: MirrorPlace,
        /// What it says, word for word.
        text: String,
    },
    /// A file that no task belongs to yet: an intake.
    File {
        /// What it asks for.
        filled: Box<Filled>,
        /// The file.
        from: MirrorPlace,
        /// What it says, word for word.
        text: String,
    },
    /// The file of a task was deleted. The task stays.
    Deleted {
        /// The task.
        task: TaskId,
        /// Where its file would be.
        place: MirrorPlace,
    },
    /// File and task were both changed, or nobody knows which one was.
    Conflict {
        /// The task.
        task: TaskId,
        /// The file.
        from: MirrorPlace,
        /// Where they differ.
        differences: Vec<Difference>,
    },
    /// A file that cannot be taken.
    Trouble {
        /// The file.
        from: MirrorPlace,
        /// Why.
        trouble: Trouble,
    },
}

/// Why a file is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The task asks for something else now.
    TaskChanged,
    /// The task stands elsewhere now, or the first line of the file was stale.
    TaskMoved,
    /// Somebody moved or renamed the file; that changes nothing about the task.
    FileMoved,
}

/// A part of a task that file and store say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The heading; for what stands above the first one, `Title and fields`.
    pub part: String,
    /// What the store says.
    pub store: String,
    /// What the file says.
    pub file: String,
}

/// Why a file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is not in the template's format.
    #[error(transparent)]
    Invalid(InvalidIntake),
    /// It is new, and not complete enough to be handed out.
    #[error("required fields say nothing: {list}", list = names(missing))]
    Incomplete {
        /// What is missing.
        missing: Vec<Field>,
    },
    /// It is named for a task that there is not.
    #[error("there is no task {0}; a new task's file has no number")]
    UnknownTask(TaskId),
    /// Its name and its first line speak of two tasks.
    #[error("its name says {name}, its first line {header}")]
    TwoTasks {
        /// What the name says.
        name: TaskId,
        /// What the first line says.
        header: TaskId,
    },
    /// Another file speaks of the same task.
    #[error("{other} is the file of {task} as well")]
    TwoFiles {
        /// The task.
        task: TaskId,
        /// The other file.
        other: MirrorPlace,
    },
}

fn names(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    names.join(", ")
}

/// Which side was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Both say the same.
    Neither,
    /// Only the task was changed.
    Store,
    /// Only the file was changed.
    File,
    /// Both were, or nobody knows.
    Both,
}

/// Decides from what the file said when it was written, what it says, and what the store says.
pub fn decide(base: Option<Digest>, file: Digest, store: Digest) -> Changed {
    if file == store {
        Changed::Neither
    } else if base == Some(file) {
        Changed::Store
    } else if base == Some(store) {
        Changed::File
    } else {
        Changed::Both
    }
}

#[cfg(test)]
mod tests;
