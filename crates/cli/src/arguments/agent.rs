//! `adjutant agent`.

use std::time::Duration;

use adjutant_domain::{AgentName, RoleName, TaskId, read_duration};
use adjutant_work::AgentPreset;
use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Adds an agent: its role, and how its program is started.
    Add(AddAgentArguments),
    /// Lists the agents with what became of their work.
    List(ListAgentsArguments),
    /// Removes an agent; its record stays.
    Remove(RemoveAgentArguments),
    /// Runs an agent on a task, in a work tree of its own.
    Run(RunAgentArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant agent add ada --role genai-features --preset claude-code
  adjutant agent add bob --role qa-evals-docs --preset codex
  adjutant agent add cy --role infra-mlops --command 'my-agent --brief {brief_file}' --variable MY_KEY
  adjutant agent add di --role infra-mlops --acp 'gemini --acp' --variable GEMINI_API_KEY

Placeholders: {brief_file}, {worktree}, {task}, {prompt}. No shell runs the command. The program
gets PATH, HOME and the like, ADJUTANT_AGENT, ADJUTANT_TASK, ADJUTANT_EPOCH, and the variables that
are named; a preset names those of its model.

With --acp the program speaks the Agent Client Protocol: it is told its task in a session, and what
it asks to do is allowed inside its work tree and refused outside of it.")]
pub(crate) struct AddAgentArguments {
    /// Its name.
    pub(crate) name: AgentName,
    /// The role in which it claims tasks.
    #[arg(long)]
    pub(crate) role: RoleName,
    /// A program that is known.
    #[arg(
        long,
        value_enum,
        conflicts_with_all = ["command", "acp"],
        required_unless_present_any = ["command", "acp"]
    )]
    pub(crate) preset: Option<Preset>,
    /// The command that starts it.
    #[arg(long, value_name = "COMMAND", conflicts_with = "acp")]
    pub(crate) command: Option<String>,
    /// The command that starts it, where it speaks the Agent Client Protocol.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) acp: Option<String>,
    /// A variable that it gets from the environment of the caller; its value is not stored.
    #[arg(long = "variable", value_name = "NAME")]
    pub(crate) variables: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

/// A program that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// claude -p, with its own permissions for files and the shell.
    ClaudeCode,
    /// codex exec, in its own sandbox: what it changed is committed for it.
    Codex,
    /// gemini -p, with every tool allowed.
    GeminiCli,
}

impl From<Preset> for AgentPreset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::ClaudeCode => Self::ClaudeCode,
            Preset::Codex => Self::Codex,
            Preset::GeminiCli => Self::GeminiCli,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant agent list
  adjutant agent list --for T-17 --format json")]
pub(crate) struct ListAgentsArguments {
    /// In order of fitness for this task.
    #[arg(long = "for", value_name = "TASK")]
    pub(crate) task: Option<TaskId>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  adjutant agent remove ada")]
pub(crate) struct RemoveAgentArguments {
    /// Its name.
    pub(crate) name: AgentName,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant agent run ada --next
  adjutant agent run ada --task T-17 --time-limit 30m --keep-worktree
  adjutant agent run --any T-17

What the agent committed is checked as adjutant task complete does it. Ends with 0 when the work is
proven (or the task has no check), with 20 when there is none or the environment is not fit, with 30
when it is not proven, and with 40 when the agent got no task, lost it, or left its role's
boundaries. Work that is not proven stays on its branch, and the task is given back. Ctrl-C ends the
agent or the checks, and gives the task back.")]
pub(crate) struct RunAgentArguments {
    /// Its name.
    #[arg(required_unless_present = "any")]
    pub(crate) name: Option<AgentName>,
    /// The task.
    #[arg(
        long,
        conflicts_with = "next",
        required_unless_present_any = ["next", "any"]
    )]
    pub(crate) task: Option<TaskId>,
    /// The best ready task.
    #[arg(long)]
    pub(crate) next: bool,
    /// The best agent for this task that can have it now, in the order of agent list --for.
    #[arg(long, value_name = "TASK", conflicts_with_all = ["name", "task", "next"])]
    pub(crate) any: Option<TaskId>,
    /// The longest it may run, such as 90s, 30m or 2h.
    #[arg(long, default_value = "30m", value_parser = read_duration)]
    pub(crate) time_limit: Duration,
    /// How long its lease lasts; it is renewed three times as often.
    #[arg(long, default_value = "15m", value_parser = read_duration)]
    pub(crate) lease: Duration,
    /// Leaves its work tree there.
    #[arg(long)]
    pub(crate) keep_worktree: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
