//! Which task an agent gets, or why it gets none. Facts that the store read in one transaction
//! come in; the store writes the result in the same one.

use std::cmp::Reverse;

use adjutant_domain::{AgentName, TaskId};

use crate::boundary::{ProposedChange, Reach, outside};
use crate::{
    Blocker, ClaimRequest, Lease, LeaseTime, OnOverlap, Overlap, PathGlob, Refusal, Role, Task,
    TaskState,
};

/// Overlaps that one answer names; who resolves the first few sees the rest.
const OVERLAPS_SHOWN_MAX: usize = 20;

/// A task with a lease on it, live or run out, and the files it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The task.
    pub task: TaskId,
    /// The lease on it.
    pub lease: Lease,
    /// The files it declares.
    pub paths: Vec<PathGlob>,
}

impl Held {
    /// Whether the lease has not run out.
    pub fn is_live(&self, now: LeaseTime) -> bool {
        self.lease.expires > now
    }
}

/// The order in which ready tasks are handed out: the most urgent first, then the one that frees
/// most others, then the oldest.
pub fn ready_order(task: &Task) -> (u8, Reverse<u32>, TaskId) {
    (task.intake.priority_rank(), Reverse(task.unblocks), task.id)
}

/// Whether `agent` may take on a task: it works on one at a time.
///
/// # Errors
/// [`Refusal::Busy`] with the task it has.
pub fn check_idle(agent: &AgentName, held: &[Held], now: LeaseTime) -> Result<(), Refusal> {
    match held
        .iter()
        .find(|held| held.lease.owner == *agent && held.is_live(now))
    {
        Some(held) => Err(Refusal::Busy {
            task: held.task,
            epoch: held.lease.epoch,
        }),
        None => Ok(()),
    }
}

/// Whether the asking agent may have `task`: the overlaps that were allowed. `blockers` are the
/// tasks that it waits for.
///
/// # Errors
/// Why not.
pub fn check_claim(
    request: &ClaimRequest,
    task: &Task,
    blockers: &[Blocker],
    held: &[Held],
    now: LeaseTime,
) -> Result<Vec<Overlap>, Refusal> {
    check_state(task, now)?;
    if task.open_blockers > 0 {
        return Err(Refusal::Blocked {
            task: task.id,
            blockers: blockers.to_vec(),
        });
    }
    if let Some(pause) = request
        .pauses
        .iter()
        .find(|pause| Some(pause.kind) == task.intake.kind)
    {
        return Err(Refusal::Paused {
            task: task.id,
            pause: pause.clone(),
        });
    }
    check_role(request.role.as_ref(), task)?;
    let overlaps = overlaps(task, held, now);
    match request.on_overlap {
        OnOverlap::Refuse if !overlaps.is_empty() => Err(Refusal::Overlapping {
            task: task.id,
            overlaps,
        }),
        OnOverlap::Refuse | OnOverlap::Warn => Ok(overlaps),
    }
}

/// A task can be taken when it is open, or when the lease on it ran out: nobody has to sweep.
fn check_state(task: &Task, now: LeaseTime) -> Result<(), Refusal> {
    match &task.state {
        TaskState::Open => Ok(()),
        TaskState::Leased(lease) if lease.expires <= now => Ok(()),
        TaskState::Leased(lease) => Err(Refusal::Held {
            task: task.id,
            owner: lease.owner.clone(),
            millis_left: lease.expires.millis() - now.millis(),
        }),
        TaskState::Draft => Err(Refusal::Incomplete {
            task: Some(task.id),
            missing: task.intake.missing(),
        }),
        TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => Err(Refusal::NotOpen {
            task: task.id,
            state: task.state.name().to_owned(),
        }),
    }
}

/// Whether a role may have a task: it is the one that the task needs, and the task lies within its
/// boundaries.
///
/// # Errors
/// [`Refusal::WrongRole`] or [`Refusal::OutOfBounds`].
pub fn check_role(role: Option<&Role>, task: &Task) -> Result<(), Refusal> {
    if let Some(needed) = &task.intake.role
        && role.map(|role| &role.name) != Some(needed)
    {
        return Err(Refusal::WrongRole {
            task: task.id,
            needed: needed.clone(),
            has: role.map(|role| role.name.clone()),
        });
    }
    let Some(role) = role else {
        return Ok(());
    };
    let change = ProposedChange {
        kind: task.intake.kind,
        reach: Reach::Declared(&task.intake.paths),
    };
    let because = outside(role, change);
    if because.is_empty() {
        Ok(())
    } else {
        Err(Refusal::OutOfBounds {
            task: task.id,
            role: role.name.clone(),
            because,
        })
    }
}

fn overlaps(task: &Task, held: &[Held], now: LeaseTime) -> Vec<Overlap> {
    let mut overlaps = Vec::new();
    for held in held
        .iter()
        .filter(|held| held.task != task.id && held.is_live(now))
    {
        for ours in &task.intake.paths {
            for theirs in held.paths.iter().filter(|theirs| theirs.overlaps(ours)) {
                if overlaps.len() == OVERLAPS_SHOWN_MAX {
                    return overlaps;
                }
                overlaps.push(Overlap {
                    task: held.task,
                    owner: held.lease.owner.clone(),
                    ours: ours.clone(),
                    theirs: theirs.clone(),
                });
            }
        }
    }
    overlaps
}
