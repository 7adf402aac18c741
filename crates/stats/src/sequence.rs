//! Unplanned looks: confidence sequences hold at every look at once, however many there are, so a
//! monitor may stop whenever it likes. Early on an end may not exist yet: then there is no interval.
//!
//! [`proportion`], [`quantile`] and [`bounded_mean`] hold exactly, from the first observation on.
//! [`mean`] and [`mean_difference`] hold asymptotically (finite variance, and looks that do not
//! begin before some fifty values).

mod beta_binomial;
mod moments;

use adjutant_domain::{Confidence, Histogram, Interval};

pub use moments::Moments;

use crate::{LogHistogram, Proportion, selection};

/// The sequence for a mean: the normal mixture of Robbins (1970) with the running deviation, an
/// asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024). Narrowest
/// near `tightest_at` values, valid at any number. `None` below two values.
pub fn mean(moments: &Moments, tightest_at: u64, confidence: Confidence) -> Option<Interval> {
    let alpha = usable_alpha(confidence)?;
    let n = moments.count() as f64;
    let deviation = moments.variance()?.sqrt();
    let reach = deviation * normal_mixture_bound(n, alpha, tightest_at as f64)? / n;
    Interval::new(moments.mean() - reach, moments.mean() + reach).ok()
}

/// The same for `mean(candidate) - mean(baseline)`, independent arms whose traffic keeps its
/// proportion. Narrowest near `tightest_at` values per arm.
pub fn mean_difference(
    candidate: &Moments,
    baseline: &Moments,
    tightest_at: u64,
    confidence: Confidence,
) -> Option<Interval> {
    let alpha = usable_alpha(confidence)?;
    let (c, b) = (candidate.count() as f64, baseline.count() as f64);
    let variance = candidate.variance()? / c + baseline.variance()? / b;
    // The information of two arms grows like that of one with this many values.
    let n = 2.0 * c * b / (c + b);
    let bound = normal_mixture_bound(n, alpha, tightest_at as f64)?;
    let reach = variance.sqrt() * bound / n.sqrt();
    let difference = candidate.mean() - baseline.mean();
    Interval::new(difference - reach, difference + reach).ok()
}

/// The two-sided normal mixture bound at intrinsic time `v` (Howard, Ramdas, McAuliffe, Sekhon
/// 2021, equation 3.7): a sum of independent terms of total variance `v` stays within it at all
/// times with probability `1 - alpha`. Narrowest near `v_tightest`.
pub fn normal_mixture_bound(v: f64, alpha: f64, v_tightest: f64) -> Option<f64> {
    let is_usable = v > 0.0 && v_tightest > 0.0 && alpha > 0.0 && alpha < 1.0;
    let rho = mixture_precision(v_tightest, alpha);
    is_usable.then(|| ((v + rho) * libm::log((v + rho) / (rho * alpha * alpha))).sqrt())
}

/// The mixture's precision that makes the bound narrow at `v_tightest`.
pub(crate) fn mixture_precision(v_tightest: f64, alpha: f64) -> f64 {
    let log = -2.0 * libm::log(alpha);
    v_tightest / (log + libm::log1p(log))
}

/// The sequence for the mean of values known to lie in `bounds`, in the order they came:
/// predictable plug-in empirical Bernstein (Waudby-Smith and Ramdas 2024, theorem 2). No further
/// assumption. `None` when a value lies outside.
pub fn bounded_mean(values: &[f64], bounds: Interval, confidence: Confidence) -> Option<Interval> {
    const BET_MAX: f64 = 0.5;
    let log_threshold = libm::log(2.0 / usable_alpha(confidence)?);
    let width = bounds.high() - bounds.low();
    if values.is_empty() || width <= 0.0 || values.iter().any(|&value| !bounds.contains(value)) {
        return None;
    }
    let (mut bets, mut weighted, mut penalty) = (0.0, 0.0, log_threshold);
    let (mut sum, mut squares) = (0.5, 0.25);
    let mut mean_before = 0.5;
    for (at, value) in values.iter().enumerate() {
        let x = (value - bounds.low()) / width;
        let t = (at + 1) as f64;
        let variance = squares / t;
        let bet = (2.0 * log_threshold / (variance * t * libm::log1p(t)))
            .sqrt()
            .min(BET_MAX);
        let surprise = (x - mean_before) * (x - mean_before);
        bets += bet;
        weighted += bet * x;
        penalty += surprise * (-libm::log1p(-bet) - bet);
        sum += x;
        let mean = sum / (t + 1.0);
        squares += (x - mean) * (x - mean);
        mean_before = mean;
    }
    let scaled = |end: f64| bounds.low() + width * end.clamp(0.0, 1.0);
    let (center, reach) = (weighted / bets, penalty / bets);
    Interval::new(scaled(center - reach), scaled(center + reach)).ok()
}

/// The sequence for a share of events: the beta-binomial mixture of Robbins (1970) under Jeffreys'
/// prior. Exact at any number of trials.
pub fn proportion(observed: Proportion, confidence: Confidence) -> Option<Interval> {
    beta_binomial::share(observed, usable_alpha(confidence)?)
}

/// The sequence for the difference of two shares, from one sequence per arm at half the error each.
pub fn proportion_difference(
    candidate: Proportion,
    baseline: Proportion,
    confidence: Confidence,
) -> Option<Interval> {
    let halved = halved(confidence);
    apart(
        proportion(candidate, halved)?,
        proportion(baseline, halved)?,
    )
}

/// The sequence for the `p` quantile (Howard and Ramdas 2022, beta-binomial mixture on the count of
/// values at or below it). Exact at any `n` and for any distribution. Narrowest near `tightest_at`
/// values. `None` while the sample is too small for both ends, or with a value that is not finite.
pub fn quantile(
    values: &[f64],
    p: f64,
    tightest_at: u64,
    confidence: Confidence,
) -> Option<Interval> {
    let (low, high) = ranks(values.len() as u64, p, tightest_at, confidence)?;
    let at = |rank: u64| {
        let index = rank as usize - 1;
        selection::order_statistics(values, index, index)?
            .first()
            .copied()
    };
    Interval::new(at(low)?, at(high)?).ok()
}

/// The same from a sketch, whose error widens it.
pub fn quantile_of_sketch(
    sketch: &LogHistogram,
    p: f64,
    tightest_at: u64,
    confidence: Confidence,
) -> Option<Interval> {
    let (low, high) = ranks(sketch.count(), p, tightest_at, confidence)?;
    let histogram = sketch.to_histogram();
    Interval::new(
        bucket_at(&histogram, low)?.0,
        bucket_at(&histogram, high)?.1,
    )
    .ok()
}

/// The sequence for `p` quantile of candidate minus that of baseline: one sequence per arm at half
/// the error each.
pub fn quantile_difference(
    candidate: &[f64],
    baseline: &[f64],
    p: f64,
    tightest_at: u64,
    confidence: Confidence,
) -> Option<Interval> {
    let halved = halved(confidence);
    apart(
        quantile(candidate, p, tightest_at, halved)?,
        quantile(baseline, p, tightest_at, halved)?,
    )
}

/// The ranks (1-based) of the order statistics at both ends of the quantile's sequence.
fn ranks(n: u64, p: f64, tightest_at: u64, confidence: Confidence) -> Option<(u64, u64)> {
    if !(p > 0.0 && p < 1.0) || tightest_at == 0 {
        return None;
    }
    let (least, most) = beta_binomial::counts(n, p, tightest_at, usable_alpha(confidence)?)?;
    // Fewer than `least` values at or below, or more than `most` below, speak against a quantile.
    (least >= 1 && most < n).then_some((least, most + 1))
}

/// The ends of the bucket that holds this rank (1-based).
fn bucket_at(histogram: &Histogram, rank: u64) -> Option<(f64, f64)> {
    let mut seen = 0;
    let holds = |bucket: &&adjutant_domain::Bucket| {
        seen += bucket.count;
        rank <= seen
    };
    histogram
        .buckets
        .iter()
        .find(holds)
        .map(|bucket| (bucket.low, bucket.high))
}

/// The error of both ends together.
fn usable_alpha(confidence: Confidence) -> Option<f64> {
    let tail = confidence.tail();
    (tail > 0.0 && tail < 0.5).then_some(2.0 * tail)
}

fn halved(confidence: Confidence) -> Confidence {
    Confidence::TwoSided(1.0 - confidence.tail())
}

/// All differences of a value in one interval and a value in the other.
fn apart(candidate: Interval, baseline: Interval) -> Option<Interval> {
    Interval::new(
        candidate.low() - baseline.high(),
        candidate.high() - baseline.low(),
    )
    .ok()
}
