//! One metric on one window: always-valid for the monitor, at a planned look for an analysis.

use adjutant_domain::{Confidence, CriterionId, Interval, Outcome, Validity};
use adjutant_gate::Scale;
use adjutant_stats::{Proportion, QuantileLaw, sequence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurements::{ArmCounts, StageWindow};
use crate::plan::{Metric, MetricDemand, MetricQuantity};

/// What a window says about a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricResult {
    /// Which.
    pub metric: CriterionId,
    /// Whether the window can answer.
    pub validity: Validity,
    /// What it answers.
    pub outcome: Outcome,
    /// What was measured on the candidate and, for a margin, on the baseline.
    pub candidate: Option<f64>,
    /// The same on the baseline.
    pub baseline: Option<f64>,
    /// The interval that is held against the threshold: of the change for a margin (relative for
    /// per cent), of the candidate's value for a limit.
    pub interval: Option<Interval>,
    /// What must not be exceeded.
    pub threshold: f64,
    /// The requests of the candidate and of the baseline.
    pub n: (u64, u64),
    /// Whether it decides nothing.
    pub dry_run: bool,
}

/// With which right a window is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Look {
    /// At any time: the interval holds at all looks together, with this error.
    Anytime(f64),
    /// At a planned look, with the confidence that passes and the one that fails.
    Planned { pass: Confidence, fail: Confidence },
}

/// Requests at which the always-valid interval of a quantile is narrowest.
const TIGHTEST_AT: u64 = 1_000;

pub(crate) fn judge(metric: &Metric, window: &StageWindow, look: Look) -> MetricResult {
    let threshold = metric.threshold();
    let (passing, failing) = match look {
        Look::Anytime(alpha) => {
            let interval = anytime(metric, window, Confidence::TwoSided(1.0 - alpha));
            (interval, interval)
        }
        Look::Planned { pass, fail } => {
            (planned(metric, window, pass), planned(metric, window, fail))
        }
    };
    let n = counts(metric, window);
    let has_data = n.0 > 0 && (n.1 > 0 || !metric.is_relative());
    let outcome = match (passing, failing) {
        (_, Some(interval)) if interval.low() > threshold => Outcome::Fail,
        (Some(interval), _) if interval.high() <= threshold => Outcome::Pass,
        (_, _) => Outcome::Inconclusive,
    };
    let validity = match passing.or(failing) {
        Some(_) => Validity::Valid,
        None if has_data => Validity::Insufficient,
        None => Validity::NoData,
    };
    let shown = if outcome == Outcome::Fail {
        failing
    } else {
        passing
    };
    MetricResult {
        metric: metric.name.clone(),
        validity,
        outcome,
        candidate: value(metric.quantity, &window.candidate, window),
        baseline: value(metric.quantity, &window.baseline, window).filter(|_| metric.is_relative()),
        interval: shown,
        threshold,
        n,
        dry_run: metric.dry_run,
    }
}

/// The requests of the candidate and of the baseline that a metric stands on.
fn counts(metric: &Metric, window: &StageWindow) -> (u64, u64) {
    match metric.quantity {
        MetricQuantity::Errors => (window.candidate.requests, window.baseline.requests),
        MetricQuantity::Latency(_) => (
            window.candidate.latency.count(),
            window.baseline.latency.count(),
        ),
        MetricQuantity::Disagreements => (window.mirrored.compared, window.mirrored.compared),
    }
}

fn value(quantity: MetricQuantity, arm: &ArmCounts, window: &StageWindow) -> Option<f64> {
    match quantity {
        MetricQuantity::Errors => Some(errors(arm)?.value()),
        MetricQuantity::Latency(p) => arm.latency.quantile(p),
        MetricQuantity::Disagreements => Some(disagreements(window)?.value()),
    }
}

fn errors(arm: &ArmCounts) -> Option<Proportion> {
    Proportion::new(arm.failures, arm.requests)
}

fn disagreements(window: &StageWindow) -> Option<Proportion> {
    Proportion::new(window.mirrored.differing, window.mirrored.compared)
}

/// The sequence's interval (`stats::sequence`).
fn anytime(metric: &Metric, window: &StageWindow, confidence: Confidence) -> Option<Interval> {
    let (candidate, baseline) = (&window.candidate, &window.baseline);
    match (metric.quantity, metric.demand) {
        (MetricQuantity::Disagreements, _) => {
            sequence::proportion(disagreements(window)?, confidence)
        }
        (MetricQuantity::Errors, MetricDemand::Limit(_)) => {
            sequence::proportion(errors(candidate)?, confidence)
        }
        (MetricQuantity::Errors, MetricDemand::Margin(_)) => {
            sequence::proportion_difference(errors(candidate)?, errors(baseline)?, confidence)
        }
        (MetricQuantity::Latency(p), MetricDemand::Limit(_)) => {
            sequence::quantile_of_sketch(&candidate.latency, p, TIGHTEST_AT, confidence)
        }
        (MetricQuantity::Latency(p), MetricDemand::Margin(margin)) => {
            // One sequence an arm, at half the error each.
            let halved = Confidence::TwoSided(1.0 - confidence.tail());
            let of = |arm: &ArmCounts| {
                sequence::quantile_of_sketch(&arm.latency, p, TIGHTEST_AT, halved)
            };
            apart(margin.scale, of(candidate)?, of(baseline)?)
        }
    }
}

/// The changes from any value of the one to any value of the other.
fn apart(scale: Scale, candidate: Interval, baseline: Interval) -> Option<Interval> {
    match scale {
        Scale::Percent if baseline.low() > 0.0 => Interval::new(
            candidate.low() / baseline.high() - 1.0,
            candidate.high() / baseline.low() - 1.0,
        )
        .ok(),
        Scale::Percent => None,
        Scale::Points | Scale::Unit(_) => Interval::new(
            candidate.low() - baseline.high(),
            candidate.high() - baseline.low(),
        )
        .ok(),
    }
}

/// The repeated interval of a planned look (`stats::spending`).
fn planned(metric: &Metric, window: &StageWindow, confidence: Confidence) -> Option<Interval> {
    let (candidate, baseline) = (&window.candidate, &window.baseline);
    match (metric.quantity, metric.demand) {
        (MetricQuantity::Disagreements, _) => disagreements(window)?.interval(confidence),
        (MetricQuantity::Errors, MetricDemand::Limit(_)) => errors(candidate)?.interval(confidence),
        (MetricQuantity::Errors, MetricDemand::Margin(_)) => {
            Proportion::difference(errors(candidate)?, errors(baseline)?, confidence)
        }
        (MetricQuantity::Latency(p), MetricDemand::Limit(_)) => {
            QuantileLaw::of_sketch(&candidate.latency, p)?.interval(confidence)
        }
        (MetricQuantity::Latency(p), MetricDemand::Margin(margin)) => {
            let candidate = QuantileLaw::of_sketch(&candidate.latency, p)?;
            let baseline = QuantileLaw::of_sketch(&baseline.latency, p)?;
            match margin.scale {
                Scale::Percent => {
                    let ratio = QuantileLaw::ratio(&candidate, &baseline, confidence)?;
                    Interval::new(ratio.low() - 1.0, ratio.high() - 1.0).ok()
                }
                Scale::Points | Scale::Unit(_) => {
                    QuantileLaw::difference(&candidate, &baseline, confidence)
                }
            }
        }
    }
}
