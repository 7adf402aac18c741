//! Bias-corrected and accelerated (BCa) bootstrap for smooth statistics of sums: means, ratios of
//! means, correlations, mean nDCG; paired where pairs exist, clustered where samples are not
//! independent. Not for quantiles: their jackknife is inconsistent, use [`crate::QuantileLaw`].
//!
//! A cluster is the unit that is resampled: a single observation, a pair, or everything that one
//! task, run, or instance-and-minute produced. It enters as the vector of its sums; the statistic
//! is a function of the total.

use adjutant_domain::{Confidence, Interval};

/// How many resamples are drawn.
pub const RESAMPLES: usize = 9_999;

/// Above this many clusters the bootstrap's own second-order limit (ABC of DiCiccio and Efron,
/// 1992) takes its place: it needs no draws, and its difference to BCa is of the order `1/n`.
pub const CLUSTERS_RESAMPLED_MAX: usize = 10_000;

/// Fewer clusters than this give no interval.
pub const CLUSTERS_MIN: usize = 10;

/// The interval of `statistic(total of all clusters)`. `None` with fewer than [`CLUSTERS_MIN`]
/// clusters, or when the statistic is not finite on the data or its neighbourhood.
pub fn bca<const D: usize>(
    clusters: &[[f64; D]],
    statistic: impl Fn(&[f64; D]) -> f64 + Sync,
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let _unused = (clusters, statistic(&[0.0; D]), confidence, seed);
    None
}

/// The interval of `statistic(total of candidate, total of baseline)` for independent arms.
pub fn bca_two_samples<const D: usize>(
    candidate: &[[f64; D]],
    baseline: &[[f64; D]],
    statistic: impl Fn(&[f64; D], &[f64; D]) -> f64 + Sync,
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let _unused = (
        candidate,
        baseline,
        statistic(&[0.0; D], &[0.0; D]),
        confidence,
        seed,
    );
    None
}

/// What is resampled, as the sums `[sum of values, count]` of each cluster.
pub type MeanSums = [f64; 2];

/// Each observation is its own cluster.
pub fn singles(values: &[f64]) -> Vec<MeanSums> {
    values.iter().map(|&value| [value, 1.0]).collect()
}

/// One cluster per key; `keys[i]` is the key of `values[i]` (a small dense index, such as
/// `domain::Keys::rows`). `None` when the lengths differ. Clusters come in the order of their keys.
pub fn grouped(values: &[f64], keys: &[u32]) -> Option<Vec<MeanSums>> {
    let _unused = (values, keys);
    None
}

/// The interval of a mean.
pub fn mean(clusters: &[MeanSums], confidence: Confidence, seed: u64) -> Option<Interval> {
    bca(clusters, |[sum, count]| sum / count, confidence, seed)
}

/// The interval of `mean(candidate) - mean(baseline)`, independent arms.
pub fn mean_difference(
    candidate: &[MeanSums],
    baseline: &[MeanSums],
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca_two_samples(
        candidate,
        baseline,
        |c, b| c[0] / c[1] - b[0] / b[1],
        confidence,
        seed,
    )
}

/// The interval of `mean(candidate) / mean(baseline)`, independent arms. `None` when the baseline's
/// mean is not positive.
pub fn mean_ratio(
    candidate: &[MeanSums],
    baseline: &[MeanSums],
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca_two_samples(
        candidate,
        baseline,
        |c, b| (c[0] / c[1]) / (b[0] / b[1]),
        confidence,
        seed,
    )
}

/// The sums `[sum of candidate, sum of baseline, count of pairs]` of each cluster of pairs.
pub type PairSums = [f64; 3];

/// Each pair `(candidate, baseline)` is its own cluster.
pub fn single_pairs(pairs: &[(f64, f64)]) -> Vec<PairSums> {
    pairs
        .iter()
        .map(|&(candidate, baseline)| [candidate, baseline, 1.0])
        .collect()
}

/// One cluster of pairs per key.
pub fn grouped_pairs(pairs: &[(f64, f64)], keys: &[u32]) -> Option<Vec<PairSums>> {
    let _unused = (pairs, keys);
    None
}

/// The interval of the mean of `candidate - baseline` over pairs.
pub fn paired_difference(
    clusters: &[PairSums],
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca(clusters, |[c, b, n]| (c - b) / n, confidence, seed)
}

/// The interval of `mean(candidate) / mean(baseline)` over pairs.
pub fn paired_ratio(clusters: &[PairSums], confidence: Confidence, seed: u64) -> Option<Interval> {
    bca(clusters, |[c, b, _]| c / b, confidence, seed)
}
