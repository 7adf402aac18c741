//! `adjutant run`.

use std::path::PathBuf;

use clap::Args;

use super::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant run --dry-run
  adjutant run
  adjutant run plans/monday.json --format json

HIGH before MEDIUM before LOW; what others wait for is as urgent as they are. What was carried out
is not repeated; what failed or was cut off is tried again. After every step
reports/execution_progress_update.md says how far everything is.
Exits with 0 when all is done, 20 when something is unproven, blocked or refused, 30 when something
failed, 40 when another adjutant run is at work.")]
pub(crate) struct RunArguments {
    /// The directives.
    #[arg(default_value = "reports/handoff/pending_actions.json")]
    pub(crate) file: PathBuf,
    /// Where their progress is reported back.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "reports/execution_progress_update.md"
    )]
    pub(crate) progress: PathBuf,
    /// Says what would be carried out, in which order, and carries nothing out.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
