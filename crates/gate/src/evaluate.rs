//! The gate itself: policy x evidence x history x now -> decision. Pure; the same inputs give the
//! same decision, digit by digit.

use std::collections::BTreeMap;

use adjutant_domain::{CriterionId, Digest, Evidence, Outcome, Subject, Timestamp, Validity};
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::policy::Policy;

/// Everything a decision depends on besides the policy.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What was measured.
    pub evidence: &'a [Evidence],
    /// Sources that were named and could not be read, or were empty.
    pub failures: &'a [SourceFailure],
    /// Earlier decisions of the same gate, oldest first.
    pub history: &'a [PastDecision],
    /// Reasons given with the call, for criteria whose policy allows one.
    pub reasons: &'a BTreeMap<CriterionId, String>,
    /// When the decision is made.
    pub now: Timestamp,
}

/// A source that was named and gave no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFailure {
    /// Whose evidence it should have been.
    pub subject: Subject,
    /// What was named: a file or a URL, without folders.
    pub what: String,
    /// The error, with its remedy.
    pub why: String,
    /// Whether it could be read and held nothing.
    pub empty: bool,
}

/// What is kept of an earlier decision, for trends and for confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastDecision {
    /// When.
    pub decided_at: Timestamp,
    /// Its answers.
    pub criteria: Vec<PastCriterion>,
    /// The artifacts it read.
    pub artifacts: Vec<Digest>,
}

/// One answer of an earlier decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastCriterion {
    /// Which criterion.
    pub id: CriterionId,
    /// The observed value, in the criterion's unit.
    pub observed: Option<f64>,
    /// Whether the evidence could answer.
    pub validity: Validity,
    /// What it answered.
    pub outcome: Outcome,
}

impl From<&Decision> for PastDecision {
    fn from(decision: &Decision) -> Self {
        Self {
            decided_at: decision.decided_at,
            criteria: decision
                .criteria
                .iter()
                .map(|result| PastCriterion {
                    id: result.id.clone(),
                    observed: result.observed.as_ref().map(|observed| observed.value()),
                    validity: result.validity,
                    outcome: result.outcome,
                })
                .collect(),
            artifacts: decision.inputs.iter().map(|input| input.artifact).collect(),
        }
    }
}

/// Decides.
pub fn decide(policy: &Policy, case: &Case<'_>) -> Decision {
    Decision {
        gate: policy.name.clone(),
        decided_at: case.now,
        verdict: adjutant_domain::Verdict::PauseAndFix,
        reasons: vec!["deciding is not built yet".to_owned()],
        criteria: vec![],
        triggers: vec![],
        inputs: vec![],
    }
}
