//! `adjutant task mirror`.

use std::path::PathBuf;

use adjutant_app::MIRROR_FOLDER;
use adjutant_domain::TaskId;
use clap::Args;

use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  adjutant task mirror
  adjutant task mirror --dry-run
  adjutant task mirror --take-file T-17
  adjutant task mirror --take-store T-17 --restore

Files are in {MIRROR_FOLDER}/{{pending,in-progress,completed}}. A file that was edited changes its
task, a new file without a number in its name is filed. What was changed on both sides is shown
with both, and left alone (exit 40) until you say which one to take. Moving or deleting a file
changes no task."))]
pub(crate) struct MirrorArguments {
    /// Another folder for the files.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Says what would be done, and does nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Resolves a conflict: the file is taken; may be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) take_file: Vec<TaskId>,
    /// Resolves a conflict: the file is written again, whatever it says; may be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) take_store: Vec<TaskId>,
    /// Writes deleted files again.
    #[arg(long)]
    pub(crate) restore: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
