//! The law of a difference or ratio of two independent discrete laws, without building it: its
//! distribution function at one point is one walk over both, so a quantile is the root of a function.

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

    pub(super) fn count(&self) -> usize {
        self.values.len()
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

/// How two laws are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Combination {
    /// candidate - baseline
    Difference,
    /// candidate / baseline, both positive
    Ratio,
}

impl Combination {
    fn of(self, candidate: f64, baseline: f64) -> f64 {
        match self {
            Self::Difference => candidate - baseline,
            Self::Ratio => candidate / baseline,
        }
    }

    /// The candidate value that combines with `baseline` to `t`.
    fn undo(self, t: f64, baseline: f64) -> f64 {
        match self {
            Self::Difference => t + baseline,
            Self::Ratio => t * baseline,
        }
    }
}

/// The smallest value `t` of the combination with `P(combination <= t) >= probability`. `None` when
/// that is not a finite number.
pub(super) fn quantile(
    combination: Combination,
    candidate: &Atoms,
    baseline: &Atoms,
    probability: f64,
) -> Option<f64> {
    let (c_low, c_high) = candidate.range()?;
    let (b_low, b_high) = baseline.range()?;
    let (low, high) = (combination.of(c_low, b_high), combination.of(c_high, b_low));
    // Rounding may leave the true ends a hair outside, and a smaller step would vanish in them.
    let largest = match combination {
        Combination::Difference => [c_low, c_high, b_low, b_high],
        Combination::Ratio => [low, high, low, high],
    };
    let largest = largest
        .into_iter()
        .fold(f64::MIN_POSITIVE, |most, end| most.max(end.abs()));
    let hair = 4.0 * f64::EPSILON * largest;
    let excess = |t: f64| distribution(combination, candidate, baseline, t) - probability;
    let bracket = enclose(excess, low - hair, high + hair)?;
    settle(combination, candidate, baseline, bracket, excess)
}

/// A narrow bracket with `excess(low) < 0 <= excess(high)`: Chandrupatla's method (1997), a tenth
/// of the steps of bisection, as the distribution is smooth until the single atoms show.
fn enclose(excess: impl Fn(f64) -> f64, low: f64, high: f64) -> Option<(f64, f64)> {
    const STEPS_MAX: usize = 200;
    let (mut b, mut a) = (low, high);
    let (mut f_b, mut f_a) = (excess(b), excess(a));
    if f_b >= 0.0 || f_a < 0.0 {
        return None;
    }
    let narrow = 1e-11 * (high - low);
    let (mut c, mut f_c);
    let mut share = 0.5;
    for _ in 0..STEPS_MAX {
        let t = a + share * (b - a);
        let f_t = excess(t);
        if (f_t >= 0.0) == (f_a >= 0.0) {
            (c, f_c) = (a, f_a);
        } else {
            (c, b, f_c, f_b) = (b, a, f_b, f_a);
        }
        (a, f_a) = (t, f_t);
        let width = (b - a).abs();
        let least = narrow.max(2.0 * f64::EPSILON * a.abs().max(b.abs()));
        if width <= 2.0 * least {
            break;
        }
        let xi = (a - b) / (c - b);
        let phi = (f_a - f_b) / (f_c - f_b);
        let is_smooth = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        share = if is_smooth {
            f_a / (f_b - f_a) * f_c / (f_b - f_c)
                + (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)
        } else {
            0.5
        };
        let edge = least / width;
        share = share.clamp(edge, 1.0 - edge);
    }
    Some(if f_a >= 0.0 { (b, a) } else { (a, b) })
}

/// The exact value inside the bracket: steps from one value of the combination to the next, so
/// that data in whole milliseconds gives an end in whole milliseconds.
fn settle(
    combination: Combination,
    candidate: &Atoms,
    baseline: &Atoms,
    (mut low, high): (f64, f64),
    excess: impl Fn(f64) -> f64,
) -> Option<f64> {
    const STEPS_MAX: usize = 8;
    for _ in 0..STEPS_MAX {
        // May lie a hair beyond `high`, where rounding already lets the distribution jump.
        let next = next_value(combination, candidate, baseline, low);
        if excess(next) >= 0.0 {
            return next.is_finite().then_some(next);
        }
        low = next;
    }
    high.is_finite().then_some(high)
}

/// The smallest value of the combination above `t`.
fn next_value(combination: Combination, candidate: &Atoms, baseline: &Atoms, t: f64) -> f64 {
    let mut reached = 0;
    let mut smallest = f64::INFINITY;
    for &value in &baseline.values {
        let bound = combination.undo(t, value);
        while reached < candidate.values.len() && candidate.values[reached] <= bound {
            reached += 1;
        }
        // Rounding may make an equal value look larger: look on until it is.
        let above = candidate.values[reached..]
            .iter()
            .map(|&c| combination.of(c, value))
            .find(|&combined| combined > t);
        smallest = smallest.min(above.unwrap_or(f64::INFINITY));
    }
    smallest
}

/// P(combination <= t).
fn distribution(combination: Combination, candidate: &Atoms, baseline: &Atoms, t: f64) -> f64 {
    let mut reached = 0;
    let mut below = 0.0;
    let mut sum = 0.0;
    for (&value, &weight) in baseline.values.iter().zip(&baseline.weights) {
        let bound = combination.undo(t, value);
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
        let at =
            |probability| quantile(Combination::Difference, &candidate, &baseline, probability);
        assert_eq!(at(0.37), Some(-1.0));
        assert_eq!(at(0.4), Some(1.0));
        assert_eq!(at(0.6), Some(2.0));
        assert_eq!(at(0.9), Some(4.0));
    }

    #[test]
    fn an_end_that_is_not_finite_is_no_end() {
        let candidate = Atoms::ascending(vec![(1.0, 0.9), (f64::INFINITY, 0.1)]);
        let baseline = Atoms::ascending(vec![(0.0, 1.0)]);
        let at =
            |probability| quantile(Combination::Difference, &candidate, &baseline, probability);
        assert!(at(0.95).is_none());
        assert!(at(0.5).is_some());
    }
}
