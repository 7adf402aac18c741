//! `adjutant task`: one file a group of verbs.

mod intake;

use clap::Subcommand;

pub(crate) use intake::TemplateArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Prints the intake template, to be filled in.
    Template(TemplateArguments),
}
