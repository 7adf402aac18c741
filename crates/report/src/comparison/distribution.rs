//! The shape of an arm's samples, counted into bins for a small plot. It is for the eye: nothing
//! is decided on it, and it leaves out the outermost half per cent on each side.

use adjutant_domain::Histogram;

/// Bins of a distribution: a few for each column of the widest plot.
const BINS: usize = 512;
/// The range is guessed from so many samples at most, taken at even steps.
const SAMPLES_FOR_RANGE_MAX: usize = 4096;
/// So many samples at most are counted, in runs at even steps: a plot of two lines of blocks shows
/// no more, and a million values would take as long to count as to read.
const SAMPLES_COUNTED_MAX: usize = 65_536;
/// How many samples side by side are counted: fetching a single one from memory costs as much.
const RUN: usize = 16;
/// The share of the samples that is left out on each side.
const LEFT_OUT: f64 = 0.005;

/// Counts of samples in equal bins over the middle 99 % of their range.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    low: f64,
    high: f64,
    bins: Vec<f64>,
    total: f64,
}

impl Distribution {
    /// Counts samples, or an even choice among many; `None` when there is none.
    pub fn of_samples(values: &[f64]) -> Option<Self> {
        let step = |limit: usize| values.len().div_ceil(limit).max(1);
        let mut some: Vec<f64> = values
            .iter()
            .copied()
            .step_by(step(SAMPLES_FOR_RANGE_MAX))
            .collect();
        let left_out = (some.len() as f64 * LEFT_OUT) as usize;
        let highest = some.len().checked_sub(left_out + 1)?;
        let mut ranked = |rank: usize| *some.select_nth_unstable_by(rank, f64::total_cmp).1;
        let (low, high) = (ranked(left_out), ranked(highest));
        let runs = || values.chunks(RUN).step_by(step(SAMPLES_COUNTED_MAX));
        let counted: usize = runs().map(<[f64]>::len).sum();
        let mut distribution = Self::empty(low, high, counted as f64)?;
        let per_unit = BINS as f64 / (distribution.high - distribution.low);
        for value in runs().flatten() {
            let at = (value - distribution.low) * per_unit;
            if at >= 0.0
                && let Some(bin) = distribution.bins.get_mut(at as usize)
            {
                *bin += 1.0;
            }
        }
        Some(distribution)
    }

    /// Takes over counts in buckets, spread evenly over each; `None` when nothing was counted.
    pub fn of_histogram(histogram: &Histogram) -> Option<Self> {
        let total = histogram.count() as f64;
        let mut seen = 0.0;
        let mut low = None;
        let mut high = None;
        for bucket in histogram.buckets.iter().filter(|bucket| bucket.count > 0) {
            seen += bucket.count as f64;
            if low.is_none() && seen > total * LEFT_OUT {
                low = Some(bucket.low);
            }
            if high.is_none() && seen >= total * (1.0 - LEFT_OUT) {
                high = Some(bucket.high);
            }
        }
        let mut distribution = Self::empty(low?, high?, total)?;
        for bucket in &histogram.buckets {
            distribution.spread(bucket.low, bucket.high, bucket.count as f64);
        }
        Some(distribution)
    }

    /// The range that is counted.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The share of all samples that lies in `low .. high`, bins spread evenly.
    pub(crate) fn share(&self, low: f64, high: f64) -> f64 {
        let width = self.bin_width();
        let bins_below = |value: f64| ((value - self.low) / width) as usize;
        // One more on each side: rounding may move a bin's end across that of the range.
        let near = bins_below(low).saturating_sub(1)..bins_below(high).saturating_add(2);
        let bins = self.bins.iter().enumerate();
        let counted = bins.take(near.end).skip(near.start).map(|(at, count)| {
            let from = self.low + at as f64 * width;
            count * overlap((from, from + width), (low, high)) / width
        });
        counted.fold(0.0, |sum, count| sum + count) / self.total
    }

    fn empty(low: f64, high: f64, total: f64) -> Option<Self> {
        if !(low.is_finite() && high.is_finite() && total > 0.0) {
            return None;
        }
        // A single value still needs a bin with a width around it.
        let margin = if low == high {
            low.abs().max(1.0) * 1e-3
        } else {
            (high - low) / BINS as f64 / 2.0
        };
        Some(Self {
            low: low - margin,
            high: high + margin,
            bins: vec![0.0; BINS],
            total,
        })
    }

    fn bin_width(&self) -> f64 {
        (self.high - self.low) / self.bins.len() as f64
    }

    fn spread(&mut self, low: f64, high: f64, count: f64) {
        let (start, width) = (self.low, self.bin_width());
        for (at, bin) in self.bins.iter_mut().enumerate() {
            let from = start + at as f64 * width;
            let inside = if high > low {
                overlap((from, from + width), (low, high)) / (high - low)
            } else if from <= low && low < from + width {
                1.0
            } else {
                0.0
            };
            *bin += count * inside;
        }
    }
}

fn overlap(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.1.min(b.1) - a.0.max(b.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_among_many_samples_has_the_shape_of_all() {
        for n in [70_000, 1_000_003] {
            let values: Vec<f64> = (0..n)
                .map(|at| (f64::from(at) * 0.618_033_988_75).fract())
                .collect();
            let distribution = Distribution::of_samples(&values).unwrap();
            for from in [0.1, 0.4, 0.7] {
                let share = distribution.share(from, from + 0.2);
                assert!((share - 0.2).abs() < 0.01, "{share} of {n} from {from}");
            }
        }
    }

    #[test]
    fn a_share_counts_every_bin_that_the_range_touches() {
        let values: Vec<f64> = (0..5_000).map(|at| (f64::from(at) * 0.37).sin()).collect();
        let distribution = Distribution::of_samples(&values).unwrap();
        let width = distribution.bin_width();
        for low in -150..150 {
            for length in [0.0, 0.003, 0.01, 0.5, 3.0] {
                let range = (f64::from(low) / 100.0, f64::from(low) / 100.0 + length);
                let in_bin = |(at, count): (usize, &f64)| {
                    let from = distribution.low + at as f64 * width;
                    count * overlap((from, from + width), range) / width
                };
                let of_all: f64 = distribution.bins.iter().enumerate().map(in_bin).sum();
                let share = distribution.share(range.0, range.1);
                assert_eq!(share, of_all / distribution.total, "{range:?}");
            }
        }
    }
}
