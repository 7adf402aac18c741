//! The words of a claim: what is asked, and what the answer is. A refusal is a value.

use adjutant_domain::{AgentName, Epoch, RequestKey, RoleName, TaskId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Field, Lease, LeaseTime, PathGlob, Role, Task, TaskKind};

/// An agent asks for a task, or to keep the one it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRequest {
    /// Who asks.
    pub agent: AgentName,
    /// In which role.
    pub role: Option<Role>,
    /// For what.
    pub target: Target,
    /// How long the lease lasts, in milliseconds.
    pub lease_millis: i64,
    /// What to do when its declared paths overlap with those of a held task.
    pub on_overlap: OnOverlap,
    /// Kinds of work that nobody may begin now.
    pub pauses: Vec<Pause>,
    /// Makes a repeated request the same request.
    pub key: Option<RequestKey>,
}

/// What an agent asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The best ready task: by priority, then unblocking power, then age.
    Next,
    /// This task.
    Task(TaskId),
    /// To keep this task: the heartbeat.
    Renewal(TaskId, Epoch),
}

/// What happens to a claim whose declared paths overlap with those of a held task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnOverlap {
    /// It is refused.
    Refuse,
    /// It is granted, and the overlap is told.
    Warn,
}

/// A kind of work that nobody may begin now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// The kind.
    pub kind: TaskKind,
    /// Why.
    pub reason: String,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Claim {
    /// The agent has the task.
    Won(Box<Won>),
    /// It has not, and this is why.
    Refused(Refusal),
}

/// A claim that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Won {
    /// The task, as it is now.
    pub task: Task,
    /// The lease on it.
    pub lease: Lease,
    /// How long it lasts from now on, in milliseconds.
    pub lasts_millis: i64,
    /// Whether it only renewed a lease.
    pub renewed: bool,
    /// Overlaps that were allowed.
    pub overlaps: Vec<Overlap>,
}

/// Two tasks that declare the same files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overlap {
    /// The task that is held.
    pub task: TaskId,
    /// By whom.
    pub owner: AgentName,
    /// What the asking task declares.
    pub ours: PathGlob,
    /// What the held task declares.
    pub theirs: PathGlob,
}

/// A task that has to be done first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocker {
    /// Which.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// Where it stands: the name of its state.
    pub state: String,
}

/// Why something about a task was not done. What to do next follows from the variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such task.
    Unknown {
        /// The id that was asked for.
        task: TaskId,
    },
    /// Another agent has it.
    Held {
        /// Which.
        task: TaskId,
        /// Who has it.
        owner: AgentName,
        /// How long its lease still lasts, in milliseconds.
        millis_left: i64,
    },
    /// The agent has a task already, and works on one at a time.
    Busy {
        /// The task it has.
        task: TaskId,
        /// The epoch to go on with.
        epoch: Epoch,
    },
    /// The write carries an epoch that is no longer the task's: the lease was lost.
    StaleEpoch {
        /// The task.
        task: TaskId,
        /// The epoch that the write carried.
        given: Epoch,
        /// The epoch of the task now.
        current: Epoch,
        /// Who has it now, if anyone.
        owner: Option<AgentName>,
    },
    /// The lease ran out, and nobody has taken the task since.
    Expired {
        /// The task.
        task: TaskId,
        /// When, in the store's lease time.
        expired: LeaseTime,
    },
    /// Other tasks have to be done first.
    Blocked {
        /// The task.
        task: TaskId,
        /// What blocks it.
        blockers: Vec<Blocker>,
    },
    /// The task is not in a state in which this can be done.
    NotOpen {
        /// The task.
        task: TaskId,
        /// The name of its state.
        state: String,
    },
    /// The intake lacks required fields.
    Incomplete {
        /// The task, if it was filed as a draft.
        task: Option<TaskId>,
        /// The fields.
        missing: Vec<Field>,
    },
    /// The task needs another role.
    WrongRole {
        /// The task.
        task: TaskId,
        /// The role it needs.
        needed: RoleName,
        /// The role of the agent.
        has: Option<RoleName>,
    },
    /// The task lies outside the role's boundaries.
    OutOfBounds {
        /// The task.
        task: TaskId,
        /// The role.
        role: RoleName,
        /// What of it lies outside, one sentence each.
        because: Vec<String>,
    },
    /// Its declared paths overlap with those of held tasks.
    Overlapping {
        /// The task.
        task: TaskId,
        /// Every overlap.
        overlaps: Vec<Overlap>,
    },
    /// This kind of work is paused.
    Paused {
        /// The task.
        task: TaskId,
        /// Why.
        pause: Pause,
    },
    /// Nothing can be handed out now.
    NothingReady {
        /// Tasks that wait for others.
        blocked: u32,
        /// Tasks that are held.
        held: u32,
        /// Ready tasks that this agent cannot have, with the reason for each of the first few.
        passed_over: Vec<Refusal>,
    },
    /// The link would close a circle.
    Cycle {
        /// The tasks of the circle, in order; the first follows the last.
        path: Vec<TaskId>,
    },
    /// The same key was used for another request.
    KeyReused {
        /// The key.
        key: RequestKey,
    },
    /// Someone else changed the task in the meantime.
    Changed {
        /// The task.
        task: TaskId,
        /// The revision that the write was based on.
        given: i64,
        /// The revision of the task now.
        current: i64,
    },
}
