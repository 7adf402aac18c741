//! The one lease on a task: who may write about it, how long it lasts, what happens when it runs
//! out. The store calls these inside the transaction that writes the result.

use std::ops::RangeInclusive;

use adjutant_domain::{AgentName, Epoch, TaskId};
use serde::{Deserialize, Serialize};

use crate::{Lease, LeaseTime, Refusal, Task, TaskState};

/// Leases on one task that may run out before a person has to look at it: whatever makes its
/// holders vanish would go on doing so.
pub const LOSSES_MAX: u32 = 3;

/// How long a lease is renewed for while checks run, in milliseconds.
pub const CHECKING_LEASE_MILLIS: i64 = 30 * 60 * 1_000;

/// How long a lease lasts where nobody says it.
const SECONDS: u32 = 15 * 60;

/// Below a second a claim is over before it is told; beyond a day it keeps others from work.
const SECONDS_ALLOWED: RangeInclusive<u32> = 1..=24 * 3_600;

/// A lease of so many seconds that nobody can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a lease of {0} s cannot be given")]
pub struct InvalidLease(u32);

/// How long a lease lasts that is asked for from afar, in milliseconds.
///
/// # Errors
/// When it is shorter than a second or longer than a day.
pub fn lease_millis(seconds: Option<u32>) -> Result<i64, InvalidLease> {
    let seconds = seconds.unwrap_or(SECONDS);
    if SECONDS_ALLOWED.contains(&seconds) {
        return Ok(i64::from(seconds) * 1_000);
    }
    Err(InvalidLease(seconds))
}

/// Who says that a task is theirs: every write about it carries this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Which task.
    pub task: TaskId,
    /// The epoch of the claim.
    pub epoch: Epoch,
    /// Who claimed it.
    pub agent: AgentName,
}

/// The lease of a task that its holder may still write about.
///
/// # Errors
/// The refusal that a late or foreign writer gets.
pub fn check_holder<'a>(
    task: &'a Task,
    holder: &Holder,
    now: LeaseTime,
) -> Result<&'a Lease, Refusal> {
    let lease = current_lease(task, holder)?;
    if lease.expires <= now {
        return Err(Refusal::Expired {
            task: task.id,
            expired: lease.expires,
        });
    }
    Ok(lease)
}

/// The task with its lease prolonged: the heartbeat. It never gets shorter.
///
/// A lease that ran out is renewed as long as its epoch is the task's: nobody has held the task
/// since, so nothing that the holder believes has become wrong, and refusing would only throw its
/// work away.
///
/// # Errors
/// When the task is another's by now, or closed.
pub fn renew(
    task: &Task,
    holder: &Holder,
    now: LeaseTime,
    lease_millis: i64,
) -> Result<Task, Refusal> {
    let lease = current_lease(task, holder)?;
    let expires = lease.expires.max(now.plus(lease_millis));
    let lease = Lease {
        expires,
        ..lease.clone()
    };
    Ok(Task {
        state: TaskState::Leased(lease),
        ..task.clone()
    })
}

/// The task in the hands of `agent`, under the next epoch.
#[must_use]
pub fn grant(task: &Task, agent: &AgentName, now: LeaseTime, lease_millis: i64) -> Task {
    let epoch = task.epoch.next();
    Task {
        epoch,
        state: TaskState::Leased(Lease {
            owner: agent.clone(),
            epoch,
            expires: now.plus(lease_millis),
        }),
        ..task.clone()
    }
}

/// The task after its lease ran out: free again, or quarantined when that happened too often.
#[must_use]
pub fn lapse(task: &Task, lease: &Lease) -> Task {
    let losses = task.losses.saturating_add(1);
    let state = if losses < LOSSES_MAX {
        TaskState::Open
    } else {
        TaskState::Quarantined {
            reason: format!(
                "{losses} leases on it ran out without a word, the last one held by {}",
                lease.owner
            ),
        }
    };
    Task {
        losses,
        state,
        ..task.clone()
    }
}

/// The lease that `holder` means, whether or not it ran out.
fn current_lease<'a>(task: &'a Task, holder: &Holder) -> Result<&'a Lease, Refusal> {
    let lost = |owner: Option<&AgentName>| Refusal::StaleEpoch {
        task: task.id,
        given: holder.epoch,
        current: task.epoch,
        owner: owner.cloned(),
    };
    match &task.state {
        TaskState::Leased(lease) if lease.epoch == holder.epoch && lease.owner == holder.agent => {
            Ok(lease)
        }
        TaskState::Leased(lease) => Err(lost(Some(&lease.owner))),
        TaskState::Draft | TaskState::Open | TaskState::Quarantined { .. } => Err(lost(None)),
        TaskState::Proven(_) | TaskState::Done { .. } | TaskState::Dropped { .. } => {
            Err(if holder.epoch == task.epoch {
                Refusal::NotOpen {
                    task: task.id,
                    state: task.state.name().to_owned(),
                }
            } else {
                lost(None)
            })
        }
    }
}
