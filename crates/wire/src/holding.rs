//! The JSON of what a holder does with its task.

use adjutant_app::Completed;
use adjutant_domain::{Digest, TaskId};
use adjutant_work::{Intake, Overlap, Proof, Task, Won};
use schemars::JsonSchema;
use serde::Serialize;

use crate::TaskJson;

/// A claim that was won.
#[derive(Serialize, JsonSchema)]
pub struct WonJson<'a> {
    task: String,
    revision: i64,
    /// The number of the claim: every write about the task carries it.
    epoch: i64,
    agent: &'a str,
    renewed: bool,
    lasts_ms: i64,
    overlaps: &'a [Overlap],
    /// What the task asks for.
    intake: &'a Intake,
}

/// A task that was given back.
#[derive(Serialize, JsonSchema)]
pub struct ReleasedJson {
    task: String,
    revision: i64,
    state: &'static str,
}

/// A task that was handed to another role.
#[derive(Serialize, JsonSchema)]
pub struct HandedOffJson<'a> {
    /// The task that it comes from.
    from: String,
    task: TaskJson<'a>,
}

/// Work that is proven.
#[derive(Serialize, JsonSchema)]
pub struct ProvenJson<'a> {
    task: TaskId,
    /// The artifact that holds the proof.
    record: Digest,
    /// Whether it is weaker than red and green.
    weaker: bool,
    proof: &'a Proof,
}

impl<'a> From<&'a Won> for WonJson<'a> {
    fn from(won: &'a Won) -> Self {
        Self {
            task: won.task.id.to_string(),
            revision: won.task.revision,
            epoch: won.lease.epoch.number(),
            agent: won.lease.owner.as_str(),
            renewed: won.renewed,
            lasts_ms: won.lasts_millis,
            overlaps: &won.overlaps,
            intake: &won.task.intake,
        }
    }
}

impl From<&Task> for ReleasedJson {
    fn from(task: &Task) -> Self {
        Self {
            task: task.id.to_string(),
            revision: task.revision,
            state: task.state.name(),
        }
    }
}

impl<'a> HandedOffJson<'a> {
    /// The new task, and the one that it comes from.
    pub fn new(from: TaskId, new: &'a Task) -> Self {
        Self {
            from: from.to_string(),
            task: new.into(),
        }
    }
}

impl<'a> From<&'a Completed> for ProvenJson<'a> {
    fn from(completed: &'a Completed) -> Self {
        Self {
            task: completed.task.id,
            record: completed.record,
            weaker: completed.proof.is_weaker(),
            proof: &completed.proof,
        }
    }
}
