//! `adjutant compare`.

use std::path::PathBuf;

use adjutant_formats::Format;
use adjutant_gate::{Direction, Margin, Statistic};
use clap::Args;

use super::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant compare baseline.csv candidate.csv --measure p95 --margin 10%
  adjutant compare old.json new.json --measure mean:duration_ms
  adjutant compare old.run new.run --measure ndcg@10 --qrels qrels.txt
  adjutant compare old.csv new.csv --measure score --paired --format json

A CSV needs a header: latency_ms, status, timestamp_ms, pair, cluster, or any name of yours.
Exits with 0 for PASS, 30 for FAIL, 20 for INCONCLUSIVE or no valid data.")]
pub(crate) struct CompareArguments {
    /// What the version in use measured.
    pub(crate) baseline: PathBuf,
    /// What the version that asks to replace it measured.
    pub(crate) candidate: PathBuf,
    /// p95, p99, mean, error-rate, throughput, ndcg@10, p95:MEASURE, mean:MEASURE, or a measure's
    /// name for its mean.
    #[arg(long, value_name = "STATISTIC")]
    pub(crate) measure: Statistic,
    /// Which part of a file is meant, where it holds several: --label command=./new. `*` stands for
    /// any text.
    #[arg(long = "label", value_name = "KEY=GLOB", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    /// Relevance judgements (TREC qrels), for ndcg and compliance.
    #[arg(long, value_name = "FILE")]
    pub(crate) qrels: Option<PathBuf>,
    /// How much worse the candidate may be: 10%, 5ms, 2points.
    #[arg(long)]
    pub(crate) margin: Option<Margin>,
    /// Compares observations with the same pair key with each other.
    #[arg(long)]
    pub(crate) paired: bool,
    /// The column of the cluster keys: which observations are not independent of each other.
    #[arg(long, value_name = "KEY")]
    pub(crate) cluster: Option<String>,
    /// The two-sided confidence level of every interval.
    #[arg(long, default_value = "0.95", value_parser = level)]
    pub(crate) confidence: f64,
    /// Which side is better: lower or higher. Known measures know it themselves.
    #[arg(long)]
    pub(crate) better: Option<Direction>,
    /// The least grade that complies, for compliance@1.
    #[arg(long, value_name = "GRADE", default_value_t = 1)]
    pub(crate) grade_min: i32,
    /// The format of both files, where it is not to be recognised.
    #[arg(long = "as", value_name = "FORMAT")]
    pub(crate) as_format: Option<Format>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

fn label(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((key, glob)) if !key.is_empty() => Ok((key.to_owned(), glob.to_owned())),
        Some(_) | None => Err("a label is written KEY=GLOB, as in command=./new".to_owned()),
    }
}

pub(super) fn level(argument: &str) -> Result<f64, String> {
    match argument.parse::<f64>() {
        Ok(level) if level > 0.5 && level < 1.0 => Ok(level),
        Ok(_) | Err(_) => Err("a level lies between 0.5 and 1, as in 0.95".to_owned()),
    }
}
