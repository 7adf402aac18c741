//! Shares of events: exact and score intervals for one share, a difference and a ratio.

mod score;

use adjutant_domain::{Confidence, Interval};

use crate::{beta, normal};

/// `events` out of `trials`; there is at least one trial and never more events than trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    events: u64,
    trials: u64,
}

/// The smallest number of trials in which no event proves that the share is below `bound`:
/// `(1 - bound)^n <= tail`. One-sided 95 %: 299 for 1 %, 598 for 0.5 %. `None` unless `bound` is
/// inside `(0, 1)`.
pub fn trials_needed_without_events(bound: f64, confidence: Confidence) -> Option<u64> {
    (bound > 0.0 && bound < 1.0)
        .then(|| (libm::log(confidence.tail()) / libm::log1p(-bound)).ceil() as u64)
}

impl Proportion {
    /// `None` without trials, or with more events than trials.
    pub fn new(events: u64, trials: u64) -> Option<Self> {
        (trials > 0 && events <= trials).then_some(Self { events, trials })
    }

    /// How many had the property.
    pub fn events(self) -> u64 {
        self.events
    }

    /// How many there were.
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// `events / trials`.
    pub fn value(self) -> f64 {
        self.events as f64 / self.trials as f64
    }

    /// The middle of the Beta(1 + events, 1 + trials - events) law: what a uniform prior has become.
    pub fn posterior_interval(self, confidence: Confidence) -> Option<Interval> {
        let tail = usable_tail(confidence)?;
        let (x, n) = (self.events as f64, self.trials as f64);
        let low = beta::quantile(tail, x + 1.0, n - x + 1.0);
        let high = 1.0 - beta::quantile(tail, n - x + 1.0, x + 1.0);
        Interval::new(low, high).ok()
    }

    /// The exact interval of Clopper and Pearson (1934). It covers at least its level, by design.
    pub fn interval(self, confidence: Confidence) -> Option<Interval> {
        let tail = usable_tail(confidence)?;
        let (x, n) = (self.events as f64, self.trials as f64);
        let low = if self.events == 0 {
            0.0
        } else {
            beta::quantile(tail, x, n - x + 1.0)
        };
        let high = if self.events == self.trials {
            1.0
        } else {
            // Mirrored, so that a small upper tail keeps its digits.
            1.0 - beta::quantile(tail, n - x, x + 1.0)
        };
        Interval::new(low, high).ok()
    }

    /// Wilson's score interval (1927).
    pub fn interval_wilson(self, confidence: Confidence) -> Option<Interval> {
        let z = normal::upper_quantile(usable_tail(confidence)?);
        let (x, n) = (self.events as f64, self.trials as f64);
        let center = x + z * z / 2.0;
        let reach = z * (x * (n - x) / n + z * z / 4.0).sqrt();
        let ends = |end: f64| (end / (n + z * z)).clamp(0.0, 1.0);
        Interval::new(ends(center - reach), ends(center + reach)).ok()
    }

    /// The score interval of `candidate - baseline` of Miettinen and Nurminen (1985).
    pub fn difference(candidate: Self, baseline: Self, confidence: Confidence) -> Option<Interval> {
        let z = normal::upper_quantile(usable_tail(confidence)?);
        score::difference(candidate, baseline, z)
    }

    /// Newcombe's hybrid score interval (1998, method 10) of `candidate - baseline`: closed form,
    /// close to [`Self::difference`].
    pub fn difference_newcombe(
        candidate: Self,
        baseline: Self,
        confidence: Confidence,
    ) -> Option<Interval> {
        let c = candidate.interval_wilson(confidence)?;
        let b = baseline.interval_wilson(confidence)?;
        let (c_value, b_value) = (candidate.value(), baseline.value());
        let difference = c_value - b_value;
        let below = libm::hypot(c_value - c.low(), b.high() - b_value);
        let above = libm::hypot(c.high() - c_value, b_value - b.low());
        Interval::new(difference - below, difference + above).ok()
    }

    /// The score interval of `candidate / baseline` of Miettinen and Nurminen. `None` when the
    /// ratio has no finite upper end (no event in the baseline).
    pub fn ratio(candidate: Self, baseline: Self, confidence: Confidence) -> Option<Interval> {
        let z = normal::upper_quantile(usable_tail(confidence)?);
        score::ratio(candidate, baseline, z)
    }
}

/// The tail, unless it is no probability below one half.
fn usable_tail(confidence: Confidence) -> Option<f64> {
    let tail = confidence.tail();
    (tail > 0.0 && tail < 0.5).then_some(tail)
}
