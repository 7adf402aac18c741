//! The law of a quantile when only bucket counts are known: every observation may lie anywhere in
//! its bucket, so the law is read once as low and once as high as the counts allow.

use adjutant_domain::Histogram;

use super::QuantileLaw;
use super::combine::Atoms;
use super::ranks::{RankedBucket, Ranks};
use crate::beta;

pub(super) fn law(histogram: &Histogram, p: f64) -> Option<QuantileLaw> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let buckets = ranked(histogram)?;
    let n = buckets.last()?.last_rank;
    let position = (n - 1) as f64 * p;
    let rank = position.floor() + 1.0;
    let above = if position.fract() > 0.0 {
        (rank + 1.0).min(n as f64)
    } else {
        rank
    };
    Some(QuantileLaw {
        n,
        p,
        value: interpolate(&buckets, p)?,
        low: law_of_rank(&buckets, rank, |bucket| bucket.low),
        high: Some(law_of_rank(&buckets, above, |bucket| bucket.high)),
        ranks: Ranks::Buckets(buckets),
    })
}

/// The buckets that hold something, with cumulated counts. `None` unless they ascend and are
/// disjoint.
fn ranked(histogram: &Histogram) -> Option<Vec<RankedBucket>> {
    let mut buckets: Vec<RankedBucket> = Vec::with_capacity(histogram.buckets.len());
    let mut last_rank: u64 = 0;
    for bucket in histogram.buckets.iter().filter(|bucket| bucket.count > 0) {
        let follows = buckets
            .last()
            .is_none_or(|before| before.high <= bucket.low);
        if !follows || bucket.low.is_nan() || bucket.high.is_nan() || bucket.low > bucket.high {
            return None;
        }
        last_rank = last_rank.checked_add(bucket.count)?;
        buckets.push(RankedBucket {
            low: bucket.low,
            high: bucket.high,
            last_rank,
        });
    }
    Some(buckets)
}

/// The law of the resample's order statistic `rank`, each bucket standing at one of its ends.
fn law_of_rank(buckets: &[RankedBucket], rank: f64, end: impl Fn(&RankedBucket) -> f64) -> Atoms {
    let n = buckets.last().map_or(0.0, |bucket| bucket.last_rank as f64);
    let deviation = (rank * (n - rank + 1.0) / n).sqrt();
    let (first, last) = (rank - 8.0 * deviation - 40.0, rank + 8.0 * deviation + 40.0);
    let mut reached = 0.0;
    let mut atoms = Vec::new();
    for bucket in buckets {
        let up_to = bucket.last_rank as f64;
        if up_to < first {
            continue;
        }
        let cumulated = if up_to > last {
            1.0
        } else {
            beta::cdf(up_to / n, rank, n - rank + 1.0)
        };
        atoms.push((end(bucket), cumulated - reached));
        reached = cumulated;
        if up_to > last {
            break;
        }
    }
    Atoms::ascending(atoms)
}

/// The point estimate: linear by rank inside the bucket; the finite end of an unbounded one.
fn interpolate(buckets: &[RankedBucket], p: f64) -> Option<f64> {
    let n = buckets.last()?.last_rank as f64;
    let target = p * n;
    let at = buckets.partition_point(|bucket| (bucket.last_rank as f64) < target);
    let bucket = buckets.get(at)?;
    let before = if at == 0 {
        0.0
    } else {
        buckets[at - 1].last_rank as f64
    };
    let share = (target - before) / (bucket.last_rank as f64 - before);
    match (bucket.low.is_finite(), bucket.high.is_finite()) {
        (true, true) => Some(bucket.low + share * (bucket.high - bucket.low)),
        (true, false) => Some(bucket.low),
        (false, true) => Some(bucket.high),
        (false, false) => None,
    }
}
