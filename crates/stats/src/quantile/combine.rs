//! The law of a difference or ratio of two independent discrete laws, without building it: its
//! distribution function at one point is one walk over both, so a quantile is a bisection.

/// A discrete law: ascending values, their weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Atoms {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Atoms {
    /// From values that ascend already.
    pub(super) fn ascending(atoms: Vec<(f64, f64)>) -> Self {
        let (values, weights) = atoms.into_iter().unzip();
        Self { values, weights }
    }

    pub(super) fn all_positive(&self) -> bool {
        self.values.first().is_some_and(|&lowest| lowest > 0.0)
    }

    /// The smallest and largest finite values.
    fn range(&self) -> Option<(f64, f64)> {
        let finite = |value: &&f64| value.is_finite();
        let lowest = self.values.iter().find(finite)?;
        let highest = self.values.iter().rev().find(finite)?;
        Some((*lowest, *highest))
    }

    #[cfg(test)]
    pub(super) fn total(&self) -> f64 {
        self.weights.iter().sum()
    }

    #[cfg(test)]
    pub(super) fn mean(&self) -> f64 {
        self.values
            .iter()
            .zip(&self.weights)
            .map(|(value, weight)| value * weight)
            .sum()
    }
}

/// The smallest `t` with `P(combination <= t) >= probability`, where `C - B <= t` is
/// `C <= raise(t, B)` with `raise = t + b`, and `C / B <= t` the same with `t * b`. `None` when
/// that is not a finite number.
pub(super) fn quantile(
    candidate: &Atoms,
    baseline: &Atoms,
    raise: impl Fn(f64, f64) -> f64,
    probability: f64,
) -> Option<f64> {
    let (c_low, c_high) = candidate.range()?;
    let (b_low, b_high) = baseline.range()?;
    let is_ratio = raise(0.0, 1.0) == 0.0;
    let (mut low, mut high) = if is_ratio {
        (c_low / b_high, c_high / b_low)
    } else {
        (c_low - b_high, c_high - b_low)
    };
    // Rounding may leave the true ends a hair outside.
    let hair = 4.0 * f64::EPSILON * low.abs().max(high.abs());
    low -= hair;
    high += hair;
    let reached = |t: f64| distribution(candidate, baseline, &raise, t) >= probability;
    if reached(low) || !reached(high) {
        return None;
    }
    // 200 halvings exhaust any pair of floats that differ in less than 2^150.
    for _ in 0..200 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high || high - low <= f64::EPSILON * low.abs().min(high.abs())
        {
            break;
        }
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high.is_finite().then_some(high)
}

/// P(candidate <= raise(t, baseline)).
fn distribution(
    candidate: &Atoms,
    baseline: &Atoms,
    raise: impl Fn(f64, f64) -> f64,
    t: f64,
) -> f64 {
    let mut reached = 0;
    let mut below = 0.0;
    let mut sum = 0.0;
    for (&value, &weight) in baseline.values.iter().zip(&baseline.weights) {
        let bound = raise(t, value);
        while reached < candidate.values.len() && candidate.values[reached] <= bound {
            below += candidate.weights[reached];
            reached += 1;
        }
        sum += weight * below;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_of_a_difference_is_the_smallest_value_that_reaches_the_probability() {
        let candidate = Atoms::ascending(vec![(1.0, 0.5), (4.0, 0.5)]);
        let baseline = Atoms::ascending(vec![(0.0, 0.25), (2.0, 0.75)]);
        // Differences: -1 (.375), 1 (.125), 2 (.375), 4 (.125).
        let at = |probability| {
            quantile(&candidate, &baseline, |t, b| t + b, probability).map(|t| t.round())
        };
        assert_eq!(at(0.37), Some(-1.0));
        assert_eq!(at(0.4), Some(1.0));
        assert_eq!(at(0.6), Some(2.0));
        assert_eq!(at(0.9), Some(4.0));
    }

    #[test]
    fn an_end_that_is_not_finite_is_no_end() {
        let candidate = Atoms::ascending(vec![(1.0, 0.9), (f64::INFINITY, 0.1)]);
        let baseline = Atoms::ascending(vec![(0.0, 1.0)]);
        let at = |probability| quantile(&candidate, &baseline, |t, b| t + b, probability);
        assert!(at(0.95).is_none());
        assert!(at(0.5).is_some());
    }
}
