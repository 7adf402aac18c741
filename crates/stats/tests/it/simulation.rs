//! Simulated truth: samples from known laws, and how often an interval holds what is known. Shared
//! by the coverage tests (small) and `examples/coverage.rs` (the published table).

use adjutant_domain::{Confidence, Interval};
use adjutant_stats::bootstrap::{self, SinglePairs, Singles};
use adjutant_stats::sequence::{self, Moments};
use adjutant_stats::spending::{self, Shape};
use adjutant_stats::{Proportion, QuantileLaw};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Inside (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    /// Mean 0, deviation 1.
    Normal,
    /// exp of a normal with deviation 0.5: what latencies look like.
    LogNormal,
    /// Student's t with 5 degrees of freedom: infinite sixth moment.
    StudentFive,
    /// Pareto of shape 3: infinite third moment.
    ParetoThree,
}

impl Law {
    pub(crate) const ALL: [Self; 4] = [
        Self::Normal,
        Self::LogNormal,
        Self::StudentFive,
        Self::ParetoThree,
    ];
    pub(crate) fn draw(self, chance: &mut Chance) -> f64 {
        match self {
            Self::Normal => chance.normal(),
            Self::LogNormal => (0.5 * chance.normal()).exp(),
            Self::StudentFive => {
                let squares: f64 = (0..5).map(|_| chance.normal().powi(2)).sum();
                chance.normal() / (squares / 5.0).sqrt()
            }
            Self::ParetoThree => chance.uniform().powf(-1.0 / 3.0),
        }
    }

    pub(crate) fn sample(self, n: usize, chance: &mut Chance) -> Vec<f64> {
        (0..n).map(|_| self.draw(chance)).collect()
    }

    fn mean(self) -> f64 {
        match self {
            Self::Normal | Self::StudentFive => 0.0,
            Self::LogNormal => 0.125_f64.exp(),
            Self::ParetoThree => 1.5,
        }
    }

    /// The true p50, p95 or p99.
    fn quantile(self, percent: u32) -> f64 {
        let (z, t) = match percent {
            50 => (0.0, 0.0),
            95 => (1.644_853_626_951_472_2, 2.015_048_372_669_157),
            99 => (2.326_347_874_040_840_8, 3.364_929_997_877_914),
            _ => panic!("no truth at hand for p{percent}"),
        };
        match self {
            Self::Normal => z,
            Self::LogNormal => (0.5 * z).exp(),
            Self::StudentFive => t,
            Self::ParetoThree => (1.0 - f64::from(percent) / 100.0).powf(-1.0 / 3.0),
        }
    }
}

/// What is estimated from samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Quantile(u32),
    QuantileDifference(u32),
    Mean,
    MeanDifference,
    PairedDifference,
    ClusteredMean,
}

impl Method {
    /// One simulated interval and the truth it should hold. `n` counts pairs or clusters where
    /// there are such.
    fn try_once(self, law: Law, n: usize, chance: &mut Chance) -> (Option<Interval>, f64) {
        let level = Confidence::TWO_SIDED_95;
        let seed = chance.0.next_u64();
        match self {
            Self::Quantile(percent) => {
                let of =
                    QuantileLaw::of(&law.sample(n, chance), f64::from(percent) / 100.0).unwrap();
                (of.interval(level), law.quantile(percent))
            }
            Self::QuantileDifference(percent) => {
                let p = f64::from(percent) / 100.0;
                let mut arm = || QuantileLaw::of(&law.sample(n, chance), p).unwrap();
                (QuantileLaw::difference(&arm(), &arm(), level), 0.0)
            }
            Self::Mean => {
                let values = law.sample(n, chance);
                (bootstrap::mean(&Singles(&values), level, seed), law.mean())
            }
            Self::MeanDifference => {
                let (one, other) = (law.sample(n, chance), law.sample(n, chance));
                let interval =
                    bootstrap::mean_difference(&Singles(&one), &Singles(&other), level, seed);
                (interval, 0.0)
            }
            Self::PairedDifference => {
                let mut pair = || {
                    let shared = law.draw(chance);
                    (
                        shared + 0.5 * law.draw(chance),
                        shared + 0.5 * law.draw(chance),
                    )
                };
                let pairs: Vec<(f64, f64)> = (0..n).map(|_| pair()).collect();
                (
                    bootstrap::paired_difference(&SinglePairs(&pairs), level, seed),
                    0.0,
                )
            }
            Self::ClusteredMean => {
                let mut cluster = || {
                    let shared = law.draw(chance);
                    let sum: f64 = (0..5).map(|_| shared + law.draw(chance)).sum();
                    [sum, 5.0]
                };
                let clusters: Vec<[f64; 2]> = (0..n).map(|_| cluster()).collect();
                (bootstrap::mean(&clusters, level, seed), 2.0 * law.mean())
            }
        }
    }
}

/// How often intervals held the truth, or missed it on either side.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Coverage {
    pub(crate) tries: u32,
    pub(crate) refused: u32,
    pub(crate) truth_below: u32,
    pub(crate) truth_above: u32,
}

impl Coverage {
    fn note(&mut self, interval: Option<Interval>, truth: f64) {
        self.tries += 1;
        match interval {
            None => self.refused += 1,
            Some(interval) => {
                self.truth_below += u32::from(truth < interval.low());
                self.truth_above += u32::from(truth > interval.high());
            }
        }
    }

    pub(crate) fn share(self) -> f64 {
        1.0 - f64::from(self.truth_below + self.truth_above) / f64::from(self.tries)
    }
}

pub(crate) fn coverage(method: Method, law: Law, n: usize, tries: u32, seed: u64) -> Coverage {
    let mut chance = Chance::new(seed);
    let mut coverage = Coverage::default();
    for _ in 0..tries {
        let (interval, truth) = method.try_once(law, n, &mut chance);
        coverage.note(interval, truth);
    }
    coverage
}

fn events(p: f64, n: u64, chance: &mut Chance) -> Proportion {
    let events = (0..n).filter(|_| chance.uniform() < p).count() as u64;
    Proportion::new(events, n).unwrap()
}

/// One share: the exact interval.
pub(crate) fn share_coverage(p: f64, n: u64, tries: u32, seed: u64) -> Coverage {
    let mut chance = Chance::new(seed);
    let mut coverage = Coverage::default();
    for _ in 0..tries {
        coverage.note(
            events(p, n, &mut chance).interval(Confidence::TWO_SIDED_95),
            p,
        );
    }
    coverage
}

/// Two equal shares: Miettinen and Nurminen, Newcombe.
pub(crate) fn share_difference_coverage(p: f64, n: u64, tries: u32, seed: u64) -> [Coverage; 2] {
    let mut chance = Chance::new(seed);
    let mut coverage = [Coverage::default(); 2];
    let level = Confidence::TWO_SIDED_95;
    for _ in 0..tries {
        let (one, other) = (events(p, n, &mut chance), events(p, n, &mut chance));
        coverage[0].note(Proportion::difference(one, other, level), 0.0);
        coverage[1].note(Proportion::difference_newcombe(one, other, level), 0.0);
    }
    coverage
}

/// A monitor of two equal arms that looks sixty times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Monitor {
    /// The fixed-sample z test at each look: what peeking does.
    Naive,
    Spending(Shape),
    MeanSequence,
    ShareSequence,
    QuantileSequence,
}

pub(crate) const LOOKS: usize = 60;
const PER_LOOK: usize = 50;

/// The share of A/A monitors that raise an alarm at any of the looks.
pub(crate) fn false_alarms(monitor: Monitor, law: Law, tries: u32, seed: u64) -> f64 {
    let mut chance = Chance::new(seed);
    let fractions: Vec<f64> = (1..=LOOKS).map(|look| look as f64 / LOOKS as f64).collect();
    let boundaries = match monitor {
        Monitor::Spending(shape) => {
            spending::boundaries(&fractions, shape, Confidence::TWO_SIDED_95).unwrap()
        }
        Monitor::Naive
        | Monitor::MeanSequence
        | Monitor::ShareSequence
        | Monitor::QuantileSequence => vec![1.959_963_984_540_054; LOOKS],
    };
    let alarms = (0..tries)
        .filter(|_| raises(monitor, law, &boundaries, &mut chance))
        .count();
    alarms as f64 / f64::from(tries)
}

fn raises(monitor: Monitor, law: Law, boundaries: &[f64], chance: &mut Chance) -> bool {
    let level = Confidence::TWO_SIDED_95;
    let (mut one, mut other) = (Vec::new(), Vec::new());
    let (mut c, mut b) = (Moments::default(), Moments::default());
    boundaries.iter().any(|boundary| {
        for _ in 0..PER_LOOK {
            let (x, y) = (law.draw(chance), law.draw(chance));
            one.push(x);
            other.push(y);
            c.push(x);
            b.push(y);
        }
        let n = one.len() as u64;
        let share = |values: &[f64]| {
            let above = values
                .iter()
                .filter(|&&value| value > law.quantile(95))
                .count();
            Proportion::new(above as u64, n).unwrap()
        };
        let interval = match monitor {
            Monitor::Naive | Monitor::Spending(_) => {
                let variance = (c.variance().unwrap() + b.variance().unwrap()) / n as f64;
                let z = (c.mean() - b.mean()) / variance.sqrt();
                Interval::new(z - boundary, z + boundary).ok()
            }
            Monitor::MeanSequence => sequence::mean_difference(&c, &b, 1_500, level),
            Monitor::ShareSequence => {
                sequence::proportion_difference(share(&one), share(&other), level)
            }
            Monitor::QuantileSequence => {
                sequence::quantile_difference(&one, &other, 0.95, 1_500, level)
            }
        };
        interval.is_some_and(|interval| !interval.contains(0.0))
    })
}
