//! The incomplete beta function and with it the binomial and Student laws, accurate to about
//! 1e-12 relative also at parameters of ten million, where differences of log-gamma are not.

use std::f64::consts::PI;

/// P(X <= x) for X ~ Beta(a, b), `a, b > 0`.
pub(crate) fn cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else if x <= a / (a + b) {
        lower(x, a, b)
    } else {
        1.0 - lower(1.0 - x, b, a)
    }
}

/// The x with `cdf(x, a, b) = p`: bisection, then Newton steps that stay inside the bracket.
pub(crate) fn quantile(p: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..STEPS_MAX {
        let error = cdf(x, a, b) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let slope = kernel(x, a, b) / (x * (1.0 - x));
        let newton = x - error / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        if (next - x).abs() <= 4.0 * f64::EPSILON * next {
            return next;
        }
        x = next;
    }
    x
}

/// Bisection alone needs 1,100 steps to reach the smallest float; Newton takes over long before.
const STEPS_MAX: usize = 1_200;

/// The t of Student's law with `freedom` degrees of freedom that leaves `tail` (below one half)
/// above it.
pub(crate) fn student_upper_quantile(tail: f64, freedom: f64) -> f64 {
    let x = quantile(2.0 * tail, freedom / 2.0, 0.5);
    (freedom * (1.0 - x) / x).sqrt()
}

/// P(X = k) for X ~ Binomial(n, p), by Loader's saddle-point expansion (2000); `n` and `k` may be
/// fractional.
pub(crate) fn binomial_mass(k: f64, n: f64, p: f64) -> f64 {
    if k <= 0.0 {
        return libm::exp(n * libm::log1p(-p));
    }
    if k >= n {
        return libm::exp(n * libm::log(p));
    }
    let log = stirling_error(n)
        - stirling_error(k)
        - stirling_error(n - k)
        - deviance(k, n * p)
        - deviance(n - k, n * (1.0 - p));
    libm::exp(log) * (n / (2.0 * PI * k * (n - k))).sqrt()
}

/// x^a (1-x)^b / B(a, b).
fn kernel(x: f64, a: f64, b: f64) -> f64 {
    binomial_mass(a, a + b, x) * (a / (a + b)) * b
}

/// The continued fraction of DiDonato and Morris by Lentz's method; converges for `x <= a/(a+b)`.
fn lower(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / if d.abs() < TINY { TINY } else { d };
    let mut c = 1.0;
    let mut fraction = d;
    let terms_max = 1_000 + 10 * (a.max(b)).sqrt() as usize;
    for term in 1..=terms_max {
        let m = term as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d, TINY);
        c = away_from_zero(1.0 + even / c, TINY);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d, TINY);
        c = away_from_zero(1.0 + odd / c, TINY);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    (kernel(x, a, b) / a * fraction).min(1.0)
}

fn away_from_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// ln Γ(z+1) minus its Stirling approximation.
fn stirling_error(z: f64) -> f64 {
    if z < 16.0 {
        return libm::lgamma(z + 1.0) - (z + 0.5) * libm::log(z) + z - 0.5 * libm::log(2.0 * PI);
    }
    let square = z * z;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square)
            / square)
        / z
}

/// x ln(x/m) + m - x without cancellation.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1_000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `ours` against the last number of each row of the oracle's table.
    fn check(table: &str, tolerance: f64, ours: impl Fn(&[f64]) -> f64) {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../tests/oracle/python.json")).unwrap();
        for row in oracle[table].as_array().unwrap() {
            let row: Vec<f64> = row
                .as_array()
                .unwrap()
                .iter()
                .map(|x| x.as_f64().unwrap())
                .collect();
            let (expected, arguments) = row.split_last().unwrap();
            let ours = ours(arguments);
            assert!(
                (ours / expected - 1.0).abs() < tolerance,
                "{table} {row:?}: {ours}"
            );
        }
    }

    #[test]
    fn the_laws_are_those_of_mpmath_and_scipy() {
        check("beta_cdf", 1e-11, |row| cdf(row[0], row[1], row[2]));
        check("beta_quantile", 1e-10, |row| {
            quantile(row[0], row[1], row[2])
        });
        check("binomial_mass", 1e-12, |row| {
            binomial_mass(row[0], row[1], row[2])
        });
        check("student_upper_quantile", 1e-10, |row| {
            student_upper_quantile(row[0], row[1])
        });
    }
}
