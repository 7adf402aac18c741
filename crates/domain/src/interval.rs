//! A confidence interval and what its level means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Both ends together miss the truth with probability `1 - level`.
    TwoSided(f64),
    /// Each end alone misses the truth with probability `1 - level`
    /// (a one-sided 95 % bound is an end of a two-sided 90 % interval).
    OneSided(f64),
}

impl Confidence {
    /// The usual two-sided 95 %.
    pub const TWO_SIDED_95: Self = Self::TwoSided(0.95);

    /// The level as given: 0.95 for both `TwoSided(0.95)` and `OneSided(0.95)`.
    pub fn level(self) -> f64 {
        match self {
            Self::TwoSided(level) | Self::OneSided(level) => level,
        }
    }

    /// The probability that is left outside each end.
    pub fn tail(self) -> f64 {
        match self {
            Self::TwoSided(level) => (1.0 - level) / 2.0,
            Self::OneSided(level) => 1.0 - level,
        }
    }
}

/// A closed interval with finite ends, `low <= high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Interval {
    low: f64,
    high: f64,
}

/// Ends that are not finite, or the wrong way round.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("[{low}, {high}] is not an interval: both ends must be finite and in order")]
pub struct InvalidInterval {
    /// The lower end that was given.
    pub low: f64,
    /// The upper end that was given.
    pub high: f64,
}

impl Interval {
    /// From 0 to 1: a share of which nothing is known.
    pub const ZERO_TO_ONE: Self = Self {
        low: 0.0,
        high: 1.0,
    };

    /// An interval from its ends.
    ///
    /// # Errors
    /// When an end is not finite or `low > high`.
    pub fn new(low: f64, high: f64) -> Result<Self, InvalidInterval> {
        if low.is_finite() && high.is_finite() && low <= high {
            Ok(Self { low, high })
        } else {
            Err(InvalidInterval { low, high })
        }
    }

    /// The lower end.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(self) -> f64 {
        self.high
    }

    /// Half the distance between the ends.
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether `value` lies in the closed interval.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

impl TryFrom<(f64, f64)> for Interval {
    type Error = InvalidInterval;

    fn try_from((low, high): (f64, f64)) -> Result<Self, InvalidInterval> {
        Self::new(low, high)
    }
}

impl From<Interval> for (f64, f64) {
    fn from(interval: Interval) -> (f64, f64) {
        (interval.low, interval.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_that_are_not_finite_or_out_of_order_are_refused() {
        for (low, high) in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (2.0, 1.0)] {
            assert!(
                Interval::new(low, high).is_err(),
                "[{low}, {high}] was accepted"
            );
        }
    }

    #[test]
    fn a_one_sided_level_leaves_its_whole_error_outside_one_end() {
        assert!((Confidence::TwoSided(0.95).tail() - 0.025).abs() < 1e-12);
        assert!((Confidence::OneSided(0.95).tail() - 0.05).abs() < 1e-12);
    }
}
