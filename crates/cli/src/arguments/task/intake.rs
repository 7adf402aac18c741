//! Asking for work: `adjutant task template | add | edit | drop | reopen`.

use std::path::PathBuf;

use adjutant_domain::{RequestKey, RoleName, TaskId};
use adjutant_work::{PathGlob, Priority, TaskKind, Timebox};
use clap::Args;

use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task template > task.md")]
pub(crate) struct TemplateArguments {}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task add --from task.md
  adjutant task add --from a.md b.md c.md --key plan-2026-11
  adjutant task add --from-issue-form \"$GITHUB_EVENT_PATH\" --draft
  adjutant task add --editor
  adjutant task add 'Cache embeddings' --draft --priority HIGH --path 'src/search/**'
  adjutant task add 'Cache embeddings' --kind feature --priority HIGH --timebox M \\
    --goal 'Warm queries skip the model.' --context 'p95 is 180 ms.' \\
    --success 'p95 below 20 ms' --deliverable 'A cache' --non-goal 'Eviction' \\
    --risk 'stale vectors => key by model version' --test-hook 'tests/cache.rs' \\
    --check 'cache: cargo test --test cache' --blocked-by T-3

All tasks of a call are filed, or none. --from - reads one JSON intake a line.")]
pub(crate) struct AddTaskArguments {
    /// Files in the template's format; - for one JSON intake a line on standard input.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["from_issue_form", "editor"])]
    pub(crate) from: Vec<PathBuf>,
    /// The body of a GitHub issue made with the form ai-task, or the event of the issue.
    #[arg(long, value_name = "FILE", conflicts_with = "editor")]
    pub(crate) from_issue_form: Option<PathBuf>,
    /// Opens the template in an editor ($VISUAL, $EDITOR).
    #[arg(long)]
    pub(crate) editor: bool,
    /// Keeps it as a draft, complete or not.
    #[arg(long)]
    pub(crate) draft: bool,
    /// Repeated under the same key, the same tasks come back and none is filed twice.
    #[arg(long)]
    pub(crate) key: Option<RequestKey>,
    #[command(flatten)]
    pub(crate) intake: IntakeArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

/// The fields of the template as options. What is given replaces what a file says.
#[derive(Debug, Args)]
pub(crate) struct IntakeArguments {
    /// One line.
    #[arg(value_name = "TITLE")]
    pub(crate) title: Option<String>,
    /// feature, fix, refactor, docs, test, infra, experiment, operations or review.
    #[arg(long)]
    pub(crate) kind: Option<TaskKind>,
    /// What will be true afterwards.
    #[arg(long)]
    pub(crate) goal: Option<String>,
    /// What one has to know.
    #[arg(long)]
    pub(crate) context: Option<String>,
    /// How anyone can tell that the goal is met; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) success: Vec<String>,
    /// What is handed over; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) deliverable: Vec<String>,
    /// What is left alone; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) non_goal: Vec<String>,
    /// `what can go wrong => what is done about it`; may be repeated.
    #[arg(long, value_name = "RISK")]
    pub(crate) risk: Vec<String>,
    /// A test or metric that watches the change; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) test_hook: Vec<String>,
    /// S (two hours), M (a day) or L (three days).
    #[arg(long)]
    pub(crate) timebox: Option<Timebox>,
    /// HIGH, MEDIUM or LOW.
    #[arg(long)]
    pub(crate) priority: Option<Priority>,
    /// Files it is going to touch, as a pattern; may be repeated.
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) paths: Vec<PathGlob>,
    /// The role it needs.
    #[arg(long)]
    pub(crate) role: Option<RoleName>,
    /// `name: program and arguments`, split as a shell would, run without one; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(crate) check: Vec<String>,
    /// Why the checks given here cannot fail on the base (docs, a refactoring).
    #[arg(long, value_name = "REASON", requires = "check")]
    pub(crate) no_red: Option<String>,
    /// A task that has to be done first; may be repeated.
    #[arg(long, value_name = "TASK")]
    pub(crate) blocked_by: Vec<TaskId>,
    /// The task it is a part of.
    #[arg(long, value_name = "TASK")]
    pub(crate) parent: Option<TaskId>,
    /// The task during which it came up.
    #[arg(long, value_name = "TASK")]
    pub(crate) discovered_from: Option<TaskId>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task edit T-17 --editor
  adjutant task edit T-17 --from task.md
  adjutant task edit T-17 --priority HIGH --path 'src/**'

What a list option says replaces the whole list. A task that is held does not change.")]
pub(crate) struct EditTaskArguments {
    /// The task.
    pub(crate) task: TaskId,
    /// A file in the template's format that replaces all of it.
    #[arg(long, value_name = "FILE", conflicts_with = "editor")]
    pub(crate) from: Option<PathBuf>,
    /// Opens the task in an editor ($VISUAL, $EDITOR).
    #[arg(long)]
    pub(crate) editor: bool,
    /// The revision the edit is based on, where it was read earlier.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) revision: Option<i64>,
    #[command(flatten)]
    pub(crate) intake: IntakeArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task drop T-17 --reason 'the vendor fixed it'
  adjutant task reopen T-17 --reason 'complete now'

Reopening opens a complete draft, proven work that is sent back, or a closed task.")]
pub(crate) struct DisposeArguments {
    /// The task.
    pub(crate) task: TaskId,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
