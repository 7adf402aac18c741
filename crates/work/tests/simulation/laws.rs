//! What must hold after every call, told from the states before and after it and from nothing that
//! decided.

use std::collections::BTreeSet;

use adjutant_domain::AgentName;
use adjutant_work::{Holder, LeaseTime, Task, TaskState};

/// Leases that may run out before a task is set aside.
const LOSSES_MAX: u32 = 3;

/// What was called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Called<'a> {
    /// The next task was asked for.
    Claim(&'a AgentName),
    /// A lease was to be renewed.
    Renew(&'a Holder),
    /// A task was to be completed.
    Prove(&'a Holder),
}

/// The first law that is broken.
pub(crate) fn broken(
    before: &[Task],
    after: &[Task],
    called: Called<'_>,
    now: LeaseTime,
) -> Result<(), String> {
    let mut holders = BTreeSet::new();
    for (old, new) in before.iter().zip(after) {
        let id = new.id;
        if new.epoch < old.epoch {
            return Err(format!("the epoch of {id} falls"));
        }
        if let TaskState::Leased(lease) = &new.state {
            if lease.expires > now && !holders.insert(&lease.owner) {
                return Err(format!("{} holds two tasks", lease.owner));
            }
            if lease.epoch != new.epoch {
                return Err(format!("the lease on {id} is of another epoch"));
            }
        }
        if matches!(new.state, TaskState::Quarantined { .. }) && new.losses < LOSSES_MAX {
            return Err(format!("{id} is set aside after {} losses", new.losses));
        }
        changed(old, new, called, now)?;
    }
    match called {
        Called::Claim(_) => in_order(before, after, now),
        Called::Renew(_) | Called::Prove(_) => Ok(()),
    }
}

fn changed(old: &Task, new: &Task, called: Called<'_>, now: LeaseTime) -> Result<(), String> {
    let id = new.id;
    if let (TaskState::Proven(_), true) = (&old.state, old.state != new.state) {
        return Err(format!("{id} was completed, and is not any more"));
    }
    if old.state == new.state {
        return Ok(());
    }
    match (&old.state, &new.state, called) {
        (TaskState::Leased(lease), TaskState::Proven(_), Called::Prove(holder)) => {
            if lease.epoch != holder.epoch || lease.owner != holder.agent {
                return Err(format!("{id} is completed by a late writer"));
            }
            if lease.expires <= now {
                return Err(format!("{id} is completed after its lease ran out"));
            }
            Ok(())
        }
        (TaskState::Leased(was), TaskState::Leased(is), Called::Renew(holder)) => {
            let is_same = was.epoch == is.epoch && was.owner == is.owner;
            if !is_same || holder.epoch != was.epoch || holder.agent != was.owner {
                return Err(format!("a renewal takes {id} from {}", was.owner));
            }
            if is.expires < was.expires {
                return Err(format!("a renewal shortens the lease on {id}"));
            }
            Ok(())
        }
        (TaskState::Leased(was), _, Called::Claim(_)) if was.expires > now => {
            Err(format!("a claim ends the lease on {id} while it lasts"))
        }
        (TaskState::Open | TaskState::Leased(_), TaskState::Leased(is), Called::Claim(agent)) => {
            if is.owner != *agent || is.expires <= now {
                return Err(format!("the claim of {id} is {}'s", is.owner));
            }
            if new.epoch != old.epoch.next() {
                return Err(format!("the claim of {id} does not raise its epoch"));
            }
            Ok(())
        }
        (
            TaskState::Leased(_),
            TaskState::Open | TaskState::Quarantined { .. },
            Called::Claim(_),
        ) => match new.losses == old.losses + 1 {
            true => Ok(()),
            false => Err(format!("a lost lease on {id} is not counted")),
        },
        _ => Err(format!(
            "{id} goes from {} to {}",
            old.state.name(),
            new.state.name()
        )),
    }
}

/// Nothing that could be had came before what was given.
fn in_order(before: &[Task], after: &[Task], now: LeaseTime) -> Result<(), String> {
    let place = |task: &Task| (task.intake.priority_rank(), task.id);
    let is_free = |task: &Task| match &task.state {
        TaskState::Open => true,
        TaskState::Leased(lease) => lease.expires <= now,
        TaskState::Draft
        | TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => false,
    };
    let given = before
        .iter()
        .zip(after)
        .find(|(old, new)| matches!(new.state, TaskState::Leased(_)) && new.epoch != old.epoch);
    let Some((given, _)) = given else {
        return Ok(());
    };
    for (old, new) in before.iter().zip(after) {
        let is_set_aside = matches!(new.state, TaskState::Quarantined { .. });
        if is_free(old) && !is_set_aside && place(old) < place(given) {
            return Err(format!("{} is given, {} came first", given.id, old.id));
        }
    }
    Ok(())
}
