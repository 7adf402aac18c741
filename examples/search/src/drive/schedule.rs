//! When which query goes to which arm: decided before the first request is sent, so that a slow
//! answer cannot delay the next question (open loop).

use std::time::Duration;

/// One of the two services under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arm {
    Baseline,
    Candidate,
}

impl Arm {
    /// The subject whose evidence this arm gives.
    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}

/// How much load.
pub(crate) struct Load {
    /// For how long.
    pub(crate) length: Duration,
    /// Requests per second and arm.
    pub(crate) rate: u32,
    /// Where the chance starts: the same seed gives the same plan.
    pub(crate) seed: u64,
}

/// A request to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shot {
    /// When, from the start.
    pub(crate) at: Duration,
    /// To whom.
    pub(crate) arm: Arm,
    /// Which query, as an index.
    pub(crate) query: usize,
}

/// Plans Poisson arrivals at twice the rate. They come in pairs: both arms get the same query, one
/// right after the other, in an order drawn anew each time. So whatever the machine does, it does
/// to both arms alike, and each arm has a steady rate. Queries come round in shuffled order.
pub(crate) fn plan(load: &Load, queries: usize) -> Vec<Shot> {
    let mut chance = Chance(load.seed);
    let mut shots = Vec::new();
    let mut order: Vec<usize> = Vec::new();
    let mean_gap = 0.5 / f64::from(load.rate);
    let pairs = load.length.as_secs_f64() * f64::from(load.rate);
    let mut at = 0.0;
    while (shots.len() as f64) < 2.0 * pairs.floor() {
        if order.is_empty() {
            order = chance.shuffled(queries);
        }
        let Some(query) = order.pop() else { break };
        let arms = if chance.unit() < 0.5 {
            [Arm::Baseline, Arm::Candidate]
        } else {
            [Arm::Candidate, Arm::Baseline]
        };
        for arm in arms {
            at += -mean_gap * (1.0 - chance.unit()).ln();
            shots.push(Shot {
                at: Duration::from_secs_f64(at),
                arm,
                query,
            });
        }
    }
    shots
}

/// The visits of one arm without end: when, from the start, and which query. Poisson arrivals;
/// queries come round in shuffled order.
pub(crate) fn visits(
    rate: u32,
    seed: u64,
    queries: usize,
) -> impl Iterator<Item = (Duration, usize)> {
    let mut chance = Chance(seed);
    let mut order: Vec<usize> = Vec::new();
    let mean_gap = 1.0 / f64::from(rate);
    let mut at = 0.0;
    std::iter::from_fn(move || {
        if order.is_empty() {
            order = chance.shuffled(queries);
        }
        at += -mean_gap * (1.0 - chance.unit()).ln();
        Some((Duration::from_secs_f64(at), order.pop()?))
    })
}

/// A small deterministic generator (SplitMix64).
struct Chance(u64);

impl Chance {
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The numbers below `count` in random order (Fisher and Yates).
    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = (self.unit() * (last + 1) as f64) as usize;
            numbers.swap(last, other);
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(seconds: u64, seed: u64) -> Vec<Shot> {
        plan(
            &Load {
                length: Duration::from_secs(seconds),
                rate: 200,
                seed,
            },
            7,
        )
    }

    #[test]
    fn both_arms_get_the_same_queries_equally_often() {
        let shots = plan_of(60, 1);
        assert_eq!(shots.len(), 2 * 12_000);
        for pair in shots.chunks(2) {
            assert_eq!(pair[0].query, pair[1].query);
            assert_ne!(pair[0].arm, pair[1].arm);
        }
        let firsts = shots
            .chunks(2)
            .filter(|pair| pair[0].arm == Arm::Baseline)
            .count();
        assert!(
            (5_700..6_300).contains(&firsts),
            "the baseline goes first {firsts} times"
        );
    }

    #[test]
    fn arrivals_are_in_order_at_the_rate_and_as_irregular_as_chance() {
        let shots = plan_of(60, 2);
        assert!(shots.is_sorted_by_key(|shot| shot.at));
        let end = shots.last().expect("shots").at.as_secs_f64();
        assert!((57.0..63.0).contains(&end), "ends after {end} s");
        let gaps: Vec<f64> = shots
            .windows(2)
            .map(|pair| (pair[1].at - pair[0].at).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let variation = variance.sqrt() / mean;
        assert!(
            (0.97..1.03).contains(&variation),
            "an exponential has 1, not {variation}"
        );
    }

    #[test]
    fn visits_come_at_their_rate_and_ask_every_query() {
        let first: Vec<_> = visits(100, 4, 7).take(700).collect();
        let last = first.last().expect("visits").0.as_secs_f64();
        assert!((6.0..8.0).contains(&last), "700 visits took {last} s");
        for query in 0..7 {
            assert_eq!(first.iter().filter(|(_, one)| *one == query).count(), 100);
        }
    }

    #[test]
    fn the_seed_decides_the_plan() {
        assert_eq!(plan_of(2, 3), plan_of(2, 3));
        assert_ne!(plan_of(2, 3), plan_of(2, 4));
    }
}
