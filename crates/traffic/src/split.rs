//! Which arm a request goes to. Without a key, an additive sequence by the golden ratio: any run of
//! requests, and any regular part of one, is split as configured within a few requests. With a
//! key, weighted rendezvous hashing: a key leaves its arm only when that arm's part shrinks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::desired::WEIGHT_WHOLE;

/// 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A sequence of points, spread evenly over all `u64`.
#[derive(Debug)]
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn from(start: u64) -> Self {
        Self(AtomicU64::new(mixed(start)))
    }

    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(GOLDEN, Ordering::Relaxed)
    }
}

/// A point as basis points, 0 to 9,999.
pub(crate) fn basis_points(point: u64) -> u32 {
    ((u128::from(point) * u128::from(WEIGHT_WHOLE)) >> 64) as u32
}

/// The arm of a point. The weights add up to [`WEIGHT_WHOLE`].
pub(crate) fn arm_at(point: u64, weights: impl Iterator<Item = u32>) -> usize {
    let place = basis_points(point);
    let mut below = 0;
    let mut last = 0;
    for (arm, weight) in weights.enumerate() {
        below += weight;
        if place < below {
            return arm;
        }
        last = arm;
    }
    last
}

/// The arm of a key: the least of `-ln(u) / weight`, with a `u` for each pair of arm and key
/// (Thaler and Ravishankar's rendezvous hashing with the weights of Schindelhauer and Schomaker).
/// An arm is known by the hash of its name, so that the order of the arms means nothing.
pub(crate) fn arm_of_key(key: &[u8], arms: impl Iterator<Item = (u64, u32)>) -> usize {
    let key = hash(key);
    let mut best = (f64::INFINITY, 0);
    for (arm, (name, weight)) in arms.enumerate() {
        if weight == 0 {
            continue;
        }
        // 53 bits, never 0: the logarithm is finite.
        let u = ((mixed(key ^ name) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let score = -u.ln() / f64::from(weight);
        if score < best.0 {
            best = (score, arm);
        }
    }
    best.1
}

/// FNV-1a, mixed: the same in every process and on every machine.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let each = bytes.iter();
    mixed(each.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    }))
}

/// The finaliser of SplitMix64.
pub(crate) fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Weights of two to five arms that add up to the whole.
    fn weights() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(0..=WEIGHT_WHOLE, 1..5).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts.insert(0, 0);
            cuts.push(WEIGHT_WHOLE);
            cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
        })
    }

    fn names(count: usize) -> Vec<u64> {
        (0..count)
            .map(|arm| hash(format!("arm-{arm}").as_bytes()))
            .collect()
    }

    proptest! {
        #[test]
        fn any_run_of_requests_is_split_as_configured(
            weights in weights(), start: u64, stride in 1_usize..8, requests in 1_usize..5_000,
        ) {
            let sequence = Sequence::from(start);
            let mut counts = vec![0_u64; weights.len()];
            for _ in 0..requests {
                counts[arm_at(sequence.next(), weights.iter().copied())] += 1;
                for _ in 1..stride {
                    sequence.next();
                }
            }
            for (count, weight) in counts.iter().zip(&weights) {
                let expected = requests as f64 * f64::from(*weight) / f64::from(WEIGHT_WHOLE);
                // The discrepancy of the sequence grows with the logarithm of its length, and the
                // strides of a Fibonacci number are its worst.
                prop_assert!((*count as f64 - expected).abs() <= 20.0, "{count} for {expected}");
            }
        }

        #[test]
        fn an_arm_that_grows_keeps_its_keys(
            weights in weights(), chosen: prop::sample::Index, key: u64, taken in 0.0..1.0_f64,
        ) {
            let chosen = chosen.index(weights.len());
            let grown: Vec<u32> = {
                let mut others: Vec<u32> = weights
                    .iter()
                    .map(|weight| (f64::from(*weight) * taken) as u32)
                    .collect();
                others[chosen] = 0;
                others[chosen] = WEIGHT_WHOLE - others.iter().sum::<u32>();
                others
            };
            prop_assume!(grown[chosen] >= weights[chosen]);
            let names = names(weights.len());
            let arm = |weights: &[u32]| {
                let arms = names.iter().copied().zip(weights.iter().copied());
                arm_of_key(&key.to_le_bytes(), arms)
            };
            if arm(&weights) == chosen {
                prop_assert_eq!(arm(&grown), chosen);
            }
        }
    }

    #[test]
    fn keys_are_split_as_configured() {
        let weights = [7_000, 2_500, 500];
        let names = names(3);
        let mut counts = [0_u32; 3];
        for key in 0..100_000_u32 {
            let arms = names.iter().copied().zip(weights);
            counts[arm_of_key(&key.to_le_bytes(), arms)] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            let expected = f64::from(weight) * 10.0;
            // Five standard deviations of a binomial count.
            let margin = 5.0 * (expected * (1.0 - f64::from(weight) / 10_000.0)).sqrt();
            assert!((f64::from(*count) - expected).abs() < margin, "{counts:?}");
        }
    }

    #[test]
    fn an_arm_without_weight_gets_nothing() {
        for point in [0, 1, u64::MAX / 2, u64::MAX] {
            assert_eq!(arm_at(point, [0, WEIGHT_WHOLE, 0].into_iter()), 1);
            let arms = names(3).into_iter().zip([0, WEIGHT_WHOLE, 0]);
            assert_eq!(arm_of_key(&point.to_le_bytes(), arms), 1);
        }
    }
}
