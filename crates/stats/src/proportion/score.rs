//! The score method of Miettinen and Nurminen: a difference (ratio) belongs to the interval when
//! the observed shares lie within z standard errors of it, the error being taken where the
//! likelihood is largest under exactly that difference (ratio).

use adjutant_domain::Interval;

use super::Proportion;

pub(super) fn difference(candidate: Proportion, baseline: Proportion, z: f64) -> Option<Interval> {
    let observed = candidate.value() - baseline.value();
    let (n1, n2) = (candidate.trials as f64, baseline.trials as f64);
    let score = |delta: f64| {
        let p2 = likeliest(
            candidate,
            baseline,
            (f64::max(0.0, -delta), f64::min(1.0, 1.0 - delta)),
            |p2| (p2 + delta, 1.0),
        );
        let p1 = p2 + delta;
        let variance = p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2;
        standardized(observed - delta, variance, n1 + n2)
    };
    let low = crossing(-1.0, observed, |delta| score(delta) > z);
    let high = crossing(observed, 1.0, |delta| score(delta) >= -z);
    Interval::new(low, high).ok()
}

pub(super) fn ratio(candidate: Proportion, baseline: Proportion, z: f64) -> Option<Interval> {
    if baseline.events == 0 {
        return None;
    }
    let (n1, n2) = (candidate.trials as f64, baseline.trials as f64);
    let score = |ratio: f64| {
        let p2 = likeliest(
            candidate,
            baseline,
            (0.0, f64::min(1.0, 1.0 / ratio)),
            |p2| (p2 * ratio, ratio),
        );
        let p1 = p2 * ratio;
        let variance = p1 * (1.0 - p1) / n1 + ratio * ratio * p2 * (1.0 - p2) / n2;
        standardized(
            candidate.value() - ratio * baseline.value(),
            variance,
            n1 + n2,
        )
    };
    // On the scale of ratio / (1 + ratio), so that both halves are searched alike.
    let from_share = |share: f64| share / (1.0 - share);
    let observed = candidate.value() / baseline.value();
    let middle = observed / (1.0 + observed);
    let low = if candidate.events == 0 {
        0.0
    } else {
        from_share(crossing(0.0, middle, |share| score(from_share(share)) > z))
    };
    let high = from_share(crossing(middle, 1.0, |share| {
        score(from_share(share)) >= -z
    }));
    Interval::new(low, high).ok()
}

/// `distance` in standard errors, with the `N/(N-1)` of Miettinen and Nurminen.
fn standardized(distance: f64, variance: f64, total: f64) -> f64 {
    if distance == 0.0 {
        return 0.0;
    }
    distance / (variance * total / (total - 1.0)).max(0.0).sqrt()
}

/// The baseline share with the largest likelihood, inside `within`, when the candidate's share and
/// its derivative are given by `candidate_share`: the root of the falling score function.
fn likeliest(
    candidate: Proportion,
    baseline: Proportion,
    within: (f64, f64),
    candidate_share: impl Fn(f64) -> (f64, f64),
) -> f64 {
    let slope = |proportion: Proportion, share: f64| {
        let (events, others) = (
            proportion.events as f64,
            (proportion.trials - proportion.events) as f64,
        );
        let gain = if events > 0.0 { events / share } else { 0.0 };
        let loss = if others > 0.0 {
            others / (1.0 - share)
        } else {
            0.0
        };
        gain - loss
    };
    crossing(within.0, within.1, |p2| {
        let (p1, derivative) = candidate_share(p2);
        slope(candidate, p1) * derivative + slope(baseline, p2) > 0.0
    })
}

/// Where `holds` turns from true to false between `low` and `high`, by halving until the floats
/// meet.
fn crossing(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    const HALVINGS_MAX: usize = 100;
    for _ in 0..HALVINGS_MAX {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}
