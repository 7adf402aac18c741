//! Several criteria at once: Holm's step-down adjustment (1979) keeps the chance of any false
//! finding at alpha, whatever the dependence between the criteria.

use adjutant_domain::{Confidence, Interval};

/// The adjusted p-values, in the order given. Each is at least its own and at most 1.
pub fn adjust(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; count];
    let mut highest: f64 = 0.0;
    for (step, &at) in order.iter().enumerate() {
        highest = highest.max((p_values[at] * (count - step) as f64).min(1.0));
        adjusted[at] = highest;
    }
    adjusted
}

/// The one-sided p-value that a family of intervals implies for "the truth lies above `boundary`":
/// the smallest tail, between [`P_MIN`] and one half, at which the low end still clears the
/// boundary. 1 when no tail does, `None` when there is no interval at any tail.
pub fn p_value_above(
    interval: impl Fn(Confidence) -> Option<Interval>,
    boundary: f64,
) -> Option<f64> {
    p_value(|tail| Some(interval(Confidence::OneSided(1.0 - tail))?.low() > boundary))
}

/// The mirror image of [`p_value_above`]: "the truth lies below `boundary`".
pub fn p_value_below(
    interval: impl Fn(Confidence) -> Option<Interval>,
    boundary: f64,
) -> Option<f64> {
    p_value(|tail| Some(interval(Confidence::OneSided(1.0 - tail))?.high() < boundary))
}

/// The smallest p-value that is told apart.
pub const P_MIN: f64 = 1e-6;

/// Halves the tail's logarithm between "clears" and "does not clear (or has no interval)".
fn p_value(clears: impl Fn(f64) -> Option<bool>) -> Option<f64> {
    const LARGEST: f64 = 0.499;
    const HALVINGS: usize = 40;
    if !clears(LARGEST)? {
        return Some(1.0);
    }
    if clears(P_MIN) == Some(true) {
        return Some(P_MIN);
    }
    let (mut fails, mut clear) = (P_MIN, LARGEST);
    for _ in 0..HALVINGS {
        let middle = (fails * clear).sqrt();
        if clears(middle) == Some(true) {
            clear = middle;
        } else {
            fails = middle;
        }
    }
    Some(clear)
}
