//! `adjutant evidence`.

use adjutant_domain::{MeasureName, RunId, Subject};
use adjutant_formats::Format;
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Stores files with their measurements: all of them or none.
    Add(AddArguments),
    /// Lists what is stored, oldest first.
    List(ListArguments),
    /// Shows the measurements of a run, or of one piece of evidence.
    Show(ShowEvidenceArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant evidence add latency.csv --subject candidate --run run_8724
  adjutant evidence add coverage.lcov junit.xml --subject candidate --run ci_1207
  adjutant evidence add results.txt --as wrk --subject baseline --run run_1")]
pub(crate) struct AddArguments {
    /// Files, folders that a tool wrote, or http addresses of a server.
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) sources: Vec<String>,
    /// Whose measurements these are: baseline, candidate, or a name of yours.
    #[arg(long)]
    pub(crate) subject: Subject,
    /// The run that produced them.
    #[arg(long)]
    pub(crate) run: RunId,
    /// The format, where it is not to be recognised.
    #[arg(long = "as", value_name = "FORMAT")]
    pub(crate) as_format: Option<Format>,
    /// The name of the measure, where the source does not name it.
    #[arg(long, value_name = "NAME")]
    pub(crate) measure: Option<MeasureName>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant evidence list
  adjutant evidence list --subject candidate --format json")]
pub(crate) struct ListArguments {
    /// Only of this subject.
    #[arg(long)]
    pub(crate) subject: Option<Subject>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant evidence show run_8724
  adjutant evidence show 3 --format json
  adjutant evidence show ba7816bf")]
pub(crate) struct ShowEvidenceArguments {
    /// A run, a number from the list, or at least eight digits of an artifact's SHA-256.
    pub(crate) which: String,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
