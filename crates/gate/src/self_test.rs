//! A gate measures itself: synthetic evidence with a known truth goes through the very same
//! [`decide`](crate::decide), and what comes back is counted.

use std::collections::BTreeMap;

use adjutant_domain::{Confidence, CriterionId, GateName, Interval, Outcome, Timestamp};
use adjutant_stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evaluate::{Case, Detail, decide_in};
use crate::judge::Quantity;
use crate::policy::{Criterion, Demand, Policy};
use crate::quantity::{Bound, Margin};
use crate::statistic::Statistic;
use crate::synthetic;
use crate::words;

/// How a gate behaves where the truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfTest {
    /// The gate.
    pub gate: GateName,
    /// How many seeds each criterion was tried with.
    pub seeds: u64,
    /// The false-alarm rate that the policy allows.
    pub alpha: f64,
    /// Each criterion, in the policy's order.
    pub criteria: Vec<CriterionSelfTest>,
    /// Whether no criterion surely exceeds `alpha`, so that the gate may vote.
    pub has_vote: bool,
}

/// How one criterion behaves where the truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CriterionSelfTest {
    /// The criterion.
    pub id: CriterionId,
    /// What is demanded, in words.
    pub target: String,
    /// What the synthetic evidence was, such as `2000 log-normal values an arm`.
    pub evidence: String,
    /// How often it failed a candidate that should not fail: one that is the same as the baseline
    /// where that is accepted, otherwise one that stands exactly on the boundary.
    pub false_alarm: Rate,
    /// How often it passed a candidate that stands exactly on the boundary.
    pub false_pass: Rate,
    /// How often it failed the planted regression.
    pub power: Rate,
    /// The planted regression, in words.
    pub planted: String,
    /// How often it passed a candidate that is good.
    pub passes_good: Rate,
    /// The good candidate, in words.
    pub good: String,
}

/// A share of seeds with its exact 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// How often.
    pub events: u64,
    /// Out of how many.
    pub trials: u64,
    /// The exact binomial interval; absent without trials.
    pub interval: Option<Interval>,
}

/// Where the truth is put.
struct Truths {
    calm: f64,
    limit: f64,
    planted: f64,
    good: f64,
}

/// Tries a policy with `seeds` seeds a criterion. `progress` is told how many of how many trials
/// are done. A census has no sampling error and is tried once.
pub fn self_test(policy: &Policy, seeds: u64, progress: &mut dyn FnMut(u64, u64)) -> SelfTest {
    let trials = |criterion: &Criterion| {
        if criterion.ask.statistic.is_census() {
            1
        } else {
            seeds
        }
    };
    let all: u64 = policy
        .criteria
        .iter()
        .map(|criterion| 4 * trials(criterion))
        .sum();
    let mut done = 0;
    let mut criteria = Vec::new();
    for criterion in &policy.criteria {
        let alone = Policy {
            criteria: vec![Criterion {
                holm: None,
                confirm: false,
                required: true,
                ..criterion.clone()
            }],
            triggers: vec![],
            ..policy.clone()
        };
        let truths = truths(criterion);
        let mut rate = |truth: f64, counted: Outcome, salt: u64| {
            let before = done;
            let events = count(
                &alone,
                truth,
                counted,
                trials(criterion),
                salt,
                &mut |seeds_done| {
                    done = before + seeds_done;
                    progress(done, all);
                },
            );
            rate(events, trials(criterion))
        };
        criteria.push(CriterionSelfTest {
            id: criterion.id.clone(),
            target: words::target(&criterion.ask, &criterion.demand),
            evidence: synthetic::description(&criterion.ask.statistic),
            false_alarm: rate(truths.calm, Outcome::Fail, 1),
            false_pass: rate(truths.limit, Outcome::Pass, 2),
            power: rate(truths.planted, Outcome::Fail, 3),
            planted: put(criterion, truths.planted),
            passes_good: rate(truths.good, Outcome::Pass, 4),
            good: put(criterion, truths.good),
        });
    }
    let exceeds = |rate: &Rate| {
        rate.interval
            .is_none_or(|interval| interval.low() > policy.alpha)
    };
    let has_vote = !criteria
        .iter()
        .any(|tested| exceeds(&tested.false_alarm) || exceeds(&tested.false_pass));
    SelfTest {
        gate: policy.name.clone(),
        seeds,
        alpha: policy.alpha,
        criteria,
        has_vote,
    }
}

fn rate(events: u64, trials: u64) -> Rate {
    let interval =
        Proportion::new(events, trials).and_then(|share| share.interval(Confidence::TWO_SIDED_95));
    Rate {
        events,
        trials,
        interval,
    }
}

/// How many seeds give the counted outcome, on two threads.
fn count(
    policy: &Policy,
    truth: f64,
    counted: Outcome,
    seeds: u64,
    salt: u64,
    progress: &mut dyn FnMut(u64),
) -> u64 {
    /// Seeds between two reports of progress.
    const STEP: u64 = 50;
    let tried = |from: u64, to: u64| {
        (from..to)
            .filter(|seed| outcome(policy, truth, (salt << 32) + seed) == Some(counted))
            .count() as u64
    };
    let mut events = 0;
    let mut from = 0;
    while from < seeds {
        let to = seeds.min(from + STEP);
        let middle = from.midpoint(to);
        events += std::thread::scope(|scope| {
            let first = scope.spawn(|| tried(from, middle));
            let second = tried(middle, to);
            match first.join() {
                Ok(first) => first + second,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        from = to;
        progress(from);
    }
    events
}

/// What the gate answers about synthetic evidence; `None` when it is not valid.
fn outcome(policy: &Policy, truth: f64, seed: u64) -> Option<Outcome> {
    let now = Timestamp::from_unix_millis(0);
    let criterion = policy.criteria.first()?;
    let evidence = synthetic::evidence(&criterion.ask, &criterion.demand, truth, seed, now)?;
    let policy = Policy {
        seed,
        ..policy.clone()
    };
    let case = Case {
        evidence: &evidence,
        failures: &[],
        history: &[],
        reasons: &BTreeMap::new(),
        votes: &[],
        now,
    };
    let result = decide_in(Detail::Judged, &policy, &case)
        .criteria
        .into_iter()
        .next()?;
    (result.validity == adjutant_domain::Validity::Valid).then_some(result.outcome)
}

/// Puts a good candidate, the boundary and a planted regression where they can be told apart.
fn truths(criterion: &Criterion) -> Truths {
    let region = criterion.demand.region(criterion.ask.better);
    let (limit, worse) = match (region.high, region.low) {
        (Some(high), _) => (high.at, 1.0),
        (None, Some(low)) => (low.at, -1.0),
        (None, None) => (0.0, 1.0),
    };
    let step = step(criterion, limit);
    let is_change = criterion.demand.quantity() != Quantity::Own;
    let accepts_no_change = (limit - 0.0) * worse > 0.0;
    let good = match criterion.demand {
        Demand::Within(_) => 0.0,
        Demand::Value(..) if matches!(criterion.ask.statistic, Statistic::ErrorRate) => 0.2 * limit,
        // There is no count below zero.
        Demand::Value(..) if matches!(criterion.ask.statistic, Statistic::Count { .. }) => {
            (limit - worse * step).max(0.0)
        }
        Demand::Value(..) | Demand::Rise(..) | Demand::Fall(..) | Demand::Improves => {
            limit - worse * step
        }
    };
    Truths {
        calm: if is_change && accepts_no_change {
            0.0
        } else {
            limit
        },
        limit,
        planted: limit + worse * step,
        good,
    }
}

/// How far the planted regression lies beyond the boundary.
fn step(criterion: &Criterion, limit: f64) -> f64 {
    let of_margin = |margin: Margin| match criterion.ask.statistic {
        Statistic::ComplianceAtOne => margin.size().max(0.1),
        Statistic::Quantile { .. }
        | Statistic::Mean { .. }
        | Statistic::ErrorRate
        | Statistic::Throughput
        | Statistic::Ndcg { .. }
        | Statistic::AblationDrop
        | Statistic::Correlation
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => margin.size(),
    };
    let of_value = |Bound { value, .. }: Bound| match criterion.ask.statistic {
        Statistic::ErrorRate => value,
        Statistic::Quantile { .. } | Statistic::Mean { .. } | Statistic::Throughput => 0.1 * value,
        Statistic::Ndcg { .. } | Statistic::AblationDrop => 0.05,
        Statistic::ComplianceAtOne => 0.15,
        Statistic::Correlation => 0.6 * (1.0 - limit.abs()),
        Statistic::Share { .. } => 0.05_f64.min(value / 2.0),
        Statistic::Count { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => 1.0,
    };
    match criterion.demand {
        Demand::Value(_, bound) => of_value(bound),
        Demand::Rise(_, margin) | Demand::Fall(_, margin) | Demand::Within(margin) => {
            of_margin(margin)
        }
        Demand::Improves => match criterion.ask.statistic {
            Statistic::Ndcg { .. } => 0.03,
            Statistic::ComplianceAtOne => 0.15,
            Statistic::ErrorRate => 0.02,
            Statistic::Quantile { .. }
            | Statistic::Mean { .. }
            | Statistic::Throughput
            | Statistic::AblationDrop
            | Statistic::Correlation
            | Statistic::Count { .. }
            | Statistic::Share { .. }
            | Statistic::Value { .. }
            | Statistic::Largest { .. }
            | Statistic::Smallest { .. } => 10.0,
        },
    }
}

/// A truth in words: a change in per cent where it is relative, else a number.
fn put(criterion: &Criterion, truth: f64) -> String {
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    let name = words::name(&criterion.ask.statistic);
    match criterion.demand.quantity() {
        Quantity::Own => format!("{name} = {}", rounded(truth)),
        Quantity::Difference => format!("{name} changed by {}", rounded(truth)),
        Quantity::Relative => format!("{name} changed by {} %", rounded(100.0 * truth)),
    }
}
