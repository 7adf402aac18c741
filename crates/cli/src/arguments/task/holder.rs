//! Who says that a task is theirs. What is left out, the work tree remembers from the claim.

use adjutant_domain::{AgentName, Epoch, TaskId};
use clap::Args;

#[derive(Debug, Clone, Args)]
pub(crate) struct HolderArguments {
    /// The task; without it the one that was claimed in this work tree.
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<TaskId>,
    /// The epoch of the claim.
    #[arg(long, value_name = "N")]
    pub(crate) epoch: Option<Epoch>,
    /// Who claimed it; without it ADJUTANT_AGENT, or the agent that claimed here.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<AgentName>,
}
