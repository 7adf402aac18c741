//! Is a drift small enough? Two one-sided tests (TOST, Schuirmann 1987), read off an interval.

use adjutant_domain::{Interval, Outcome};

/// Whether a quantity lies inside `[low, high]`, given its interval: PASS when the interval lies
/// inside, FAIL when it lies wholly outside, else INCONCLUSIVE. For a test of size 5 % the interval
/// is made with `Confidence::OneSided(0.95)`; `Confidence::TwoSided(0.95)` gives size 2.5 %.
pub fn within(interval: Interval, low: f64, high: f64) -> Outcome {
    if low <= interval.low() && interval.high() <= high {
        Outcome::Pass
    } else if interval.high() < low || high < interval.low() {
        Outcome::Fail
    } else {
        Outcome::Inconclusive
    }
}

/// [`within`] `[-margin, margin]`.
pub fn within_margin(interval: Interval, margin: f64) -> Outcome {
    within(interval, -margin, margin)
}
