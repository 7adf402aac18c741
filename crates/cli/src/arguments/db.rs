//! `adjutant db`.

use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Copies a whole team from one database into another, empty one.
    Copy(CopyDbArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ADJUTANT_DATABASE_URL=postgres://adjutant@db/team adjutant db copy --from sqlite --to postgres
  adjutant db copy --from postgres://adjutant@db/team --to sqlite

A place is sqlite (this repository's database), postgres (ADJUTANT_DATABASE_URL), the address of a
PostgreSQL server, or sqlite:FOLDER. Everything is of one moment; what is written to the source after
it is not in the copy, so end servers and agents first. Killed at any time, the target is empty or
whole. Exits with 40 when the target is not empty, with 30 when the source's journal does not hold.")]
pub(crate) struct CopyDbArguments {
    /// Where the team is.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: String,
    /// Where it goes.
    #[arg(long, value_name = "PLACE")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
