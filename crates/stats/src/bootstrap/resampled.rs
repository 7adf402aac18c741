//! BCa by drawing (Efron 1987), with the acceleration of several independent samples as in
//! `scipy.stats.bootstrap`.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::{Clusters, RESAMPLES};
use crate::normal;

/// The sorted statistics of the resamples, and the two corrections.
pub(super) struct Resampled {
    sorted: Vec<f64>,
    bias: f64,
    acceleration: f64,
}

/// The resamples are drawn in this many streams, whatever the machine, so that a seed gives the
/// same interval everywhere.
const STREAMS: usize = 2;

impl Resampled {
    pub(super) fn of<const D: usize, const K: usize>(
        arms: [&dyn Clusters<D>; K],
        statistic: impl Fn(&[[f64; D]; K]) -> f64 + Sync,
        seed: u64,
    ) -> Option<Self> {
        let value = statistic(&arms.map(|arm| arm.total()));
        let acceleration = acceleration(&arms, &statistic)?;
        let data: [Vec<[f64; D]>; K] =
            arms.map(|arm| (0..arm.count()).map(|at| arm.sums(at)).collect());
        let mut sorted = draw(&data, &statistic, seed);
        if !value.is_finite() || sorted.iter().any(|drawn| !drawn.is_finite()) {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let below = sorted.partition_point(|&drawn| drawn < value);
        let up_to = sorted.partition_point(|&drawn| drawn <= value);
        let bias = normal::quantile((below + up_to) as f64 / (2 * sorted.len()) as f64);
        bias.is_finite().then_some(Self {
            sorted,
            bias,
            acceleration,
        })
    }

    /// The end that a normal law would put at `z`.
    pub(super) fn at(&self, z: f64) -> Option<f64> {
        let shifted = self.bias + z;
        let stretch = 1.0 - self.acceleration * shifted;
        if stretch <= 0.0 {
            return None;
        }
        let probability = normal::cdf(self.bias + shifted / stretch);
        let position = probability * (self.sorted.len() + 1) as f64 - 1.0;
        if position < 0.0 || position > (self.sorted.len() - 1) as f64 {
            return None;
        }
        let at = position as usize;
        let next = (at + 1).min(self.sorted.len() - 1);
        Some(self.sorted[at] + position.fract() * (self.sorted[next] - self.sorted[at]))
    }
}

/// A sixth of the skewness of the jackknife's influences. `None` without spread.
fn acceleration<const D: usize, const K: usize>(
    arms: &[&dyn Clusters<D>; K],
    statistic: impl Fn(&[[f64; D]; K]) -> f64,
) -> Option<f64> {
    let totals = arms.map(|arm| arm.total());
    let (mut squares, mut cubes) = (0.0, 0.0);
    for (which, arm) in arms.iter().enumerate() {
        let n = arm.count();
        let mut without = Vec::with_capacity(n);
        for at in 0..n {
            let mut rest = totals;
            rest[which]
                .iter_mut()
                .zip(arm.sums(at))
                .for_each(|(sum, value)| *sum -= value);
            without.push(statistic(&rest));
        }
        let mean = without.iter().sum::<f64>() / n as f64;
        let scale = (n - 1) as f64 / n as f64;
        for value in without {
            let influence = scale * (mean - value);
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    let spread = squares.sqrt();
    // What is left of the rounding of equal values is no spread.
    let least = 1e-13 * statistic(&totals).abs();
    (spread > least).then(|| cubes / (6.0 * spread * spread * spread))
}

fn draw<const D: usize, const K: usize>(
    data: &[Vec<[f64; D]>; K],
    statistic: &(impl Fn(&[[f64; D]; K]) -> f64 + Sync),
    seed: u64,
) -> Vec<f64> {
    /// Fewer picks than this are not worth a thread.
    const PICKS_WORTH_A_THREAD: usize = 2_000_000;
    let mut generators = Vec::with_capacity(STREAMS);
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..STREAMS {
        generators.push(generator.clone());
        generator.jump();
    }
    let share = RESAMPLES.div_ceil(STREAMS);
    let count = |stream: usize| share.min(RESAMPLES - stream * share);
    let picks = RESAMPLES * data.iter().map(Vec::len).sum::<usize>();
    if picks < PICKS_WORTH_A_THREAD {
        let streams = generators.into_iter().enumerate();
        return streams
            .flat_map(|(at, g)| stream(data, statistic, g, count(at)))
            .collect();
    }
    std::thread::scope(|scope| {
        let streams: Vec<_> = generators
            .into_iter()
            .enumerate()
            .map(|(at, g)| scope.spawn(move || stream(data, statistic, g, count(at))))
            .collect();
        let join = |handle: std::thread::ScopedJoinHandle<'_, Vec<f64>>| match handle.join() {
            Ok(drawn) => drawn,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        streams.into_iter().flat_map(join).collect()
    })
}

fn stream<const D: usize, const K: usize>(
    data: &[Vec<[f64; D]>; K],
    statistic: &impl Fn(&[[f64; D]; K]) -> f64,
    mut generator: Xoshiro256PlusPlus,
    count: usize,
) -> Vec<f64> {
    let mut drawn = Vec::with_capacity(count);
    for _ in 0..count {
        let totals = std::array::from_fn(|arm| resample(&data[arm], &mut generator));
        drawn.push(statistic(&totals));
    }
    drawn
}

/// The total of as many clusters as there are, picked with replacement. One draw of 64 bits picks
/// two: at most 2,000 clusters share 2^32 numbers, so none is favored by more than 5e-7.
fn resample<const D: usize>(clusters: &[[f64; D]], generator: &mut Xoshiro256PlusPlus) -> [f64; D] {
    let n = clusters.len() as u64;
    let mut totals = [[0.0; D]; 2];
    let mut left = clusters.len();
    while left > 0 {
        let bits = generator.next_u64();
        let picks = [bits & 0xFFFF_FFFF, bits >> 32];
        for (total, pick) in totals.iter_mut().zip(picks).take(left) {
            let cluster = &clusters[((pick * n) >> 32) as usize];
            total
                .iter_mut()
                .zip(cluster)
                .for_each(|(sum, value)| *sum += value);
        }
        left = left.saturating_sub(2);
    }
    let [first, second] = totals;
    std::array::from_fn(|d| first[d] + second[d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::{Singles, single_pairs};

    fn oracle(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    fn numbers(value: &serde_json::Value) -> Vec<f64> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect()
    }

    #[track_caller]
    fn check(law: Option<Resampled>, ends: &serde_json::Value) {
        let (law, ends) = (law.unwrap(), numbers(ends));
        // Both were drawn: an adjusted tail of 9,999 resamples is uncertain by 0.03 standard
        // errors, and by more where the law is long.
        let tolerance = 0.1 * (ends[1] - ends[0]) / 3.92;
        for (z, end) in [-1.959964, 1.959964].into_iter().zip(ends) {
            let ours = law.at(z).unwrap();
            assert!(
                (ours - end).abs() < tolerance,
                "{ours} is not {end} within {tolerance}"
            );
        }
    }

    #[test]
    fn the_unexpanded_limits_are_those_of_scipy_and_boot() {
        let python = &oracle(include_str!("../../tests/oracle/python.json"))["bca"];
        let (a, b) = (numbers(&python["a"]), numbers(&python["b"]));
        let (one, other) = (Singles(&a), Singles(&b));
        let mean = |sums: &[f64; 2]| sums[0] / sums[1];
        check(
            Resampled::of([&one as &dyn Clusters<2>], |[t]| mean(t), 5),
            &python["mean"],
        );
        let arms: [&dyn Clusters<2>; 2] = [&one, &other];
        let difference = Resampled::of(arms, |[c, b]| mean(c) - mean(b), 5);
        check(difference, &python["mean_difference"]);
        check(
            Resampled::of(arms, |[c, b]| mean(c) / mean(b), 5),
            &python["mean_ratio"],
        );
        let pairs: Vec<(f64, f64)> = a.iter().copied().zip(b.iter().copied()).collect();
        let pairs = single_pairs(&pairs);
        let ratio = Resampled::of([&pairs as &dyn Clusters<3>], |[[c, b, _]]| c / b, 5);
        check(ratio, &python["paired_ratio"]);
        let r = oracle(include_str!("../../tests/oracle/r.json"));
        let x = numbers(&r["abc"]["x"]);
        let mean = Resampled::of([&Singles(&x) as &dyn Clusters<2>], |[t]| mean(t), 5);
        check(mean, &r["bca_mean"]);
    }
}
