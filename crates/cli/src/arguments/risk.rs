//! `adjutant risk`.

use adjutant_app::NamedSource;
use clap::Args;

use super::FormatArguments;
use crate::pairs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant schema diff --baseline old.yaml --candidate new.yaml --format json > schema.json
  adjutant deps align --baseline old.lock --candidate Cargo.lock --osv osv/ --format json > deps.json
  adjutant risk --evidence candidate=schema.json --evidence candidate=deps.json \\
    --evidence baseline=old.csv --evidence candidate=new.csv
  adjutant risk --format json

Without --evidence it reads the latest run of each subject in the store.
Exits with 0 for LOW, 10 for MEDIUM, 20 for HIGH and UNDECIDED, 30 for a VETO.")]
pub(crate) struct RiskArguments {
    /// Evidence to look at: a file, a folder that a tool wrote, or an http address.
    #[arg(long, value_name = "SUBJECT=FILE", value_parser = pairs::named_source)]
    pub(crate) evidence: Vec<NamedSource>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
