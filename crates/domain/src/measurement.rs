//! What a file holds, in one shape for every format.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Absence, Interval, Locator, MeasureName, Unit};

/// What tells two measurements of one measure apart, such as `tool=gitleaks`.
pub type Labels = BTreeMap<String, String>;

/// One measure as a file holds it. Times are in milliseconds, shares are 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub measure: MeasureName,
    /// What tells it apart from others of the same measure.
    pub labels: Labels,
    /// What one of the value is.
    pub unit: Unit,
    /// Where in the artifact it stands.
    pub locator: Locator,
    /// What was measured.
    pub data: Data,
}

/// The shapes that evidence takes, from the most to the least informative.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Every single observation.
    Samples(Samples),
    /// Observations counted in buckets.
    Histogram(Histogram),
    /// `events` out of `trials`, such as failed requests out of all, or covered lines out of all.
    Proportion {
        /// How many had the property.
        events: u64,
        /// How many there were.
        trials: u64,
    },
    /// A number that the tool computed itself.
    Scalar(Scalar),
    /// A ranked result list per query (a TREC run).
    Ranking(Vec<Ranked>),
    /// Relevance judgements per query (TREC qrels).
    Judgements(Vec<Judgement>),
    /// The source was asked and gave no value.
    Absent(Absence),
}

/// Observations in file order. All values are finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// The observations.
    pub values: Vec<f64>,
    /// Which observations of two subjects belong together; one key an observation.
    pub pair: Option<Arc<Keys>>,
    /// Which observations are not independent of each other; one key an observation.
    pub cluster: Option<Arc<Keys>>,
}

/// A column of keys, each text held once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// The distinct keys, in order of first appearance.
    pub names: Vec<String>,
    /// For each row, the index of its key in `names`.
    pub rows: Vec<u32>,
}

/// Counts of observations in disjoint, ascending buckets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// The buckets; none is empty.
    pub buckets: Vec<Bucket>,
}

/// Observations that lie in `low ..= high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The smallest value an observation in it can have.
    pub low: f64,
    /// The largest value an observation in it can have.
    pub high: f64,
    /// How many.
    pub count: u64,
}

/// A number that the tool computed. Without an interval it cannot decide anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scalar {
    /// Which statistic of the measure: `value`, `mean`, `median`, `p95`, `min`, `max`, `stddev`,
    /// `rate`, `count`, `sum`.
    pub statistic: String,
    /// The number, finite.
    pub value: f64,
    /// The tool's own interval, and its two-sided level.
    pub interval: Option<(Interval, f64)>,
    /// How many observations it summarises, where the file says so.
    pub n: Option<u64>,
}

/// One line of a TREC run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The query.
    pub query: String,
    /// The document.
    pub document: String,
    /// The system's score, finite; higher ranks first.
    pub score: f64,
}

/// One line of TREC qrels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The query.
    pub query: String,
    /// The document.
    pub document: String,
    /// The grade; 0 or less is not relevant.
    pub grade: i32,
}

impl Data {
    /// How many observations stand behind it, where that is known.
    pub fn n(&self) -> Option<u64> {
        match self {
            Data::Samples(samples) => Some(samples.values.len() as u64),
            Data::Histogram(histogram) => Some(histogram.count()),
            Data::Proportion { trials, .. } => Some(*trials),
            Data::Scalar(scalar) => scalar.n,
            Data::Ranking(lines) => Some(lines.len() as u64),
            Data::Judgements(lines) => Some(lines.len() as u64),
            Data::Absent(_) => Some(0),
        }
    }

    /// The shape's name, as `evidence list` shows it.
    pub fn shape(&self) -> &'static str {
        match self {
            Data::Samples(_) => "samples",
            Data::Histogram(_) => "histogram",
            Data::Proportion { .. } => "proportion",
            Data::Scalar(_) => "scalar",
            Data::Ranking(_) => "ranking",
            Data::Judgements(_) => "judgements",
            Data::Absent(_) => "absent",
        }
    }
}

impl Histogram {
    /// How many observations are counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.count).sum()
    }
}

impl Keys {
    /// The key of a row.
    pub fn of_row(&self, row: usize) -> &str {
        &self.names[self.rows[row] as usize]
    }
}
