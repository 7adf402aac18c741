//! Where one more value of a short history should lie: the prediction interval of the normal law,
//! `mean ± t * s * sqrt(1 + 1/n)`.

use adjutant_domain::{Confidence, Interval};

use crate::beta;
use crate::sequence::Moments;

/// The interval in which the next value lies if nothing has changed. A history without spread
/// predicts its own value. `None` below two values, or when one is not finite.
pub fn next_value(history: &[f64], confidence: Confidence) -> Option<Interval> {
    let tail = confidence.tail();
    if !(tail > 0.0 && tail < 0.5) || history.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let moments = Moments::of(history);
    let n = moments.count() as f64;
    let deviation = moments.variance()?.sqrt();
    let reach = if deviation > 0.0 {
        beta::student_upper_quantile(tail, n - 1.0) * deviation * (1.0 + 1.0 / n).sqrt()
    } else {
        0.0
    };
    Interval::new(moments.mean() - reach, moments.mean() + reach).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R 4: `predict(lm(c(10,12,11,13,9)~1), data.frame(1), interval="prediction")`, by hand
    /// `11 ± qt(.975, 4) * sqrt(2.5) * sqrt(1.2)`.
    #[test]
    fn the_interval_is_that_of_a_linear_model_without_predictors() {
        let history = [10.0, 12.0, 11.0, 13.0, 9.0];
        let interval = next_value(&history, Confidence::TWO_SIDED_95).unwrap();
        let reach = 2.776_445_105_197_998_7 * 2.5f64.sqrt() * 1.2f64.sqrt();
        assert!(
            (interval.low() - (11.0 - reach)).abs() < 1e-9,
            "{interval:?}"
        );
        assert!(
            (interval.high() - (11.0 + reach)).abs() < 1e-9,
            "{interval:?}"
        );
    }

    #[test]
    fn one_value_predicts_nothing_and_a_constant_history_predicts_itself() {
        assert_eq!(next_value(&[4.0], Confidence::TWO_SIDED_95), None);
        let constant = next_value(&[4.0; 5], Confidence::TWO_SIDED_95).unwrap();
        assert_eq!((constant.low(), constant.high()), (4.0, 4.0));
    }
}
