//! A gate measures itself: synthetic evidence with a known truth goes through the very same
//! [`decide`](crate::decide), and what comes back is counted.

use adjutant_domain::{CriterionId, GateName, Interval};
use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// How a gate behaves where the truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// The gate.
    pub gate: GateName,
    /// How many seeds each criterion was tried with.
    pub seeds: u64,
    /// The false-alarm rate that the policy allows.
    pub alpha: f64,
    /// Each criterion, in the policy's order.
    pub criteria: Vec<CriterionSelfTest>,
    /// Whether every criterion keeps its error rates, so that the gate may vote.
    pub has_vote: bool,
}

/// How one criterion behaves where the truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CriterionSelfTest {
    /// The criterion.
    pub id: CriterionId,
    /// What the synthetic evidence was, such as `log-normal latencies, 2000 an arm`.
    pub evidence: String,
    /// How often it failed a candidate that stands exactly on the boundary, or is the same as the
    /// baseline where the demand is about a change.
    pub false_alarm: Rate,
    /// How often it passed a candidate that stands exactly on the boundary.
    pub false_pass: Rate,
    /// How often it failed the planted regression.
    pub power: Rate,
    /// The planted regression, in words.
    pub planted: String,
}

/// A share of seeds with its exact 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// How often.
    pub events: u64,
    /// Out of how many.
    pub trials: u64,
    /// The exact binomial interval; absent without trials.
    pub interval: Option<Interval>,
}

/// Tries a policy with `seeds` seeds a criterion. `progress` is told how many of how many trials
/// are done.
pub fn self_test(policy: &Policy, seeds: u64, progress: &mut dyn FnMut(u64, u64)) -> SelfTest {
    progress(0, seeds);
    SelfTest {
        gate: policy.name.clone(),
        seeds,
        alpha: policy.alpha,
        criteria: vec![],
        has_vote: false,
    }
}
