//! How many samples a claim needs, and how small an effect a number of samples can show.

use adjutant_domain::{Confidence, Interval};

use crate::normal;

/// What a plan demands: the chance of deciding rightly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The confidence the decision is made with.
    pub confidence: Confidence,
    /// The chance to find the effect when it is there, such as 0.8.
    pub power: f64,
}

impl Power {
    /// The normal quantiles of the error and of the power.
    fn quantiles(self) -> Option<(f64, f64)> {
        let tail = self.confidence.tail();
        let is_usable = tail > 0.0 && tail < 0.5 && self.power > 0.0 && self.power < 1.0;
        is_usable.then(|| (normal::upper_quantile(tail), normal::quantile(self.power)))
    }
}

/// Samples that would decide, if the estimate and the spread seen so far are the truth: the half of
/// an interval shrinks with the square root of `n`, so the end that faces `boundary` reaches it at
/// `n * (reach / distance)^2`. `n` when it clears the boundary already, `None` when the estimate
/// stands on the boundary, so that no number decides.
pub fn samples_to_decide(n: u64, value: f64, interval: Interval, boundary: f64) -> Option<u64> {
    let distance = (value - boundary).abs();
    let reach = if value > boundary {
        value - interval.low()
    } else {
        interval.high() - value
    };
    if distance == 0.0 || !distance.is_finite() {
        return None;
    }
    let factor = reach.max(0.0) / distance;
    whole((n as f64 * factor * factor).max(n as f64))
}

/// Samples per arm to find a difference of means of `effect`, given the standard deviation of each
/// arm (with pairs: the deviation of the pair differences, and 0). Normal approximation with
/// Guenther's correction (1981) for the estimated deviation.
pub fn samples_for_means(effect: f64, deviations: (f64, f64), plan: Power) -> Option<u64> {
    let (z, z_power) = plan.quantiles()?;
    let variance = deviations.0 * deviations.0 + deviations.1 * deviations.1;
    let sum = (z + z_power).max(0.0);
    let n = sum * sum * variance / (effect * effect);
    let arms = if deviations.0 > 0.0 && deviations.1 > 0.0 {
        2.0
    } else {
        1.0
    };
    (effect != 0.0 && variance > 0.0).then_some(())?;
    whole(n + z * z / (2.0 * arms))
}

/// The smallest difference of means that `n` samples per arm find.
pub fn effect_for_means(n: u64, deviations: (f64, f64), plan: Power) -> Option<f64> {
    let (z, z_power) = plan.quantiles()?;
    let arms = if deviations.0 > 0.0 && deviations.1 > 0.0 {
        2.0
    } else {
        1.0
    };
    let usable = n as f64 - z * z / (2.0 * arms);
    let variance = deviations.0 * deviations.0 + deviations.1 * deviations.1;
    (usable > 0.0).then(|| (z + z_power).max(0.0) * (variance / usable).sqrt())
}

/// Trials per arm to tell two shares apart (pooled variance for the error, separate for the power:
/// Fleiss, as R's `power.prop.test`).
pub fn trials_for_proportions(candidate: f64, baseline: f64, plan: Power) -> Option<u64> {
    let (z, z_power) = plan.quantiles()?;
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    if !is_share(candidate) || !is_share(baseline) || candidate == baseline {
        return None;
    }
    let pooled = (candidate + baseline) / 2.0;
    let separate = candidate * (1.0 - candidate) + baseline * (1.0 - baseline);
    let sum = z * (2.0 * pooled * (1.0 - pooled)).sqrt() + z_power * separate.sqrt();
    let ratio = sum.max(0.0) / (candidate - baseline);
    whole(ratio * ratio)
}

/// The smallest increase over the share `baseline` that `n` trials per arm find. `None` when even
/// an increase to 1 is not found.
pub fn effect_for_proportions(n: u64, baseline: f64, plan: Power) -> Option<f64> {
    let enough = |increase: f64| {
        trials_for_proportions(baseline + increase, baseline, plan)
            .is_some_and(|needed| needed <= n)
    };
    let (mut low, mut high) = (0.0, 1.0 - baseline);
    if !enough(high) {
        return None;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// A small sample that a plan for quantiles is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pilot {
    /// The interval of the difference that it gave.
    pub difference: Interval,
    /// The level of that interval.
    pub confidence: Confidence,
    /// Samples per arm.
    pub n: u64,
}

impl Pilot {
    /// The standard error of the difference times the square root of `n`.
    fn deviation(self) -> Option<f64> {
        let tail = self.confidence.tail();
        (tail > 0.0 && tail < 0.5 && self.n > 0).then(|| {
            let error = self.difference.half_width() / normal::upper_quantile(tail);
            error * (self.n as f64).sqrt()
        })
    }
}

/// Samples per arm to find a difference of quantiles of `effect`, from a pilot.
pub fn samples_for_quantiles(effect: f64, pilot: Pilot, plan: Power) -> Option<u64> {
    let (z, z_power) = plan.quantiles()?;
    (effect != 0.0).then_some(())?;
    let ratio = (z + z_power).max(0.0) * pilot.deviation()? / effect;
    whole(ratio * ratio)
}

/// The smallest difference of quantiles that `n` samples per arm find, from a pilot.
pub fn effect_for_quantiles(n: u64, pilot: Pilot, plan: Power) -> Option<f64> {
    let (z, z_power) = plan.quantiles()?;
    (n > 0).then_some(())?;
    Some((z + z_power).max(0.0) * pilot.deviation()? / (n as f64).sqrt())
}

/// Rounded up; `None` when the number is not finite or beyond any sample.
fn whole(n: f64) -> Option<u64> {
    const SAMPLES_MAX: f64 = 1e18;
    (n <= SAMPLES_MAX).then(|| n.ceil().max(1.0) as u64)
}
