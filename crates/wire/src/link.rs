//! The JSON of what holds between tasks.

use adjutant_store::TaskLink;
use adjutant_work::LinkKind;
use schemars::JsonSchema;
use serde::Serialize;

/// A link between two tasks.
#[derive(Serialize, JsonSchema)]
pub struct TaskLinkJson {
    /// Where it starts.
    task: String,
    /// `blocked-by`, `parent`, `discovered-from` or `handoff-of`, read from `task` to `target`.
    kind: LinkKind,
    /// Where it ends.
    target: String,
}

impl From<TaskLink> for TaskLinkJson {
    fn from(stored: TaskLink) -> Self {
        Self {
            task: stored.task.to_string(),
            kind: stored.link.kind,
            target: stored.link.target.to_string(),
        }
    }
}
