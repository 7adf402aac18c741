//! A log-histogram for streams that are too long to keep: relative error at most 0.1 %, merges
//! without loss. A bucket is one sign, one binary exponent and the first nine bits of the
//! fraction, so counting is a shift and bucket borders are exact.

use adjutant_domain::{Bucket, Histogram};

/// The bits of a float that its bucket ignores: 52 bits of fraction, less the nine that count.
const IGNORED_BITS: u32 = 43;

/// Counts of finite observations. The middle of a bucket is within 2^-10 of all its values,
/// relatively. Values nearer to zero than the smallest normal float count as zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogHistogram {
    positive: Counts,
    negative: Counts,
    zeros: u64,
}

/// Counts of neighboring buckets; `first` is the index of `counts[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Counts {
    first: u64,
    counts: Vec<u64>,
}

impl LogHistogram {
    /// The largest relative error of a value read back.
    pub const RELATIVE_ERROR: f64 = 0.001;

    /// Counts one observation. Returns false, and counts nothing, when it is not finite.
    #[must_use]
    pub fn add(&mut self, value: f64) -> bool {
        self.add_many(value, 1)
    }

    /// Counts the same observation many times: the low end of a bucket of [`Self::to_histogram`]
    /// with its count makes that bucket again.
    #[must_use]
    pub fn add_many(&mut self, value: f64, count: u64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let magnitude = value.abs();
        if magnitude < f64::MIN_POSITIVE {
            self.zeros += count;
        } else {
            let side = if value > 0.0 {
                &mut self.positive
            } else {
                &mut self.negative
            };
            side.add(magnitude.to_bits() >> IGNORED_BITS, count);
        }
        true
    }

    /// Adds the counts of another. The result is what counting both streams into one would give.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        for (index, count) in other.positive.occupied() {
            self.positive.add(index, count);
        }
        for (index, count) in other.negative.occupied() {
            self.negative.add(index, count);
        }
    }

    /// How many observations are counted.
    pub fn count(&self) -> u64 {
        self.zeros + self.positive.total() + self.negative.total()
    }

    /// The type-7 quantile of the counted observations, within [`Self::RELATIVE_ERROR`] of the
    /// exact one as long as the two observations it lies between have the same sign. `None` when
    /// nothing is counted or `p` is not in `0 ..= 1`.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if self.count() == 0 || !(0.0..=1.0).contains(&p) {
            return None;
        }
        let position = (self.count() - 1) as f64 * p;
        let below = self.at_rank(position.floor() as u64)?;
        let above = self.at_rank(position.ceil() as u64)?;
        Some(below + position.fract() * (above - below))
    }

    /// The buckets that hold something, ascending, with the smallest and largest value each can
    /// hold.
    pub fn to_histogram(&self) -> Histogram {
        let negative = self.negative.occupied().map(|(index, count)| {
            let (low, high) = ends(index);
            Bucket {
                low: -high,
                high: -low,
                count,
            }
        });
        let mut buckets: Vec<Bucket> = negative.collect();
        buckets.reverse();
        if self.zeros > 0 {
            buckets.push(Bucket {
                low: 0.0,
                high: 0.0,
                count: self.zeros,
            });
        }
        buckets.extend(self.positive.occupied().map(|(index, count)| {
            let (low, high) = ends(index);
            Bucket { low, high, count }
        }));
        Histogram { buckets }
    }

    /// The middle of the bucket that holds the observation of this rank (0-based).
    fn at_rank(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        for bucket in self.to_histogram().buckets {
            seen += bucket.count;
            if rank < seen {
                return Some(bucket.low + 0.5 * (bucket.high - bucket.low));
            }
        }
        None
    }
}

/// The smallest and the largest float of a bucket.
fn ends(index: u64) -> (f64, f64) {
    let low = f64::from_bits(index << IGNORED_BITS);
    let high = f64::from_bits(((index + 1) << IGNORED_BITS) - 1);
    (low, high)
}

impl Counts {
    fn add(&mut self, index: u64, count: u64) {
        if self.counts.is_empty() {
            self.first = index;
        }
        if index < self.first {
            let missing = (self.first - index) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = index;
        }
        let at = (index - self.first) as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += count;
    }

    fn occupied(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let indexed = (self.first..).zip(self.counts.iter().copied());
        indexed.filter(|&(_, count)| count > 0)
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}
