//! The type-7 quantile of observations that come in clusters (a run, an instance-and-minute, a
//! task) and are not independent inside one. The cluster is the unit.
//!
//! One arm: Woodruff's interval (1952). The share of values below the quantile gets an exact
//! binomial interval on the effective sample size of Korn and Graubard (1998), which is the
//! sample size over the design effect, corrected for the number of clusters; its ends are read
//! back as quantiles.
//! Two arms: block bootstrap. Clusters are drawn with replacement, the percentile interval is
//! widened for few clusters as Hesterberg's expanded percentile interval (2014). Arms made with
//! the same seed and the same clusters are drawn together, which is what pairs need.

use adjutant_domain::{Confidence, Interval};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use crate::bootstrap::CLUSTERS_MIN;
use crate::quantile::samples_needed;
use crate::{beta, normal};

/// How many times the clusters are drawn.
pub const DRAWS: usize = 1_999;

/// With very many clusters fewer draws are made, so that an answer takes about a second.
const DRAWS_MIN: usize = 499;

/// Cluster visits that all draws together may make.
const VISITS_MAX: usize = 400_000_000;

/// Checkpoint counts that may be kept: 16 MB.
const CHECKPOINT_COUNTS_MAX: usize = 4_000_000;

/// Sorted values between two checkpoints, at least.
const STRIDE_MIN: usize = 256;

/// A quantile of one clustered sample, with everything its intervals need.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusteredQuantile {
    p: f64,
    value: f64,
    clusters: usize,
    design_effect: f64,
    sorted: Vec<f64>,
    /// The quantile of each draw, in the order of the draws.
    draws: Vec<f64>,
}

impl ClusteredQuantile {
    /// `clusters[i]` is the cluster of `values[i]`, a dense index from 0. `None` when the lengths
    /// differ, a value is not finite, `p` is not inside `(0, 1)`, a cluster is empty, or there are
    /// fewer than [`CLUSTERS_MIN`] clusters.
    pub fn of(values: &[f64], clusters: &[u32], p: f64, seed: u64) -> Option<Self> {
        let is_sound = values.len() == clusters.len()
            && !values.is_empty()
            && p > 0.0
            && p < 1.0
            && values.iter().all(|value| value.is_finite());
        if !is_sound {
            return None;
        }
        let sizes = sizes(clusters);
        if sizes.len() < CLUSTERS_MIN || sizes.contains(&0) {
            return None;
        }
        let mut rows: Vec<(f64, u32)> = values
            .iter()
            .copied()
            .zip(clusters.iter().copied())
            .collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let sorted: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let value = type_7(&sorted, p);
        Some(Self {
            p,
            value,
            clusters: sizes.len(),
            design_effect: design_effect(&rows, &sizes, value, p),
            draws: Blocks::of(&rows, &sizes).draw(p, seed),
            sorted,
        })
    }

    /// The quantile of the sample.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// How many observations it stands on.
    pub fn n(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// How many clusters they come from.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    /// Which quantile: 0.95 for p95.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// How many independent observations would say as much, at this confidence.
    pub fn effective_n(&self, confidence: Confidence) -> f64 {
        let tail = confidence.tail();
        let n = self.sorted.len() as f64;
        let z = normal::upper_quantile(tail);
        let t = beta::student_upper_quantile(tail, self.clusters as f64 - 1.0);
        n / self.design_effect * (z / t).powi(2)
    }

    /// The interval of the quantile. `None` when the effective sample is below
    /// [`samples_needed`].
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        let tail = confidence.tail();
        let n = self.effective_n(confidence);
        if !(tail > 0.0 && tail < 0.5) || n < samples_needed(self.p, confidence) as f64 {
            return None;
        }
        let (below, above) = (n * self.p, n * (1.0 - self.p));
        let low = beta::quantile(tail, below, above + 1.0);
        let high = beta::quantile(1.0 - tail, below + 1.0, above);
        Interval::new(type_7(&self.sorted, low), type_7(&self.sorted, high)).ok()
    }

    /// The interval of `candidate - baseline`.
    pub fn difference(
        candidate: &Self,
        baseline: &Self,
        confidence: Confidence,
    ) -> Option<Interval> {
        combined(candidate, baseline, confidence, |c, b| c - b)
    }

    /// The interval of `candidate / baseline`. `None` when a drawn baseline is not positive.
    pub fn ratio(candidate: &Self, baseline: &Self, confidence: Confidence) -> Option<Interval> {
        if baseline.draws.iter().any(|&draw| draw <= 0.0) {
            return None;
        }
        combined(candidate, baseline, confidence, |c, b| c / b)
    }
}

fn combined(
    candidate: &ClusteredQuantile,
    baseline: &ClusteredQuantile,
    confidence: Confidence,
    combine: impl Fn(f64, f64) -> f64,
) -> Option<Interval> {
    let too_small = |arm: &ClusteredQuantile| {
        arm.effective_n(confidence) < samples_needed(arm.p, confidence) as f64
    };
    let tail = confidence.tail();
    if !(tail > 0.0 && tail < 0.5) || too_small(candidate) || too_small(baseline) {
        return None;
    }
    let mut draws: Vec<f64> = candidate
        .draws
        .iter()
        .zip(&baseline.draws)
        .map(|(&c, &b)| combine(c, b))
        .collect();
    draws.sort_unstable_by(f64::total_cmp);
    let groups = candidate.clusters.min(baseline.clusters) as f64;
    let reach = (groups / (groups - 1.0)).sqrt() * beta::student_upper_quantile(tail, groups - 1.0);
    let expanded = normal::survival(reach);
    Interval::new(type_7(&draws, expanded), type_7(&draws, 1.0 - expanded)).ok()
}

fn sizes(clusters: &[u32]) -> Vec<u32> {
    let count = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sizes = vec![0; count];
    clusters
        .iter()
        .for_each(|&cluster| sizes[cluster as usize] += 1);
    sizes
}

/// Linear interpolation at rank `(n - 1) p`.
fn type_7(sorted: &[f64], p: f64) -> f64 {
    let rank = (sorted.len() - 1) as f64 * p;
    let at = (rank.floor() as usize).min(sorted.len() - 1);
    let next = (at + 1).min(sorted.len() - 1);
    sorted[at] + (rank - at as f64) * (sorted[next] - sorted[at])
}

/// By how much clusters inflate the variance of the share of values up to the quantile; never
/// below 1, because chance alone can make it look smaller.
fn design_effect(rows: &[(f64, u32)], sizes: &[u32], value: f64, p: f64) -> f64 {
    let mut below = vec![0.0; sizes.len()];
    rows.iter()
        .take_while(|row| row.0 <= value)
        .for_each(|row| below[row.1 as usize] += 1.0);
    let share = below.iter().sum::<f64>() / rows.len() as f64;
    let between: f64 = below
        .iter()
        .zip(sizes)
        .map(|(below, &size)| (below - share * f64::from(size)).powi(2))
        .sum();
    let groups = sizes.len() as f64;
    let independent = rows.len() as f64 * p * (1.0 - p);
    (groups / (groups - 1.0) * between / independent).max(1.0)
}

/// Sorted rows with, at every stride, how many rows of each cluster lie before it.
struct Blocks<'r> {
    rows: &'r [(f64, u32)],
    sizes: &'r [u32],
    stride: usize,
    before: Vec<u32>,
}

impl<'r> Blocks<'r> {
    fn of(rows: &'r [(f64, u32)], sizes: &'r [u32]) -> Self {
        let groups = sizes.len();
        let stride = (rows.len() * groups / CHECKPOINT_COUNTS_MAX + 1).max(STRIDE_MIN);
        let mut before = Vec::with_capacity((rows.len() / stride + 1) * groups);
        let mut counts = vec![0u32; groups];
        for (at, row) in rows.iter().enumerate() {
            if at % stride == 0 {
                before.extend_from_slice(&counts);
            }
            counts[row.1 as usize] += 1;
        }
        Self {
            rows,
            sizes,
            stride,
            before,
        }
    }

    fn draw(&self, p: f64, seed: u64) -> Vec<f64> {
        let groups = self.sizes.len();
        let checkpoints = self.before.len() / groups;
        let visits = groups * (2 + checkpoints.ilog2() as usize) + self.stride;
        let draws = (VISITS_MAX / visits).clamp(DRAWS_MIN, DRAWS);
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut weights = vec![0u32; groups];
        (0..draws)
            .map(|_| {
                weights.fill(0);
                for _ in 0..groups {
                    // The high half of 64 random bits times the count: a bias below 2^-32.
                    let at = ((chance.next_u64() >> 32) * groups as u64) >> 32;
                    weights[at as usize] += 1;
                }
                self.weighted_quantile(&weights, p)
            })
            .collect()
    }

    /// The type-7 quantile of the sample in which each row counts as often as its cluster.
    fn weighted_quantile(&self, weights: &[u32], p: f64) -> f64 {
        let dot = |counts: &[u32]| -> u64 {
            counts
                .iter()
                .zip(weights)
                .map(|(&count, &weight)| u64::from(count) * u64::from(weight))
                .sum()
        };
        let rank = (dot(self.sizes) - 1) as f64 * p;
        let target = rank.floor() as u64;
        let groups = self.sizes.len();
        // The last checkpoint with at most `target` counted rows before it.
        let (mut low, mut high) = (0, self.before.len() / groups);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if dot(&self.before[middle * groups..(middle + 1) * groups]) <= target {
                low = middle;
            } else {
                high = middle;
            }
        }
        let mut counted = dot(&self.before[low * groups..(low + 1) * groups]);
        let mut lower = None;
        for &(value, cluster) in &self.rows[low * self.stride..] {
            counted += u64::from(weights[cluster as usize]);
            if lower.is_none() && counted > target {
                lower = Some(value);
            }
            if let (Some(lower), true) = (lower, counted > target + 1) {
                return lower + (rank - target as f64) * (value - lower);
            }
        }
        lower.unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform(chance: &mut Xoshiro256PlusPlus) -> f64 {
        ((chance.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn bell(chance: &mut Xoshiro256PlusPlus) -> f64 {
        normal::quantile(uniform(chance))
    }

    /// Log-normal values whose clusters share a part of their spread.
    fn sample(groups: u32, size: u32, shared: f64, seed: u64) -> (Vec<f64>, Vec<u32>) {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (mut values, mut clusters) = (vec![], vec![]);
        for group in 0..groups {
            let common = bell(&mut chance);
            for _ in 0..size {
                let own = bell(&mut chance);
                let z = shared.sqrt() * common + (1.0 - shared).sqrt() * own;
                values.push((0.4 * z).exp());
                clusters.push(group);
            }
        }
        (values, clusters)
    }

    #[test]
    fn a_weighted_quantile_is_the_quantile_of_the_repeated_rows() {
        let (values, clusters) = sample(12, 90, 0.3, 5);
        let mut rows: Vec<(f64, u32)> = values.into_iter().zip(clusters).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sizes = [90; 12];
        let weights = [0, 1, 2, 0, 3, 1, 1, 0, 2, 1, 1, 0];
        let mut repeated: Vec<f64> = rows
            .iter()
            .flat_map(|row| std::iter::repeat_n(row.0, weights[row.1 as usize] as usize))
            .collect();
        repeated.sort_by(f64::total_cmp);
        let blocks = Blocks::of(&rows, &sizes);
        for p in [0.01, 0.5, 0.95, 0.999] {
            let found = blocks.weighted_quantile(&weights, p);
            assert!((found - type_7(&repeated, p)).abs() < 1e-12, "{p}");
        }
    }

    #[test]
    fn too_few_clusters_or_ragged_columns_give_nothing() {
        let (values, clusters) = sample(9, 100, 0.0, 1);
        assert_eq!(ClusteredQuantile::of(&values, &clusters, 0.95, 1), None);
        let (values, clusters) = sample(20, 10, 0.0, 1);
        assert_eq!(
            ClusteredQuantile::of(&values, &clusters[1..], 0.95, 1),
            None
        );
        assert_eq!(ClusteredQuantile::of(&values, &clusters, 1.0, 1), None);
    }

    #[test]
    fn the_same_seed_draws_both_arms_together() {
        let (values, clusters) = sample(30, 40, 0.5, 9);
        let slower: Vec<f64> = values.iter().map(|value| value + 1.0).collect();
        let law = |values: &[f64], seed| ClusteredQuantile::of(values, &clusters, 0.9, seed);
        let paired = ClusteredQuantile::difference(
            &law(&slower, 3).unwrap(),
            &law(&values, 3).unwrap(),
            Confidence::TWO_SIDED_95,
        );
        let interval = paired.unwrap();
        assert!((interval.low() - 1.0).abs() < 1e-12 && (interval.high() - 1.0).abs() < 1e-12);
    }

    /// Nominal 95 % intervals of 400 repetitions, whose own error is 1.1 points. An interval that
    /// takes these observations as independent covers 60 to 75 %.
    #[test]
    fn intervals_cover_although_observations_in_a_cluster_resemble_each_other() {
        let truth = (0.4 * normal::quantile(0.95)).exp();
        for (groups, size, shared) in [(30, 100, 0.1), (60, 50, 0.2)] {
            let (mut one, mut two, mut answers) = (0, 0, 0);
            for seed in 0..400 {
                let law = |seed: u64| {
                    let (values, clusters) = sample(groups, size, shared, seed);
                    ClusteredQuantile::of(&values, &clusters, 0.95, seed).unwrap()
                };
                let (candidate, baseline) = (law(seed), law(seed + 10_000));
                let level = Confidence::TWO_SIDED_95;
                let difference = ClusteredQuantile::difference(&candidate, &baseline, level);
                if let (Some(interval), Some(difference)) = (candidate.interval(level), difference)
                {
                    answers += 1;
                    one += i32::from(interval.contains(truth));
                    two += i32::from(difference.contains(0.0));
                }
            }
            let share = |covered: i32| f64::from(covered) / f64::from(answers);
            assert!(answers >= 300, "{answers} answers of {groups} clusters");
            for covered in [one, two] {
                assert!(
                    (0.92..=0.99).contains(&share(covered)),
                    "{groups} clusters: one arm {:.3}, two arms {:.3}",
                    share(one),
                    share(two)
                );
            }
        }
    }
}
