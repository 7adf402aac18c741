//! Conflicts before they hurt: `adjutant task conflicts`.

use clap::Args;

use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Looks at every work tree of the repository with its uncommitted and untracked files, merges every
pair in memory, and compares what tasks declare. Nothing of the repository is written.

Exit codes: 0 nothing conflicts, 40 something does, 20 nothing that was looked at does, but not
everything was looked at.

Examples:
  adjutant task conflicts
  adjutant task conflicts --format json
  adjutant task conflicts --watch")]
pub(crate) struct ConflictsArguments {
    /// Goes on looking, and tells what changes, until it is ended.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
