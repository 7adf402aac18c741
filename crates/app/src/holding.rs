//! Who holds a task here: what a work tree remembers of the claim that was made in it.

use std::path::PathBuf;

use adjutant_domain::{AgentName, Epoch, TaskId, Timestamp};
use adjutant_outbound::files::FileError;
use adjutant_outbound::lease_file;
use adjutant_store::{Holder, Store, StoreError, Written};

use crate::{Home, NorthStarError, RolesError};

/// What a caller says of itself; what it leaves out, the work tree remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaidHolder {
    /// The task.
    pub task: Option<TaskId>,
    /// The epoch of the claim.
    pub epoch: Option<Epoch>,
    /// Who claimed it.
    pub agent: Option<AgentName>,
}

/// A write about a held task that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HoldingError {
    /// The lease file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the north-star gates pause cannot be told.
    #[error(transparent)]
    NorthStar(#[from] NorthStarError),
    /// The role of the agent cannot be found.
    #[error(transparent)]
    Role(#[from] RolesError),
}

impl Home {
    /// The lease file of this work tree.
    pub fn lease_file(&self) -> PathBuf {
        self.private.join("lease.json")
    }
}

/// The holder that the caller means: what it says comes first, then what the work tree remembers
/// of that same task. Nothing when something is still missing.
///
/// # Errors
/// When the lease file cannot be read.
pub fn find_holder(home: &Home, said: &SaidHolder) -> Result<Option<Holder>, FileError> {
    if let (Some(task), Some(epoch), Some(agent)) = (said.task, said.epoch, &said.agent) {
        return Ok(Some(Holder {
            task,
            epoch,
            agent: agent.clone(),
        }));
    }
    let Some(remembered) = lease_file::read(&home.lease_file())? else {
        return Ok(None);
    };
    // The epoch of one task says nothing about another.
    if said.task.is_some_and(|task| task != remembered.task) {
        return Ok(None);
    }
    Ok(Some(Holder {
        task: remembered.task,
        epoch: said.epoch.unwrap_or(remembered.epoch),
        agent: said.agent.clone().unwrap_or(remembered.agent),
    }))
}

/// Remembers a claim in this work tree.
///
/// # Errors
/// When the lease file cannot be written.
pub fn remember_holder(home: &Home, holder: &Holder) -> Result<(), FileError> {
    lease_file::write(&home.lease_file(), holder)
}

/// Forgets a claim that is over, if it is the one that this work tree remembers.
///
/// # Errors
/// When the lease file cannot be read or removed.
pub fn forget_holder(home: &Home, holder: &Holder) -> Result<(), FileError> {
    let path = home.lease_file();
    if lease_file::read(&path)?.is_some_and(|remembered| remembered.task == holder.task) {
        lease_file::remove(&path)?;
    }
    Ok(())
}

/// Gives a task back.
///
/// # Errors
/// When the store cannot be written, or the lease file not be removed.
pub async fn release(
    store: &Store,
    home: &Home,
    holder: &Holder,
    reason: &str,
    now: Timestamp,
) -> Result<Written, HoldingError> {
    let written = store.release(holder, reason, now).await?;
    if let Written::Task(_) = &written {
        forget_holder(home, holder)?;
    }
    Ok(written)
}
