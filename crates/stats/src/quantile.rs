//! The type-7 quantile with its exact law: no resampling, no draws, no sort of the whole sample.
//!
//! One arm's interval is the distribution-free order-statistic interval with Nyblom's
//! interpolation (1992). The difference and the ratio of two arms use the exact bootstrap law: the
//! law that a bootstrap with infinitely many resamples would converge to, in closed form.
//! (The bootstrap law of one arm alone is skewed the wrong way in the tail: its interval for a p95
//! covers 88 % at n = 100. Between two arms the skew cancels.)

mod buckets;
mod combine;
mod index_law;
mod ranks;

use adjutant_domain::{Confidence, Histogram, Interval};

use crate::LogHistogram;
use crate::selection::order_statistics;
use combine::{Atoms, Combination};
use ranks::Ranks;

/// Tails smaller than this give no interval: the law keeps what lies within seven standard
/// deviations of the rank.
pub const TAIL_MIN: f64 = 1e-7;

/// A quantile of one sample, with everything its interval and its difference to another needs.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileLaw {
    n: u64,
    p: f64,
    value: f64,
    ranks: Ranks,
    /// The bootstrap law, read as low as the data allows (for samples, the law itself).
    low: Atoms,
    /// The same read as high as the data allows; `None` when it is the same.
    high: Option<Atoms>,
}

/// The smallest `n` for which a distribution-free interval of the `p` quantile has both ends:
/// `p^n` and `(1-p)^n` must not exceed the tail. Two-sided 95 %: 72 for p95, 368 for p99.
pub fn samples_needed(p: f64, confidence: Confidence) -> u64 {
    let rarer = p.max(1.0 - p);
    (libm::log(confidence.tail()) / libm::log(rarer)).ceil() as u64
}

impl QuantileLaw {
    /// The law of the `p` quantile (type 7: linear interpolation at rank `(n-1)p`, the default of
    /// numpy, R and Excel). `None` when there is no value, a value is not finite, or `p` is not
    /// inside `(0, 1)`.
    pub fn of(values: &[f64], p: f64) -> Option<Self> {
        if values.is_empty() || !(p > 0.0 && p < 1.0) {
            return None;
        }
        let window = index_law::Window::around(values.len(), p);
        let kept = order_statistics(values, window.first - 1, window.last - 1)?;
        let at = |rank: usize| kept[(rank - window.first).min(kept.len() - 1)];
        let value = at(window.rank) + window.gap_share * (at(window.rank + 1) - at(window.rank));
        Some(Self {
            n: values.len() as u64,
            p,
            value,
            low: window.law(&kept),
            high: None,
            ranks: Ranks::kept(window.first, kept),
        })
    }

    /// The laws of two samples, made on two threads.
    pub fn of_both(candidate: &[f64], baseline: &[f64], p: f64) -> Option<(Self, Self)> {
        /// Below this a second thread costs more than it saves.
        const WORTH_A_THREAD: usize = 20_000;
        if candidate.len().min(baseline.len()) < WORTH_A_THREAD {
            return Some((Self::of(candidate, p)?, Self::of(baseline, p)?));
        }
        let (candidate, baseline) = both(|| Self::of(candidate, p), || Self::of(baseline, p));
        Some((candidate?, baseline?))
    }

    /// The law from bucket counts. What the buckets hide widens every interval: a lower end takes
    /// its bucket's `low`, an upper end its bucket's `high`. An end in an unbounded bucket gives no
    /// interval. `value` interpolates inside the bucket by rank, as Prometheus does. `None` when
    /// nothing is counted, or when buckets overlap or do not ascend.
    pub fn of_histogram(histogram: &Histogram, p: f64) -> Option<Self> {
        buckets::law(histogram, p)
    }

    /// The law from a sketch; its relative error widens every interval.
    pub fn of_sketch(sketch: &LogHistogram, p: f64) -> Option<Self> {
        Self::of_histogram(&sketch.to_histogram(), p)
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
        if !self.supports(confidence) {
            return None;
        }
        self.ranks
            .interval(self.n as usize, self.p, confidence.tail())
    }

    /// The interval of `candidate - baseline`. `None` when either arm is below [`samples_needed`].
    pub fn difference(
        candidate: &Self,
        baseline: &Self,
        confidence: Confidence,
    ) -> Option<Interval> {
        combined(Combination::Difference, candidate, baseline, confidence)
    }

    /// The interval of `candidate / baseline` (1.10 is +10 %). `None` when either arm is below
    /// [`samples_needed`], or when values near the quantile are not all positive.
    pub fn ratio(candidate: &Self, baseline: &Self, confidence: Confidence) -> Option<Interval> {
        if !candidate.low.all_positive() || !baseline.low.all_positive() {
            return None;
        }
        combined(Combination::Ratio, candidate, baseline, confidence)
    }

    fn high(&self) -> &Atoms {
        self.high.as_ref().unwrap_or(&self.low)
    }

    fn supports(&self, confidence: Confidence) -> bool {
        let tail = confidence.tail();
        (TAIL_MIN..0.5).contains(&tail) && self.n >= samples_needed(self.p, confidence)
    }
}

/// Below this, searching one end after the other is quicker than starting a thread.
const ATOMS_WORTH_A_THREAD: usize = 4_000;

/// Does one piece of work here and the other on a second thread.
fn both<A: Send, B>(other: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let here = here();
        match other.join() {
            Ok(other) => (other, here),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn combined(
    combination: Combination,
    candidate: &QuantileLaw,
    baseline: &QuantileLaw,
    confidence: Confidence,
) -> Option<Interval> {
    if !candidate.supports(confidence) || !baseline.supports(confidence) {
        return None;
    }
    let tail = confidence.tail();
    let low = || combine::quantile(combination, &candidate.low, baseline.high(), tail);
    let high = || combine::quantile(combination, candidate.high(), &baseline.low, 1.0 - tail);
    let (low, high) = if candidate.low.count() + baseline.low.count() < ATOMS_WORTH_A_THREAD {
        (low(), high())
    } else {
        both(low, high)
    };
    Interval::new(low?, high?).ok()
}
