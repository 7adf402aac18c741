//! A task, its state, its lease and its links.

use adjutant_domain::{AgentName, Digest, Epoch, ObjectId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Intake;

/// A unit of work for an agent. A list that only passes on what is asked for has it as
/// [`crate::IntakeText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task<Asked = Intake> {
    /// Which.
    pub id: TaskId,
    /// Rises by one with every write about the task.
    pub revision: i64,
    /// What is asked for.
    pub intake: Asked,
    /// Where it stands.
    pub state: TaskState,
    /// The epoch of the last claim.
    pub epoch: Epoch,
    /// How many tasks that block this one are still open. 0 and `Open` means ready.
    pub open_blockers: u32,
    /// How many open tasks this one blocks: its unblocking power.
    pub unblocks: u32,
    /// How many leases on it ran out without a word.
    pub losses: u32,
    /// When it was filed.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// Not complete enough to be handed out.
    Draft,
    /// Waiting for an agent, or for what blocks it.
    Open,
    /// An agent has it, until the lease runs out.
    Leased(Lease),
    /// Its checks passed on an exact tree; it waits to be merged.
    Proven(ProvenWork),
    /// Merged and proven on the merged tree.
    Done {
        /// The work, as it was proven before the merge.
        work: ProvenWork,
        /// The commit that brought it into the target branch.
        merged: ObjectId,
    },
    /// Nobody will do it.
    Dropped {
        /// Why.
        reason: String,
    },
    /// It lost too many holders; a person has to look at it.
    Quarantined {
        /// What happened.
        reason: String,
    },
}

/// Milliseconds of the store's own clock, which never runs backwards. Not a time of day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct LeaseTime(i64);

impl LeaseTime {
    /// From stored milliseconds.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// As stored.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Later by `millis`.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// The one lease on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it.
    pub owner: AgentName,
    /// The fencing token that every write about the task carries.
    pub epoch: Epoch,
    /// When it runs out, unless it is renewed.
    pub expires: LeaseTime,
}

/// Work that its task's checks accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProvenWork {
    /// Who did it.
    pub by: AgentName,
    /// Under which claim.
    pub epoch: Epoch,
    /// The commit that was checked.
    pub commit: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// The commit it was compared with.
    pub base: ObjectId,
    /// The artifact that holds the proof.
    pub proof: Digest,
}

/// An edge from one task to another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Link {
    /// What the edge means, read from this task to the other.
    pub kind: LinkKind,
    /// The other task.
    pub target: TaskId,
}

/// What an edge between tasks means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// This task waits until the other is done or dropped.
    BlockedBy,
    /// This task is a part of the other.
    Parent,
    /// This task came up while the other was worked on.
    DiscoveredFrom,
    /// This task continues the other in another role.
    HandoffOf,
}

/// A state without its data: what a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the variants of TaskState")]
pub enum StateName {
    Draft,
    Open,
    Leased,
    Proven,
    Done,
    Dropped,
    Quarantined,
}

impl StateName {
    /// All of them, in the order of a task's life.
    pub const ALL: [StateName; 7] = [
        StateName::Draft,
        StateName::Open,
        StateName::Leased,
        StateName::Proven,
        StateName::Done,
        StateName::Dropped,
        StateName::Quarantined,
    ];

    /// As stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            StateName::Draft => "draft",
            StateName::Open => "open",
            StateName::Leased => "leased",
            StateName::Proven => "proven",
            StateName::Done => "done",
            StateName::Dropped => "dropped",
            StateName::Quarantined => "quarantined",
        }
    }
}

/// A word that is no state of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a task is one of {}, not {given}", StateName::ALL.map(StateName::as_str).join(", "))]
pub struct InvalidStateName {
    /// The word.
    pub given: String,
}

impl std::str::FromStr for StateName {
    type Err = InvalidStateName;

    fn from_str(given: &str) -> Result<Self, InvalidStateName> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == given);
        found.ok_or_else(|| InvalidStateName {
            given: given.to_owned(),
        })
    }
}

impl TaskState {
    /// Which state it is.
    pub fn kind(&self) -> StateName {
        match self {
            TaskState::Draft => StateName::Draft,
            TaskState::Open => StateName::Open,
            TaskState::Leased(_) => StateName::Leased,
            TaskState::Proven(_) => StateName::Proven,
            TaskState::Done { .. } => StateName::Done,
            TaskState::Dropped { .. } => StateName::Dropped,
            TaskState::Quarantined { .. } => StateName::Quarantined,
        }
    }

    /// The state's name, as stored and printed.
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether tasks that wait for this one go on.
    pub fn is_closed(&self) -> bool {
        match self {
            TaskState::Done { .. } | TaskState::Dropped { .. } => true,
            TaskState::Draft
            | TaskState::Open
            | TaskState::Leased(_)
            | TaskState::Proven(_)
            | TaskState::Quarantined { .. } => false,
        }
    }
}
