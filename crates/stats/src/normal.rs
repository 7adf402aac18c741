//! The normal law, accurate in both tails.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

/// P(Z <= z).
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// P(Z > z).
pub(crate) fn survival(z: f64) -> f64 {
    cdf(-z)
}

/// The z that leaves `tail` above it. Infinite at 0 and 1.
pub(crate) fn upper_quantile(tail: f64) -> f64 {
    -quantile(tail)
}

/// The z with `P(Z <= z) = p`: Acklam's rational approximation, polished by one Halley step.
pub(crate) fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let z = approximate_quantile(p);
    let error = (cdf(z) - p) * (2.0 * PI).sqrt() * libm::exp(z * z / 2.0);
    z - error / (1.0 + z * error / 2.0)
}

/// Relative error below 1.2e-9 for `0 < p <= 0.5`.
fn approximate_quantile(p: f64) -> f64 {
    const CENTER_TOP: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const CENTER_BOTTOM: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const TAIL_TOP: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const TAIL_BOTTOM: [f64; 5] = [
        7.784695709041462e-3,
        3.224671290700398e-1,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    const TAIL_BELOW: f64 = 0.02425;
    let polynomial =
        |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    if p < TAIL_BELOW {
        let q = (-2.0 * libm::log(p)).sqrt();
        polynomial(&TAIL_TOP, q) / polynomial(&TAIL_BOTTOM, q)
    } else {
        let q = p - 0.5;
        q * polynomial(&CENTER_TOP, q * q) / polynomial(&CENTER_BOTTOM, q * q)
    }
}

/// The density at z.
pub(crate) fn density(z: f64) -> f64 {
    libm::exp(-z * z / 2.0) / (SQRT_2 * PI.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_undoes_the_distribution_in_both_tails() {
        for tail in [1e-300, 1e-100, 1e-12, 1e-6, 0.001, 0.02, 0.025, 0.3, 0.5] {
            let z = upper_quantile(tail);
            let back = survival(z);
            assert!(
                (back / tail - 1.0).abs() < 1e-12 * (1.0 + z * z),
                "{tail}: {back}"
            );
            assert!((quantile(tail) + z).abs() < 1e-12);
        }
        assert!((quantile(0.975) - 1.959963984540054).abs() < 1e-14);
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn the_density_is_the_slope_of_the_distribution() {
        for z in [-3.0, -0.5, 0.0, 1.0, 2.5] {
            let slope = (cdf(z + 1e-5) - cdf(z - 1e-5)) / 2e-5;
            assert!((slope - density(z)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_distribution_is_that_of_mpmath() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../tests/oracle/python.json")).unwrap();
        for row in oracle["normal_cdf"].as_array().unwrap() {
            let (z, expected) = (row[0].as_f64().unwrap(), row[1].as_f64().unwrap());
            assert!((cdf(z) / expected - 1.0).abs() < 1e-13, "{z}");
        }
    }
}
