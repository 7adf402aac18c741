//! Correlations and their intervals.

use adjutant_domain::{Confidence, Interval};

use crate::bootstrap;
use crate::normal;

/// Pearson's correlation of paired values. `None` with fewer than two pairs, without spread on
/// either side, or with a value that is not finite.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    correlation_of(&total(&centered(pairs)?))
}

/// Spearman's rank correlation; ties share their mean rank.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs
        .iter()
        .any(|pair| !pair.0.is_finite() || !pair.1.is_finite())
    {
        return None;
    }
    let first = mean_ranks(pairs.iter().map(|pair| pair.0).collect());
    let second = mean_ranks(pairs.iter().map(|pair| pair.1).collect());
    pearson(&first.into_iter().zip(second).collect::<Vec<_>>())
}

/// Fisher's z interval (1921) for Pearson's correlation. Assumes pairs near bivariate normal.
/// `None` below four pairs.
pub fn pearson_interval(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Interval> {
    if pairs.len() < 4 {
        return None;
    }
    let error = 1.0 / ((pairs.len() - 3) as f64).sqrt();
    around(pearson(pairs)?, error, confidence)
}

/// The interval of Bonett and Wright (2000) for Spearman's correlation. `None` below ten pairs.
pub fn spearman_interval(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Interval> {
    if pairs.len() < 10 {
        return None;
    }
    let value = spearman(pairs)?;
    let error = ((1.0 + value * value / 2.0) / (pairs.len() - 3) as f64).sqrt();
    around(value, error, confidence)
}

/// The BCa interval for Pearson's correlation, which does not assume normality: what a gate uses.
pub fn pearson_interval_bca(
    pairs: &[(f64, f64)],
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let clusters = centered(pairs)?;
    let statistic = |sums: &[f64; 6]| correlation_of(sums).unwrap_or(f64::NAN);
    bootstrap::bca(&clusters, statistic, confidence, seed)
}

/// The interval on Fisher's scale, brought back. `None` for a perfect correlation.
fn around(value: f64, error: f64, confidence: Confidence) -> Option<Interval> {
    let reach = normal::upper_quantile(confidence.tail()) * error;
    let center = libm::atanh(value);
    Interval::new(libm::tanh(center - reach), libm::tanh(center + reach)).ok()
}

/// `[1, x, y, x^2, y^2, xy]` of each pair, about the means, so that nothing cancels.
fn centered(pairs: &[(f64, f64)]) -> Option<Vec<[f64; 6]>> {
    let n = pairs.len() as f64;
    let (x_mean, y_mean) = (
        pairs.iter().map(|pair| pair.0).sum::<f64>() / n,
        pairs.iter().map(|pair| pair.1).sum::<f64>() / n,
    );
    if !x_mean.is_finite() || !y_mean.is_finite() {
        return None;
    }
    let products = |&(x, y): &(f64, f64)| {
        let (x, y) = (x - x_mean, y - y_mean);
        [1.0, x, y, x * x, y * y, x * y]
    };
    Some(pairs.iter().map(products).collect())
}

fn total(clusters: &[[f64; 6]]) -> [f64; 6] {
    let mut total = [0.0; 6];
    for cluster in clusters {
        total
            .iter_mut()
            .zip(cluster)
            .for_each(|(sum, value)| *sum += value);
    }
    total
}

pub(crate) fn correlation_of(&[n, x, y, xx, yy, xy]: &[f64; 6]) -> Option<f64> {
    let x_spread = xx - x * x / n;
    let y_spread = yy - y * y / n;
    (n >= 2.0 && x_spread > 0.0 && y_spread > 0.0)
        .then(|| ((xy - x * y / n) / (x_spread * y_spread).sqrt()).clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the mean of their ranks.
fn mean_ranks(values: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|&at| ranks[at] = rank);
        before += tied.len();
    }
    ranks
}
