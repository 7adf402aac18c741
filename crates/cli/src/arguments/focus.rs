//! `adjutant focus`.

use adjutant_domain::{AgentName, RoleName, TaskId};
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum FocusCommand {
    /// Plans what to do next and writes AGENT_FOCUS.md; what you typed stays.
    Plan(WriteFocusArguments),
    /// Refreshes progress and metrics under the plan there is, and adds notes.
    Update(UpdateFocusArguments),
    /// Ticks off a task that is proven or done.
    Complete(CompleteFocusArguments),
    /// Says which lines are no longer so, and which source changed.
    Status(FocusStatusArguments),
    /// Compiles the file again from its sources as they are now.
    Sync(WriteFocusArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FocusWhoArguments {
    /// Whose focus; without it ADJUTANT_AGENT, or the agent of the file.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<AgentName>,
    /// In which role; without it the one that the agent was added with.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<RoleName>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant focus plan --agent amber --role qa-evals-docs
  adjutant focus sync

The file is compiled from the strategy document ([focus] strategy), the ready tasks, the role, the
portfolio and the gates. Each line names its source. It stays out of git.
Exits with 40 when the file is another agent's, or tracked by git.")]
pub(crate) struct WriteFocusArguments {
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  adjutant focus update --note \"the cache hides the slow path; measure cold\"")]
pub(crate) struct UpdateFocusArguments {
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    /// A line for Notes and Learnings; may be given again.
    #[arg(long = "note", value_name = "TEXT")]
    pub(crate) notes: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  adjutant focus complete T-17

Exits with 40 for a task that is not proven: adjutant task complete proves it.")]
pub(crate) struct CompleteFocusArguments {
    /// The task.
    pub(crate) task: TaskId,
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  adjutant focus status --format json

Exits with 20 when a source has changed since the file was compiled.")]
pub(crate) struct FocusStatusArguments {
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
