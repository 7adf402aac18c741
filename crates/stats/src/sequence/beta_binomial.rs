//! Beta-binomial mixtures: if a share is `p`, then the likelihood of the counts under a beta prior
//! over the likelihood under `p` is a martingale that starts at 1, and by Ville's inequality ever
//! reaches `1/alpha` with probability at most `alpha`. A share (or a count) belongs to the sequence
//! as long as it has not.

use adjutant_domain::Interval;

use super::mixture_precision;
use crate::Proportion;

/// The shares that the counts do not speak against, under the prior Beta(1/2, 1/2).
pub(super) fn share(observed: Proportion, alpha: f64) -> Option<Interval> {
    let events = observed.events() as f64;
    let others = (observed.trials() - observed.events()) as f64;
    let threshold = -libm::log(alpha);
    let rejects = |p: f64| evidence(events, others, p, (0.5, 0.5)) >= threshold;
    let value = observed.value();
    let low = if rejects(0.0) {
        boundary(0.0, value, rejects)
    } else {
        0.0
    };
    let high = if rejects(1.0) {
        boundary(1.0, value, rejects)
    } else {
        1.0
    };
    Interval::new(low, high).ok()
}

/// The fewest and the most events in `n` trials that do not speak against the share `p`. The prior
/// has mean `p` and the spread that makes the range narrow near `tightest_at` trials (Howard and
/// Ramdas 2022, equation 11).
pub(super) fn counts(n: u64, p: f64, tightest_at: u64, alpha: f64) -> Option<(u64, u64)> {
    let variance = p * (1.0 - p);
    let precision = mixture_precision(tightest_at as f64 * variance, alpha);
    let spread = (precision - variance).max(1e-3 * variance);
    let prior = (spread / (1.0 - p), spread / p);
    let threshold = -libm::log(alpha);
    let rejects = |events: u64| evidence(events as f64, (n - events) as f64, p, prior) >= threshold;
    let middle = ((n as f64 * p).round() as u64).min(n);
    if rejects(middle) {
        return None;
    }
    let least = if rejects(0) {
        whole_boundary(0, middle, rejects)
    } else {
        0
    };
    let most = if rejects(n) {
        whole_boundary(n, middle, rejects)
    } else {
        n
    };
    Some((least, most))
}

/// The logarithm of the martingale. Infinite when the counts are impossible under `p`.
fn evidence(events: f64, others: f64, p: f64, (a, b): (f64, f64)) -> f64 {
    let mixture = log_beta(a + events, b + others) - log_beta(a, b);
    let of = |count: f64, log_share: f64| if count > 0.0 { count * log_share } else { 0.0 };
    mixture - of(events, libm::log(p)) - of(others, libm::log1p(-p))
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// Halves the way from a rejected share to one that is not.
fn boundary(mut rejected: f64, mut kept: f64, rejects: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = 0.5 * (rejected + kept);
        if rejects(middle) {
            rejected = middle;
        } else {
            kept = middle;
        }
    }
    kept
}

/// The same for counts.
fn whole_boundary(mut rejected: u64, mut kept: u64, rejects: impl Fn(u64) -> bool) -> u64 {
    while rejected.abs_diff(kept) > 1 {
        let middle = rejected.midpoint(kept);
        if rejects(middle) {
            rejected = middle;
        } else {
            kept = middle;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `beta_binomial_mixture_bound(100, 0.05, 100, 0.2, 0.8, 0.05, false)` is 31.4308 in
    /// `test/uniform_boundaries_unittest.cpp` of gostevehoward/confseq: at variance 100, which 625
    /// trials of share 0.2 have, up to 125 + 31.43 events are no surprise.
    #[test]
    fn the_most_events_are_those_of_confseqs_mixture_bound() {
        assert_eq!(counts(625, 0.2, 625, 0.05).unwrap().1, 156);
        // The mirrored share sees the mirrored counts.
        assert_eq!(counts(625, 0.8, 625, 0.05).unwrap().0, 625 - 156);
    }

    #[test]
    fn the_martingale_reaches_its_threshold_where_confseq_says() {
        let (n, p, at) = (625.0, 0.2, 125.0 + 31.4308);
        let variance = p * (1.0 - p);
        let spread = mixture_precision(100.0, 0.05) - variance;
        let log = evidence(at, n - at, p, (spread / (1.0 - p), spread / p));
        assert!((log + libm::log(0.05)).abs() < 1e-4, "{log}");
    }
}
