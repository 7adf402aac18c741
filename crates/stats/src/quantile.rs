//! The type-7 quantile with its exact law: no resampling, no draws, no sort of the whole sample.

use adjutant_domain::{Confidence, Histogram, Interval};

use crate::LogHistogram;

/// A quantile of one sample, with everything its interval and its difference to another needs.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileLaw {
    n: u64,
    p: f64,
    value: f64,
}

/// The smallest `n` for which a distribution-free interval of the `p` quantile has both ends:
/// `p^n` and `(1-p)^n` must not exceed the tail. Two-sided 95 %: 72 for p95, 368 for p99.
pub fn samples_needed(p: f64, confidence: Confidence) -> u64 {
    let rarer = p.max(1.0 - p);
    (confidence.tail().ln() / rarer.ln()).ceil() as u64
}

impl QuantileLaw {
    /// The law of the `p` quantile (type 7: linear interpolation at rank `(n-1)p`, the default of
    /// numpy, R and Excel). `None` when there is no value, a value is not finite, or `p` is not
    /// inside `(0, 1)`.
    pub fn of(values: &[f64], p: f64) -> Option<Self> {
        let _unused = (values, p);
        None
    }

    /// The laws of two samples, made on two threads.
    pub fn of_both(candidate: &[f64], baseline: &[f64], p: f64) -> Option<(Self, Self)> {
        Some((Self::of(candidate, p)?, Self::of(baseline, p)?))
    }

    /// The law from bucket counts. What the buckets hide widens every interval: a lower end takes
    /// its bucket's `low`, an upper end its bucket's `high`. An end in an unbounded bucket gives no
    /// interval. `value` interpolates inside the bucket by rank, as Prometheus does.
    pub fn of_histogram(histogram: &Histogram, p: f64) -> Option<Self> {
        let _unused = (histogram, p);
        None
    }

    /// The law from a sketch; its relative error widens every interval.
    pub fn of_sketch(sketch: &LogHistogram, p: f64) -> Option<Self> {
        let _unused = (sketch, p);
        None
    }

    /// The quantile of the sample.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// How many observations it stands on.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Which quantile: 0.95 for p95.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// The interval of the quantile. `None` when `n` is below [`samples_needed`].
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        let _unused = confidence;
        None
    }

    /// The interval of `candidate - baseline`. `None` when either arm is below [`samples_needed`].
    pub fn difference(
        candidate: &Self,
        baseline: &Self,
        confidence: Confidence,
    ) -> Option<Interval> {
        let _unused = (candidate, baseline, confidence);
        None
    }

    /// The interval of `candidate / baseline` (1.10 is +10 %). `None` when either arm is below
    /// [`samples_needed`], or when values near the quantile are not all positive.
    pub fn ratio(candidate: &Self, baseline: &Self, confidence: Confidence) -> Option<Interval> {
        let _unused = (candidate, baseline, confidence);
        None
    }
}
