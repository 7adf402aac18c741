//! What is resampled: clusters, each as the vector of its sums.

/// Clusters of observations. Implemented for plain observations (nothing is copied) and for sums
/// per key.
pub trait Clusters<const D: usize>: Sync {
    /// How many clusters.
    fn count(&self) -> usize;

    /// The sums of one cluster.
    fn sums(&self, at: usize) -> [f64; D];

    /// The sums of all clusters together.
    fn total(&self) -> [f64; D] {
        let mut total = [0.0; D];
        for at in 0..self.count() {
            let sums = self.sums(at);
            total
                .iter_mut()
                .zip(sums)
                .for_each(|(sum, value)| *sum += value);
        }
        total
    }

    /// The sums of products of deviations from `mean`: `D` by `D`.
    fn scatter(&self, mean: &[f64; D]) -> [[f64; D]; D] {
        let mut scatter = [[0.0; D]; D];
        for at in 0..self.count() {
            let sums = self.sums(at);
            let deviation: [f64; D] = std::array::from_fn(|d| sums[d] - mean[d]);
            for (row, left) in scatter.iter_mut().zip(deviation) {
                row.iter_mut()
                    .zip(deviation)
                    .for_each(|(cell, right)| *cell += left * right);
            }
        }
        scatter
    }

    /// The sum of cubes of the deviations along `gradient`.
    fn cubes(&self, mean: &[f64; D], gradient: &[f64; D]) -> f64 {
        let mut cubes = 0.0;
        for at in 0..self.count() {
            let sums = self.sums(at);
            let along: f64 = (0..D).map(|d| gradient[d] * (sums[d] - mean[d])).sum();
            cubes += along * along * along;
        }
        cubes
    }
}

impl<const D: usize> Clusters<D> for [[f64; D]] {
    fn count(&self) -> usize {
        self.len()
    }

    fn sums(&self, at: usize) -> [f64; D] {
        self[at]
    }
}

impl<const D: usize> Clusters<D> for Vec<[f64; D]> {
    fn count(&self) -> usize {
        self.len()
    }

    fn sums(&self, at: usize) -> [f64; D] {
        self[at]
    }
}

impl<const D: usize, C: Clusters<D> + ?Sized> Clusters<D> for &C {
    fn count(&self) -> usize {
        (**self).count()
    }

    fn sums(&self, at: usize) -> [f64; D] {
        (**self).sums(at)
    }

    fn total(&self) -> [f64; D] {
        (**self).total()
    }

    fn scatter(&self, mean: &[f64; D]) -> [[f64; D]; D] {
        (**self).scatter(mean)
    }

    fn cubes(&self, mean: &[f64; D], gradient: &[f64; D]) -> f64 {
        (**self).cubes(mean, gradient)
    }
}

/// The sums `[sum of values, count]` of a cluster.
pub type MeanSums = [f64; 2];

/// Observations, each its own cluster, read in place: what a million of them want.
#[derive(Debug, Clone, Copy)]
pub struct Singles<'a>(pub &'a [f64]);

/// The same as sums of their own, to be kept or mixed with [`grouped`] ones.
pub fn singles(values: &[f64]) -> Vec<MeanSums> {
    values.iter().map(|&value| [value, 1.0]).collect()
}

/// Only the value varies, never the count, so one sum of powers is all that each pass needs.
impl Clusters<2> for Singles<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn sums(&self, at: usize) -> MeanSums {
        [self.0[at], 1.0]
    }

    fn total(&self) -> MeanSums {
        [sum_of(self.0, |value| value), self.0.len() as f64]
    }

    fn scatter(&self, mean: &MeanSums) -> [MeanSums; 2] {
        let squares = sum_of(self.0, |value| (value - mean[0]) * (value - mean[0]));
        [[squares, 0.0], [0.0, 0.0]]
    }

    fn cubes(&self, mean: &MeanSums, gradient: &MeanSums) -> f64 {
        let cube = |value: f64| {
            let along = gradient[0] * (value - mean[0]);
            along * along * along
        };
        sum_of(self.0, cube)
    }
}

/// Adds in independent lanes, in an order that does not depend on the machine.
fn sum_of(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        lanes
            .iter_mut()
            .zip(block)
            .for_each(|(lane, &value)| *lane += term(value));
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| term(value)).sum::<f64>()
}

/// The sums `[sum of candidate, sum of baseline, count of pairs]` of a cluster of pairs.
pub type PairSums = [f64; 3];

/// Pairs `(candidate, baseline)`, each its own cluster, read in place.
#[derive(Debug, Clone, Copy)]
pub struct SinglePairs<'a>(pub &'a [(f64, f64)]);

/// The same as sums of their own.
pub fn single_pairs(pairs: &[(f64, f64)]) -> Vec<PairSums> {
    pairs
        .iter()
        .map(|&(candidate, baseline)| [candidate, baseline, 1.0])
        .collect()
}

impl Clusters<3> for SinglePairs<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn sums(&self, at: usize) -> PairSums {
        let (candidate, baseline) = self.0[at];
        [candidate, baseline, 1.0]
    }
}

/// One cluster per key; `keys[i]` is the key of `values[i]` (a small dense index, such as
/// `domain::Keys::rows`). `None` when the lengths differ. Clusters come in the order of their keys.
pub fn grouped(values: &[f64], keys: &[u32]) -> Option<Vec<MeanSums>> {
    group(values.iter().map(|&value| [value, 1.0]), keys)
}

/// One cluster of pairs per key.
pub fn grouped_pairs(pairs: &[(f64, f64)], keys: &[u32]) -> Option<Vec<PairSums>> {
    group(
        pairs
            .iter()
            .map(|&(candidate, baseline)| [candidate, baseline, 1.0]),
        keys,
    )
}

/// Adds up rows by key; the last sum is the count, which tells keys that never occur.
fn group<const D: usize>(
    rows: impl ExactSizeIterator<Item = [f64; D]>,
    keys: &[u32],
) -> Option<Vec<[f64; D]>> {
    if rows.len() != keys.len() {
        return None;
    }
    let count = keys.iter().max().map_or(0, |&key| key as usize + 1);
    let mut clusters = vec![[0.0; D]; count];
    for (row, &key) in rows.zip(keys) {
        clusters[key as usize]
            .iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    clusters.retain(|cluster| cluster[D - 1] > 0.0);
    Some(clusters)
}
