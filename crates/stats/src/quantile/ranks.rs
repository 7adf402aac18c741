//! The distribution-free interval of one quantile: `P(X_(r) > Q) = P(Bin(n, p) < r)` whatever the
//! distribution, and between two ranks Nyblom's interpolation (1992, "Note on interpolated order
//! statistics"), which treats the two spacings around the quantile as exponential.

use adjutant_domain::Interval;

use crate::beta;

/// Order statistics by rank (1-based), as exactly as the data tells them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ranks {
    /// Ranks `first ..` of a sample.
    Kept { first: usize, values: Vec<f64> },
    /// Bucket counts: ends, and the rank of the last observation in the bucket.
    Buckets(Vec<RankedBucket>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RankedBucket {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) last_rank: u64,
}

/// An end of an interval: between rank `rank` and the next, `share` of the way.
struct End {
    rank: usize,
    share: f64,
}

impl Ranks {
    pub(super) fn kept(first: usize, values: Vec<f64>) -> Self {
        Self::Kept { first, values }
    }

    /// The interval that leaves `tail` outside each end.
    pub(super) fn interval(&self, n: usize, p: f64, tail: f64) -> Option<Interval> {
        let low = lower_end(n, p, tail)?;
        // The upper end is the lower end of the mirrored sample.
        let mirrored = lower_end(n, 1.0 - p, tail)?;
        let rank = n - mirrored.rank;
        let low_value = match self {
            Self::Kept { first, values } => between(values, *first, low.rank, low.share)?,
            Self::Buckets(buckets) => bucket_of(buckets, low.rank)?.low,
        };
        let high_value = match self {
            Self::Kept { first, values } => between(values, *first, rank, 1.0 - mirrored.share)?,
            Self::Buckets(buckets) => bucket_of(buckets, rank + 1)?.high,
        };
        Interval::new(low_value, high_value).ok()
    }
}

fn between(values: &[f64], first: usize, rank: usize, share: f64) -> Option<f64> {
    let here = *values.get(rank.checked_sub(first)?)?;
    let next = *values.get(rank + 1 - first)?;
    Some(here + share * (next - here))
}

fn bucket_of(buckets: &[RankedBucket], rank: usize) -> Option<&RankedBucket> {
    let at = buckets.partition_point(|bucket| bucket.last_rank < rank as u64);
    buckets.get(at)
}

/// The largest rank `r` with `P(Bin(n, p) < r) <= tail`, and how far the end may move towards
/// `r + 1` until the tail is spent. `None` when even the first rank misses too often.
fn lower_end(n: usize, p: f64, tail: f64) -> Option<End> {
    let (n_real, q) = (n as f64, 1.0 - p);
    let deviation = (n_real * p * q).sqrt();
    // Below this rank the binomial has no mass worth counting.
    let start = (n_real * p - 9.0 * deviation - 40.0).floor().max(0.0);
    let mut mass = beta::binomial_mass(start, n_real, p);
    // P(Bin < rank), for rank = start, start + 1, ...
    let mut missed = 0.0;
    let mut rank = start;
    while missed + mass <= tail && rank < n_real {
        missed += mass;
        rank += 1.0;
        mass *= (n_real - rank + 1.0) / rank * (p / q);
        // The recursion is exact but drifts over thousands of steps.
        if rank % 64.0 == 0.0 {
            mass = beta::binomial_mass(rank, n_real, p);
        }
    }
    if rank < 1.0 || rank >= n_real {
        return None;
    }
    let (short, over) = (tail - missed, missed + mass - tail);
    let odds = rank * q * over / ((n_real - rank) * p * short);
    Some(End {
        rank: rank as usize,
        share: if short > 0.0 { 1.0 / (1.0 + odds) } else { 0.0 },
    })
}
