//! The second-order limit of BCa: approximate bootstrap confidence limits (ABC, nonparametric form;
//! DiCiccio and Efron 1992; Efron and Tibshirani 1993, section 14.4). A statistic of sums has its
//! influences in closed form from its gradient, so two passes over the data are all it takes.

use super::Clusters;
use crate::normal;

/// The corrections, and the statistic along the least favorable direction.
pub(super) struct Analytic<'a> {
    bias: f64,
    acceleration: f64,
    /// The statistic `steps` standard errors away from the data.
    along: Box<dyn Fn(f64) -> f64 + 'a>,
}

/// The step of second differences, in standard errors: small enough that the statistic is
/// quadratic over it, large enough that second differences keep eight digits.
const STEP: f64 = 0.01;

/// First differences lose fewer digits, so their step is this share of it.
const SLOPE_SHARE: f64 = 0.1;

impl<'a> Analytic<'a> {
    pub(super) fn of<const D: usize, const K: usize>(
        arms: [&dyn Clusters<D>; K],
        statistic: impl Fn(&[[f64; D]; K]) -> f64 + 'a,
    ) -> Option<Self> {
        let totals = arms.map(|arm| arm.total());
        let means: [[f64; D]; K] =
            std::array::from_fn(|k| totals[k].map(|sum| sum / arms[k].count() as f64));
        let scatters: [[[f64; D]; D]; K] = std::array::from_fn(|k| arms[k].scatter(&means[k]));
        let curves: [Curve<D>; K] =
            std::array::from_fn(|k| Curve::of(&statistic, &totals, k, &scatters[k]));

        let mut variance = 0.0;
        let mut cubes = 0.0;
        let mut trace = 0.0;
        let mut direction = [[0.0; D]; K];
        for k in 0..K {
            let curve = &curves[k];
            direction[k] = scatters[k].map(|row| product(&row, &curve.gradient));
            variance += product(&direction[k], &curve.gradient);
            let rows = scatters[k].iter().zip(&curve.hessian);
            trace += rows.map(|(left, right)| product(left, right)).sum::<f64>();
            cubes += arms[k].cubes(&means[k], &curve.gradient);
        }
        let error = variance.sqrt();
        if !(error.is_finite() && error > 1e-13 * statistic(&totals).abs()) {
            return None;
        }
        direction
            .iter_mut()
            .flatten()
            .for_each(|step| *step /= error);
        let along = move |steps: f64| {
            let moved = std::array::from_fn(|k| {
                std::array::from_fn(|d| totals[k][d] + steps * direction[k][d])
            });
            statistic(&moved)
        };
        let acceleration = cubes / (6.0 * variance * error);
        let bend = (along(STEP) - 2.0 * along(0.0) + along(-STEP)) / (STEP * STEP);
        let curvature = (trace - bend) / (2.0 * error);
        let bias = normal::quantile(2.0 * normal::cdf(acceleration) * normal::cdf(-curvature));
        bias.is_finite().then(|| Self {
            bias,
            acceleration,
            along: Box::new(along),
        })
    }

    /// The end that a normal law would put at `z`.
    pub(super) fn at(&self, z: f64) -> Option<f64> {
        let shifted = self.bias + z;
        let stretch = 1.0 - self.acceleration * shifted;
        let end = (self.along)(shifted / (stretch * stretch));
        (stretch > 0.0 && end.is_finite()).then_some(end)
    }
}

fn product<const D: usize>(left: &[f64; D], right: &[f64; D]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// First and second derivatives of the statistic by the sums of one arm.
struct Curve<const D: usize> {
    gradient: [f64; D],
    hessian: [[f64; D]; D],
}

impl<const D: usize> Curve<D> {
    fn of<const K: usize>(
        statistic: impl Fn(&[[f64; D]; K]) -> f64,
        totals: &[[f64; D]; K],
        arm: usize,
        scatter: &[[f64; D]; D],
    ) -> Self {
        let step: [f64; D] = std::array::from_fn(|d| STEP * scatter[d][d].max(0.0).sqrt());
        let at = |moves: [(usize, f64); 2]| {
            let mut moved = *totals;
            for (d, sign) in moves {
                moved[arm][d] += sign * step[d];
            }
            statistic(&moved)
        };
        let mut gradient = [0.0; D];
        let mut hessian = [[0.0; D]; D];
        let here = statistic(totals);
        // A sum that never varies, such as the count of single observations, has no slope to find.
        for row in (0..D).filter(|&d| step[d] > 0.0) {
            let nearby = |share: f64| at([(row, share), (row, 0.0)]);
            gradient[row] =
                (nearby(SLOPE_SHARE) - nearby(-SLOPE_SHARE)) / (2.0 * SLOPE_SHARE * step[row]);
            let (up, down) = (nearby(1.0), nearby(-1.0));
            hessian[row][row] = (up - 2.0 * here + down) / (step[row] * step[row]);
            for column in (0..row).filter(|&d| step[d] > 0.0) {
                let mixed = at([(row, 1.0), (column, 1.0)])
                    - at([(row, 1.0), (column, -1.0)])
                    - at([(row, -1.0), (column, 1.0)])
                    + at([(row, -1.0), (column, -1.0)]);
                let second = mixed / (4.0 * step[row] * step[column]);
                hessian[row][column] = second;
                hessian[column][row] = second;
            }
        }
        Self { gradient, hessian }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::single_pairs;
    use crate::correlation;

    /// The ends at 90 % and 95 %, against `boot::abc.ci`.
    fn check<const D: usize>(
        name: &str,
        expected: &serde_json::Value,
        clusters: &[[f64; D]],
        statistic: impl Fn(&[f64; D]) -> f64,
    ) {
        let law = Analytic::of([&clusters as &dyn Clusters<D>], |[t]: &[[f64; D]; 1]| {
            statistic(t)
        });
        let law = law.unwrap();
        for (row, level) in [0.90, 0.95].into_iter().enumerate() {
            let z = normal::upper_quantile((1.0 - level) / 2.0);
            for (column, side) in [-z, z].into_iter().enumerate() {
                let expected = expected[row][column].as_f64().unwrap();
                let ours = law.at(side).unwrap();
                assert!(
                    (ours / expected - 1.0).abs() < 1e-4,
                    "{name} {level}: {ours} {expected}"
                );
            }
        }
    }

    #[test]
    fn the_analytic_limits_are_those_of_abc() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/oracle/r.json")).unwrap();
        let abc = &oracle["abc"];
        let column = |name: &str| abc[name].as_array().unwrap().clone().into_iter();
        let pairs: Vec<(f64, f64)> = column("x")
            .zip(column("y"))
            .map(|(x, y)| (x.as_f64().unwrap(), y.as_f64().unwrap()))
            .collect();
        let sums = single_pairs(&pairs);
        check("mean", &abc["mean"], &sums, |[x, _, n]| x / n);
        check("ratio", &abc["ratio"], &sums, |[x, y, _]| y / x);
        let products: Vec<[f64; 6]> = pairs
            .iter()
            .map(|&(x, y)| [1.0, x, y, x * x, y * y, x * y])
            .collect();
        check("correlation", &abc["correlation"], &products, |sums| {
            correlation::correlation_of(sums).unwrap()
        });
    }
}
