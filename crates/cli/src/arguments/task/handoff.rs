//! `adjutant handoff`.

use std::path::PathBuf;

use adjutant_domain::RoleName;
use adjutant_work::{PathGlob, TaskKind};
use clap::Args;

use super::HolderArguments;
use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant handoff --to infra-mlops --state 'The cache works; it is not deployed.' \\
    --next-command 'helm diff upgrade search charts/search' --risk none \\
    --unproven 'memory stays below 1 GiB' --path 'charts/**' --kind infra
  adjutant handoff --task T-17 --from handoff.md
  adjutant handoff --to qa-evals-docs --keep --from handoff.md

State, next command, open risks and unproven claims have to be said; \"none\" is an answer for the
last two. The task waits for the new one, and its lease is given back, unless --keep is given.
handoff.md has the headings To, State, Next command, Open risks, Unproven claims.")]
pub(crate) struct HandoffArguments {
    /// The role that takes over.
    #[arg(long, value_name = "ROLE")]
    pub(crate) to: Option<RoleName>,
    /// Where the work stands.
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// The command to begin with.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) next_command: Option<String>,
    /// What can still go wrong, or none; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) risk: Vec<String>,
    /// What is believed and was not proved, or none; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) unproven: Vec<String>,
    /// A file that says all this; options replace what it says.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Goes on with the task itself: only a part is handed on.
    #[arg(long)]
    pub(crate) keep: bool,
    /// The title of the part that is handed on.
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// The goal of the part.
    #[arg(long)]
    pub(crate) goal: Option<String>,
    /// The kind of change that the part is.
    #[arg(long)]
    pub(crate) kind: Option<TaskKind>,
    /// The files of the part; may be repeated.
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) paths: Vec<PathGlob>,
    #[command(flatten)]
    pub(crate) holder: HolderArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
