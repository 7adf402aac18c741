//! Looking at tasks: `adjutant task list | show`.

use adjutant_domain::{AgentName, RoleName, TaskId};
use adjutant_work::StateName;
use clap::Args;

use crate::arguments::FormatArguments;

/// The longest page.
const LIMIT_MAX: i64 = 10_000;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task list --ready
  adjutant task list --state leased --format json
  adjutant task list --mine --agent amber
  adjutant task list --after T-50")]
pub(crate) struct ListTasksArguments {
    /// Only what can be claimed now, the first to be handed out first.
    #[arg(long)]
    pub(crate) ready: bool,
    /// Only in this state.
    #[arg(long)]
    pub(crate) state: Option<StateName>,
    /// Only what needs this role.
    #[arg(long)]
    pub(crate) role: Option<RoleName>,
    /// Only what the agent holds.
    #[arg(long)]
    pub(crate) mine: bool,
    /// Who asks; ADJUTANT_AGENT says it too.
    #[arg(long)]
    pub(crate) agent: Option<AgentName>,
    /// Only what comes after this task.
    #[arg(long, value_name = "TASK")]
    pub(crate) after: Option<TaskId>,
    /// No more than this.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=LIMIT_MAX))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task show T-17
  adjutant task show T-17 --markdown > task.md")]
pub(crate) struct ShowTaskArguments {
    /// The task.
    pub(crate) task: TaskId,
    /// Only what is asked for, in the template's format.
    #[arg(long, conflicts_with = "format")]
    pub(crate) markdown: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
