//! `adjutant shadow`.

use std::path::PathBuf;

use adjutant_gate::{Margin, Scale};
use adjutant_shadow::ShadowPathLimit;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ShadowCommand {
    /// Compares recorded responses of two versions to the same requests.
    Compare(Box<ShadowCompareArguments>),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant shadow compare --baseline old.ndjson --candidate new.ndjson --again old2.ndjson
  adjutant shadow compare --baseline old.ndjson --candidate new.ndjson --ignore headers.date
  adjutant shadow compare --baseline old.ndjson --candidate new.ndjson \\
    --tolerance 'body.items[*].score=1e-6' --text body.answer=0.8 --format json > shadow.json

A recording has one exchange a line (schemas/exchange.schema.json):
  {\"request\": {\"id\": \"r-17\"}, \"status\": 200, \"headers\": {}, \"body\": {\"total\": 3}}

Exits with 0 for PASS, 30 for FAIL, 20 for INCONCLUSIVE or no data.")]
pub(crate) struct ShadowCompareArguments {
    /// What the version in use answered.
    #[arg(long, value_name = "RECORDING")]
    pub(crate) baseline: PathBuf,
    /// What the version that asks to replace it answered.
    #[arg(long, value_name = "RECORDING")]
    pub(crate) candidate: PathBuf,
    /// What the version in use answered when it was asked once more: the noise floor.
    #[arg(long, value_name = "RECORDING")]
    pub(crate) again: Option<PathBuf>,
    /// How much more often than the noise floor the candidate may disagree.
    #[arg(long, value_name = "POINTS", default_value = "0.5points", value_parser = points)]
    pub(crate) regression_max: f64,
    /// The two-sided confidence level of every interval.
    #[arg(long, default_value = "0.95", value_parser = super::compare::level)]
    pub(crate) confidence: f64,
    /// The relative tolerance of the numbers at a path, otherwise 4 steps between doubles; at an
    /// array, of its length.
    #[arg(long, value_name = "PATH=SHARE")]
    pub(crate) tolerance: Vec<ShadowPathLimit>,
    /// How alike the texts at a path must be, 0 to 1: shared words over all words.
    #[arg(long, value_name = "PATH=SHARE")]
    pub(crate) text: Vec<ShadowPathLimit>,
    /// An array whose order means nothing.
    #[arg(long, value_name = "PATH")]
    pub(crate) unordered: Vec<String>,
    /// A path that is not compared, with all below it.
    #[arg(long, value_name = "PATH")]
    pub(crate) ignore: Vec<String>,
    /// How many requests wait for an answer that comes later in another recording.
    #[arg(long, value_name = "REQUESTS", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) window: u32,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = ShadowFormat::Human)]
    pub(crate) format: ShadowFormat,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShadowFormat {
    /// For a person.
    Human,
    /// For a program, and as evidence: schemas/shadow.schema.json.
    Json,
    /// For test viewers.
    Junit,
}

/// Percentage points as a share.
fn points(argument: &str) -> Result<f64, String> {
    let margin: Margin = argument.parse().map_err(|error| format!("{error}"))?;
    match margin.scale {
        Scale::Points if margin.size() < 1.0 => Ok(margin.size()),
        Scale::Points => Err("it is below 100 points".to_owned()),
        Scale::Percent | Scale::Unit(_) => {
            Err("a rate is so many percentage points worse: write 0.5points".to_owned())
        }
    }
}
