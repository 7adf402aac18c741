//! Who says that a task is theirs.

use adjutant_domain::{AgentName, Epoch, TaskId};
use clap::Args;

/// Without these, the lease that was claimed in this work tree counts.
#[derive(Debug, Clone, Args)]
pub(crate) struct HolderArguments {
    /// The task.
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<TaskId>,
    /// The epoch of the claim.
    #[arg(long)]
    pub(crate) epoch: Option<Epoch>,
    /// The agent that claimed it.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<AgentName>,
}
