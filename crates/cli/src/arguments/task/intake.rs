//! Asking for work: `adjutant task template`.

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task template > task.md")]
pub(crate) struct TemplateArguments {}
