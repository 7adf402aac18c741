//! Proving and merging work: `adjutant task complete`, `merge` and `prove`.

use std::path::PathBuf;

use adjutant_domain::TaskId;
use clap::Args;

use super::HolderArguments;
use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task complete
  adjutant task complete --commit HEAD~1 --task T-17 --epoch 3 --agent ada
  adjutant task complete --evidence target/junit.xml --format json

Adjutant runs the task's checks itself, each in a fresh work tree of the exact commit: on the base
with the tests of the work, where they have to fail, and on the work, where they have to pass.
Exits with 20 when the environment is not fit to check, 30 when the work is not proven, 40 when the
lease is lost or the work lies outside the role's boundaries.")]
pub(crate) struct CompleteArguments {
    /// The commit that is the work; without it, what is checked out.
    #[arg(long, value_name = "REVISION")]
    pub(crate) commit: Option<String>,
    /// A file that a check wrote. It only counts when Adjutant's own run writes the same.
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) holder: HolderArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task merge T-17
  adjutant task merge --all --format json

Work is merged in memory, checked again on the merged tree, and only then does the branch move.
Exits with 20 when work waits, 30 when work was sent back, 40 when another process is merging.")]
pub(crate) struct MergeArguments {
    /// The task.
    #[arg(required_unless_present = "all")]
    pub(crate) task: Option<TaskId>,
    /// Every proven task, in the order of the queue.
    #[arg(long, conflicts_with = "task")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task verify T-17
  adjutant task verify T-17 --format json

Opens the stored proof again: its digest, the digest of every output, and whether the repository
still holds the commits and trees it names. Exits with 30 when something does not hold.")]
pub(crate) struct VerifyTaskArguments {
    /// The task.
    pub(crate) task: TaskId,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
