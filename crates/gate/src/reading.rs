//! One subject's value of one statistic, with the law that its intervals come from.

use std::borrow::Cow;

use adjutant_domain::{Confidence, Interval, Unit};
use adjutant_stats::bootstrap::{self, CLUSTERS_MIN, Clusters, MeanSums, PairSums};
use adjutant_stats::clustered_quantile::ClusteredQuantile;
use adjutant_stats::quantile::samples_needed;
use adjutant_stats::{Proportion, QuantileLaw};

use crate::comparison::SuccessRange;
use crate::piece::{Missing, Piece};

/// How to read evidence: what a question and a policy's criterion have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) success: SuccessRange,
    pub(crate) paired: bool,
    pub(crate) clustered: bool,
    pub(crate) grade_min: i32,
    pub(crate) seed: u64,
    /// Other names of the measure.
    pub(crate) aliases: &'a [adjutant_domain::MeasureName],
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Reading<'a> {
    /// How many observations were used.
    pub(crate) n: u64,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    pub(crate) law: Law<'a>,
    pub(crate) used: Vec<Piece<'a>>,
    /// How files were joined and what was assumed.
    pub(crate) notes: Vec<String>,
}

/// What the intervals of a value come from.
#[derive(Debug, Clone)]
pub(crate) enum Law<'a> {
    /// Everything there is was looked at: the value is exact.
    Exact,
    /// Independent observations of a quantile.
    Quantile(QuantileLaw),
    /// Clustered observations of a quantile.
    Blocks(ClusteredQuantile),
    /// A mean over clusters; an independent observation is its own cluster.
    Means(MeanClusters<'a>),
    /// A share of independent trials.
    Share(Proportion),
    /// One minus the ratio of two means over pairs: `[of the whole, of the ablated, pairs]`.
    Drop(Vec<PairSums>),
    /// A correlation over clusters of `[n, x, y, xx, yy, xy]`, both centered.
    Correlation(Vec<[f64; 6]>),
    /// What the tool said: its interval and that interval's two-sided level.
    Stated(Option<(Interval, f64)>),
}

/// The clusters of a mean.
#[derive(Debug, Clone)]
pub(crate) enum MeanClusters<'a> {
    /// Each observation is its own cluster.
    Each(Cow<'a, [f64]>),
    /// The sums of each cluster.
    Grouped(Vec<MeanSums>),
}

impl Clusters<2> for MeanClusters<'_> {
    fn count(&self) -> usize {
        match self {
            Self::Each(values) => values.len(),
            Self::Grouped(clusters) => clusters.len(),
        }
    }

    fn sums(&self, at: usize) -> MeanSums {
        match self {
            Self::Each(values) => [values[at], 1.0],
            Self::Grouped(clusters) => clusters[at],
        }
    }

    fn total(&self) -> MeanSums {
        match self {
            Self::Each(values) => bootstrap::singles(values).total(),
            Self::Grouped(clusters) => clusters.total(),
        }
    }

    fn scatter(&self, mean: &MeanSums) -> [MeanSums; 2] {
        match self {
            Self::Each(values) => bootstrap::singles(values).scatter(mean),
            Self::Grouped(clusters) => clusters.scatter(mean),
        }
    }

    fn cubes(&self, mean: &MeanSums, gradient: &MeanSums) -> f64 {
        match self {
            Self::Each(values) => bootstrap::singles(values).cubes(mean, gradient),
            Self::Grouped(clusters) => clusters.cubes(mean, gradient),
        }
    }
}

impl MeanClusters<'_> {
    /// Whether every cluster has the same mean.
    pub(crate) fn is_constant(&self) -> bool {
        let mean = |[sum, n]: MeanSums| sum / n;
        let first = mean(self.sums(0));
        (1..self.count()).all(|at| mean(self.sums(at)) == first)
    }
}

impl Reading<'_> {
    /// The interval of the value.
    pub(crate) fn interval(&self, confidence: Confidence, seed: u64) -> Result<Interval, Missing> {
        match &self.law {
            Law::Exact => exactly(self.value),
            Law::Quantile(law) => law
                .interval(confidence)
                .ok_or_else(|| too_few_for_quantile(law.p(), self.n, confidence)),
            Law::Blocks(law) => law.interval(confidence).ok_or_else(no_interval),
            Law::Means(clusters) => {
                enough_clusters(clusters.count(), self.n)?;
                let interval = bootstrap::mean(clusters, confidence, seed);
                or_constant(interval, || clusters.is_constant(), self.value)
            }
            Law::Share(share) => share.interval(confidence).ok_or_else(no_interval),
            Law::Drop(pairs) => {
                enough_clusters(pairs.len(), self.n)?;
                let interval = bootstrap::bca(pairs, |[c, a, _]| 1.0 - a / c, confidence, seed);
                or_constant(
                    interval,
                    || pairs.iter().all(|[c, a, _]| c == a),
                    self.value,
                )
            }
            Law::Correlation(clusters) => {
                enough_clusters(clusters.len(), self.n)?;
                let interval = bootstrap::bca(clusters, correlation, confidence, seed);
                or_constant(interval, || 1.0 - self.value.abs() < 1e-12, self.value)
            }
            Law::Stated(None) => Err(Missing::interval(
                "a summary has no interval and cannot decide: give the raw samples",
            )),
            Law::Stated(Some((interval, level))) => {
                if (1.0 - level) / 2.0 <= confidence.tail() + 1e-12 {
                    Ok(*interval)
                } else {
                    Err(Missing::interval(format!(
                        "the tool's own interval is of level {level} only: give the raw samples"
                    )))
                }
            }
        }
    }

    /// How the interval is made, and what was assumed.
    pub(crate) fn method(&self) -> String {
        let how = match &self.law {
            Law::Exact => "census: exact, no sampling error".to_owned(),
            Law::Quantile(_) => {
                "exact bootstrap law of the type-7 quantile; observations taken as independent"
                    .to_owned()
            }
            Law::Blocks(law) => format!(
                "block bootstrap of the type-7 quantile over {} clusters",
                law.clusters()
            ),
            Law::Means(MeanClusters::Each(_)) => {
                format!(
                    "BCa bootstrap of the mean over {} observations taken as independent",
                    self.n
                )
            }
            Law::Means(MeanClusters::Grouped(clusters)) => {
                format!("BCa bootstrap of the mean over {} clusters", clusters.len())
            }
            Law::Share(_) => "exact binomial interval (Clopper-Pearson)".to_owned(),
            Law::Drop(pairs) => {
                format!(
                    "BCa bootstrap of the relative drop over {} queries",
                    pairs.len()
                )
            }
            Law::Correlation(clusters) => {
                format!(
                    "BCa bootstrap of Pearson's correlation over {} clusters",
                    clusters.len()
                )
            }
            Law::Stated(_) => "as the tool stated it".to_owned(),
        };
        with_notes(how, &self.notes)
    }
}

/// A method followed by its notes.
pub(crate) fn with_notes(how: String, notes: &[String]) -> String {
    let mut parts = vec![how];
    for note in notes {
        if !parts.contains(note) {
            parts.push(note.clone());
        }
    }
    parts.join("; ")
}

/// Pearson's correlation of the sums `[n, x, y, xx, yy, xy]`.
pub(crate) fn correlation([n, x, y, xx, yy, xy]: &[f64; 6]) -> f64 {
    (n * xy - x * y) / ((n * xx - x * x).sqrt() * (n * yy - y * y).sqrt())
}

/// The interval of a value without sampling error.
pub(crate) fn exactly(value: f64) -> Result<Interval, Missing> {
    Interval::new(value, value)
        .map_err(|cause| Missing::because(adjutant_domain::Validity::NotFinite, cause.to_string()))
}

/// A resampled interval; where nothing varies, the value itself.
pub(crate) fn or_constant(
    interval: Option<Interval>,
    is_constant: impl Fn() -> bool,
    value: f64,
) -> Result<Interval, Missing> {
    match interval {
        Some(interval) => Ok(interval),
        None if is_constant() => exactly(value),
        None => Err(no_interval()),
    }
}

pub(crate) fn no_interval() -> Missing {
    Missing::interval("no interval can be formed from these observations")
}

/// Refuses too few clusters, and says how many more observations the rest would take.
pub(crate) fn enough_clusters(clusters: usize, n: u64) -> Result<(), Missing> {
    if clusters >= CLUSTERS_MIN {
        return Ok(());
    }
    let size = n as f64 / clusters.max(1) as f64;
    let what = if clusters as u64 == n {
        "independent observations"
    } else {
        "clusters of observations"
    };
    Err(Missing::samples(
        format!("{clusters} {what} are too few: an interval needs at least {CLUSTERS_MIN}"),
        ((CLUSTERS_MIN - clusters) as f64 * size).ceil() as u64,
    ))
}

pub(crate) fn too_few_for_quantile(p: f64, n: u64, confidence: Confidence) -> Missing {
    let needed = samples_needed(p, confidence);
    if n >= needed {
        return Missing::interval(
            "no interval can be formed: the counts lie in a bucket without bounds",
        );
    }
    Missing::samples(
        format!(
            "{n} samples are too few for an interval of this quantile: at least {needed} are needed"
        ),
        needed - n,
    )
}
