//! Competitions: `adjutant task compete`.

use std::time::Duration;

use adjutant_domain::{AgentName, TaskId, read_duration};
use clap::Args;

use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task compete T-17 --agents ada,bob,cy
  adjutant task compete T-17 --agents ada,bob --time-limit 1h --format json

Each agent works in its own work tree, all at the same time. Their work is checked as adjutant task
complete does it, one after the other. Among proven work, what gates measured decides (a difference
that the intervals do not show is none), then the smaller change, then the order in which the agents
are named. The winner's work is the task's proven work; the other branches stay. Ends with 20 when
nobody left work or the environment is not fit, 30 when no work is proven, 40 when the task cannot
be had.")]
pub(crate) struct CompeteArguments {
    /// The task.
    pub(crate) task: TaskId,
    /// Who, two to eight agents.
    #[arg(long, value_delimiter = ',', required = true, value_name = "NAME,…")]
    pub(crate) agents: Vec<AgentName>,
    /// The longest that each may work, such as 90s, 30m or 2h.
    #[arg(long, default_value = "30m", value_parser = read_duration)]
    pub(crate) time_limit: Duration,
    /// How long the lease lasts; it is renewed three times as often.
    #[arg(long, default_value = "15m", value_parser = read_duration)]
    pub(crate) lease: Duration,
    /// Leaves the work trees there.
    #[arg(long)]
    pub(crate) keep_worktrees: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
