//! How many samples a claim needs, and how small an effect a number of samples can show.

use adjutant_domain::{Confidence, Interval};

/// Samples that would decide, if the estimate and the spread seen so far are the truth: an
/// interval's half shrinks with the square root of `n`, so the end that faces `boundary` reaches it
/// at `n * (reach / distance)^2`. `None` when the estimate stands on the boundary. Never below `n`
/// unless the interval already clears the boundary, then `n`.
pub fn samples_to_decide(n: u64, value: f64, interval: Interval, boundary: f64) -> Option<u64> {
    let _unused = (n, value, interval, boundary);
    None
}

/// What a plan demands: the chance of deciding rightly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The confidence the decision is made with.
    pub confidence: Confidence,
    /// The chance to find the effect when it is there, such as 0.8.
    pub power: f64,
}

/// Samples per arm to find a difference of means of `effect`, given the standard deviation of each
/// arm (with pairs: pass the deviation of the pair differences and 0).
pub fn samples_for_means(effect: f64, deviations: (f64, f64), plan: Power) -> Option<u64> {
    let _unused = (effect, deviations, plan);
    None
}

/// The smallest difference of means that `n` samples per arm find.
pub fn effect_for_means(n: u64, deviations: (f64, f64), plan: Power) -> Option<f64> {
    let _unused = (n, deviations, plan);
    None
}

/// Trials per arm to tell two shares apart.
pub fn trials_for_proportions(candidate: f64, baseline: f64, plan: Power) -> Option<u64> {
    let _unused = (candidate, baseline, plan);
    None
}

/// The smallest increase over the share `baseline` that `n` trials per arm find.
pub fn effect_for_proportions(n: u64, baseline: f64, plan: Power) -> Option<f64> {
    let _unused = (n, baseline, plan);
    None
}

/// Samples per arm to find a difference of quantiles of `effect`, from a pilot: `pilot` is the
/// interval of the difference that `pilot_n` samples per arm gave at `pilot_confidence`.
pub fn samples_for_quantiles(
    effect: f64,
    pilot: Interval,
    pilot_confidence: Confidence,
    pilot_n: u64,
    plan: Power,
) -> Option<u64> {
    let _unused = (effect, pilot, pilot_confidence, pilot_n, plan);
    None
}

/// The smallest difference of quantiles that `n` samples per arm find, from the same pilot.
pub fn effect_for_quantiles(
    n: u64,
    pilot: Interval,
    pilot_confidence: Confidence,
    pilot_n: u64,
    plan: Power,
) -> Option<f64> {
    let _unused = (n, pilot, pilot_confidence, pilot_n, plan);
    None
}
