//! Bias-corrected and accelerated (BCa) bootstrap for smooth statistics of sums: means, ratios of
//! means, correlations, mean nDCG; paired where pairs exist, clustered where samples are not
//! independent. Not for quantiles: their jackknife is inconsistent, use [`crate::QuantileLaw`].
//!
//! A cluster is the unit that is resampled: a single observation, a pair, or everything that one
//! task, run, or instance-and-minute produced. It enters as the vector of its sums; the statistic
//! is a function of the total. Every interval is expanded for few clusters as by Hesterberg (2015,
//! "What teachers should know about the bootstrap"). Repeats of one task are one cluster: they are not new tasks.

mod analytic;
mod clusters;
mod resampled;

use adjutant_domain::{Confidence, Interval};

use crate::beta;
pub use clusters::{
    Clusters, MeanSums, PairSums, SinglePairs, Singles, grouped, grouped_pairs, single_pairs,
    singles,
};

/// How many resamples are drawn.
pub const RESAMPLES: usize = 9_999;

/// Above this many clusters the bootstrap's own second-order limit (ABC of DiCiccio and Efron,
/// 1992) takes its place. Its difference to BCa is of the order `1/n` of the interval, while the
/// chance in 9,999 draws is 2 % of it whatever `n`; and it takes microseconds where drawing takes
/// a tenth of a second.
pub const CLUSTERS_RESAMPLED_MAX: usize = 2_000;

/// Fewer clusters than this give no interval.
pub const CLUSTERS_MIN: usize = 10;

/// The bootstrap of one statistic, drawn once, to be asked for intervals at any level.
pub struct BootstrapLaw<'a> {
    clusters: usize,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Resampled(resampled::Resampled),
    Analytic(analytic::Analytic<'a>),
}

impl<'a> BootstrapLaw<'a> {
    /// The law of `statistic(total of each arm)`, arms independent of each other. `None` with
    /// fewer than [`CLUSTERS_MIN`] clusters in an arm, without any spread (the bootstrap cannot
    /// see what never varied), or when the statistic is not finite near the data.
    pub fn of<const D: usize, const K: usize>(
        arms: [&dyn Clusters<D>; K],
        statistic: impl Fn(&[[f64; D]; K]) -> f64 + Sync + 'a,
        seed: u64,
    ) -> Option<Self> {
        let smallest = arms.iter().map(|arm| arm.count()).min()?;
        let largest = arms.iter().map(|arm| arm.count()).max()?;
        if smallest < CLUSTERS_MIN {
            return None;
        }
        let kind = if largest <= CLUSTERS_RESAMPLED_MAX {
            Kind::Resampled(resampled::Resampled::of(arms, statistic, seed)?)
        } else {
            Kind::Analytic(analytic::Analytic::of(arms, statistic)?)
        };
        Some(Self {
            clusters: smallest,
            kind,
        })
    }

    /// The interval. `None` when the resamples do not reach that far out (tails below about
    /// 0.0002).
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        let tail = confidence.tail();
        if !(tail > 0.0 && tail < 0.5) {
            return None;
        }
        // A resample's variance is (n-1)/n of what it stands for, and estimated: Hesterberg's
        // expansion (2015) makes both good, or few clusters would cover less than they say.
        let n = self.clusters as f64;
        let z = beta::student_upper_quantile(tail, n - 1.0) * (n / (n - 1.0)).sqrt();
        let (one, other) = match &self.kind {
            Kind::Resampled(law) => (law.at(-z)?, law.at(z)?),
            Kind::Analytic(law) => (law.at(-z)?, law.at(z)?),
        };
        Interval::new(one.min(other), one.max(other)).ok()
    }
}

/// The interval of `statistic(total of all clusters)`. `None` as in [`BootstrapLaw::of`].
pub fn bca<const D: usize>(
    clusters: &(impl Clusters<D> + ?Sized),
    statistic: impl Fn(&[f64; D]) -> f64 + Sync,
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    BootstrapLaw::of(
        [&clusters as &dyn Clusters<D>],
        |[total]: &[[f64; D]; 1]| statistic(total),
        seed,
    )?
    .interval(confidence)
}

/// The interval of `statistic(total of candidate, total of baseline)` for independent arms.
pub fn bca_two_samples<const D: usize>(
    candidate: &(impl Clusters<D> + ?Sized),
    baseline: &(impl Clusters<D> + ?Sized),
    statistic: impl Fn(&[f64; D], &[f64; D]) -> f64 + Sync,
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let arms: [&dyn Clusters<D>; 2] = [&candidate, &baseline];
    BootstrapLaw::of(arms, |[c, b]: &[[f64; D]; 2]| statistic(c, b), seed)?.interval(confidence)
}

/// The interval of a mean.
pub fn mean(
    clusters: &(impl Clusters<2> + ?Sized),
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca(clusters, |[sum, count]| sum / count, confidence, seed)
}

/// The interval of `mean(candidate) - mean(baseline)`, independent arms.
pub fn mean_difference(
    candidate: &(impl Clusters<2> + ?Sized),
    baseline: &(impl Clusters<2> + ?Sized),
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca_two_samples(
        candidate,
        baseline,
        |c, b| c[0] / c[1] - b[0] / b[1],
        confidence,
        seed,
    )
}

/// The interval of `mean(candidate) / mean(baseline)`, independent arms. `None` when the baseline's
/// mean is not positive.
pub fn mean_ratio(
    candidate: &(impl Clusters<2> + ?Sized),
    baseline: &(impl Clusters<2> + ?Sized),
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    let ratio = |c: &MeanSums, b: &MeanSums| positive_ratio(c[0] / c[1], b[0] / b[1]);
    bca_two_samples(candidate, baseline, ratio, confidence, seed)
}

/// The interval of the mean of `candidate - baseline` over pairs.
pub fn paired_difference(
    clusters: &(impl Clusters<3> + ?Sized),
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca(clusters, |[c, b, n]| (c - b) / n, confidence, seed)
}

/// The interval of `mean(candidate) / mean(baseline)` over pairs. `None` when the baseline's mean
/// is not positive.
pub fn paired_ratio(
    clusters: &(impl Clusters<3> + ?Sized),
    confidence: Confidence,
    seed: u64,
) -> Option<Interval> {
    bca(
        clusters,
        |[c, b, _]| positive_ratio(*c, *b),
        confidence,
        seed,
    )
}

/// NaN, which refuses the interval, unless the lower part is positive.
fn positive_ratio(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { f64::NAN }
}
