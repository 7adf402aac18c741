//! `adjutant objective`.

use std::path::PathBuf;

use adjutant_domain::{ObjectiveName, Timestamp};
use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ObjectiveCommand {
    /// Lists the objectives, and what they promise.
    List(ListObjectivesArguments),
    /// Says how objectives stand: budget, burn rates, alerts.
    Status(ObjectiveStatusArguments),
    /// Writes the objectives for other programs.
    Export(ExportArguments),
}

/// Where the documents are.
#[derive(Debug, Args)]
pub(crate) struct DocumentArguments {
    /// OpenSLO documents, in place of those that adjutant.toml names.
    #[arg(long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant objective list
  adjutant objective list --file slo.yaml --format json")]
pub(crate) struct ListObjectivesArguments {
    #[command(flatten)]
    pub(crate) documents: DocumentArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant objective status
  adjutant objective status search-availability --at 2026-11-20T09:00:00Z
  adjutant objective status --format json

Exits with 30 when a budget is spent or burns so fast that somebody has to come, 20 when that cannot
be told, 0 when all are met.")]
pub(crate) struct ObjectiveStatusArguments {
    /// Objectives; all where none is named.
    pub(crate) names: Vec<ObjectiveName>,
    /// When the windows end, as 2026-01-31T12:00:00Z; now where it is not said.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) documents: DocumentArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

/// For whom objectives are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportTarget {
    /// Recording and alerting rules.
    Prometheus,
    /// Routes and receivers.
    Alertmanager,
    /// The documents themselves.
    Openslo,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant objective export prometheus > rules.yaml && promtool check rules rules.yaml
  adjutant objective export alertmanager
  adjutant objective export openslo --file slo.json")]
pub(crate) struct ExportArguments {
    /// For whom.
    #[arg(value_enum)]
    pub(crate) target: ExportTarget,
    #[command(flatten)]
    pub(crate) documents: DocumentArguments,
}
