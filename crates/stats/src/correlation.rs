//! Correlations and their intervals.

use adjutant_domain::{Confidence, Interval};

/// Pearson's correlation of paired values. `None` with fewer than two pairs or without spread.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let _unused = pairs;
    None
}

/// Spearman's rank correlation; ties share their mean rank.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let _unused = pairs;
    None
}

/// Fisher's z interval for Pearson's correlation. Assumes pairs near bivariate normal. `None`
/// below four pairs.
pub fn pearson_interval(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Interval> {
    let _unused = (pairs, confidence);
    None
}

/// The interval of Bonett and Wright (2000) for Spearman's correlation. `None` below ten pairs.
pub fn spearman_interval(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Interval> {
    let _unused = (pairs, confidence);
    None
}

/// The BCa interval for Pearson's correlation, which does not assume normality: what a gate uses.
pub fn pearson_interval_bca(
    pairs: &[(f64, f64)],
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let _unused = (pairs, confidence, seed);
    None
}
