//! The difference of two shares over the same items, such as queries that comply before and after.

use adjutant_domain::{Confidence, Interval};

use crate::normal;

/// Yes-or-no answers of candidate and baseline to the same items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedProportion {
    both: u64,
    only_candidate: u64,
    only_baseline: u64,
    neither: u64,
}

impl PairedProportion {
    /// `None` without items.
    pub fn new(both: u64, only_candidate: u64, only_baseline: u64, neither: u64) -> Option<Self> {
        let counts = Self {
            both,
            only_candidate,
            only_baseline,
            neither,
        };
        (counts.items() > 0).then_some(counts)
    }

    /// How many items.
    pub fn items(self) -> u64 {
        self.both + self.only_candidate + self.only_baseline + self.neither
    }

    /// The share of the candidate minus that of the baseline.
    pub fn value(self) -> f64 {
        (self.only_candidate as f64 - self.only_baseline as f64) / self.items() as f64
    }

    /// The score interval of `candidate - baseline` of Tango (1998). It stays honest when the two
    /// agree on every item: then it is `z^2 / (n + z^2)` either way.
    pub fn difference(self, confidence: Confidence) -> Option<Interval> {
        let tail = confidence.tail();
        if !(tail > 0.0 && tail < 0.5) {
            return None;
        }
        let z = normal::upper_quantile(tail);
        let value = self.value();
        // The score falls from +infinity at -1 to -infinity at +1 and is 0 at the estimate.
        let low = bisect(-1.0, value, |delta| self.score(delta) > z);
        let high = bisect(value, 1.0, |delta| self.score(delta) > -z);
        Interval::new(low, high).ok()
    }

    /// The standardised distance of the observed difference from `delta`.
    fn score(self, delta: f64) -> f64 {
        let n = self.items() as f64;
        let (more, less) = (self.only_candidate as f64, self.only_baseline as f64);
        let distance = more - less - n * delta;
        // The probability of "baseline only" that is most likely given `delta`.
        let b = -more - less + (2.0 * n - more + less) * delta;
        let c = -less * delta * (1.0 - delta);
        let probability = ((b * b - 8.0 * n * c).max(0.0).sqrt() - b) / (4.0 * n);
        let variance = n * (2.0 * probability + delta * (1.0 - delta));
        if variance > 0.0 {
            distance / variance.sqrt()
        } else if distance == 0.0 {
            0.0
        } else {
            f64::INFINITY.copysign(distance)
        }
    }
}

/// The point of `[low, high]` where `is_before` turns false.
fn bisect(mut low: f64, mut high: f64, is_before: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if is_before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_that_always_agree_still_have_an_interval() {
        let z = normal::upper_quantile(0.025);
        for n in [10.0, 150.0, 10_000.0] {
            let counts = PairedProportion::new(n as u64 / 2, 0, 0, n as u64 - n as u64 / 2);
            let interval = counts
                .unwrap()
                .difference(Confidence::TWO_SIDED_95)
                .unwrap();
            let expected = z * z / (n + z * z);
            assert!(
                (interval.high() - expected).abs() < 1e-9,
                "{n}: {interval:?}"
            );
            assert!(
                (interval.low() + expected).abs() < 1e-9,
                "{n}: {interval:?}"
            );
        }
    }

    /// Expected values by a golden-section search for the constrained likelihood and bisection of
    /// the score, in Python 3 (no closed form shared with this code).
    #[test]
    fn the_interval_is_that_of_the_constrained_likelihood() {
        for (counts, low, high) in [
            ((36, 12, 2, 0), 0.0611124075445782, 0.34470874758932596),
            ((40, 12, 5, 33), -0.013146892999243301, 0.1739634031736114),
            ((90, 30, 10, 20), 0.05312805689297279, 0.21588362046866522),
            (
                (500, 3, 1, 496),
                -0.0029002885367956192,
                0.007891761352544975,
            ),
        ] {
            let (both, more, less, neither) = counts;
            let counts = PairedProportion::new(both, more, less, neither).unwrap();
            let interval = counts.difference(Confidence::TWO_SIDED_95).unwrap();
            assert!((interval.low() - low).abs() < 1e-6, "{interval:?}");
            assert!((interval.high() - high).abs() < 1e-6, "{interval:?}");
        }
    }

    #[test]
    fn swapping_the_arms_mirrors_the_interval() {
        let one = PairedProportion::new(40, 12, 5, 33).unwrap();
        let other = PairedProportion::new(40, 5, 12, 33).unwrap();
        let level = Confidence::TWO_SIDED_95;
        let (one, other) = (
            one.difference(level).unwrap(),
            other.difference(level).unwrap(),
        );
        assert!((one.low() + other.high()).abs() < 1e-12);
        assert!((one.high() + other.low()).abs() < 1e-12);
    }
}
