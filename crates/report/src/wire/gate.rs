//! The answer of a gate in JSON (`schemas/gate.schema.json`).

use adjutant_gate::{Accepted, CriterionResult, Decision, Needed, TriggerResult};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Ends, ends};
use super::{
    EvidenceInJson, InputFile, JointAnswer, Number, OutcomeInJson, TrendInJson, UnitInJson,
    ValidityInJson, VerdictInJson,
};
use crate::cite;
use crate::number;
use crate::standing::{self, Standing};

/// The version of this shape; it rises when a field changes its meaning or goes away.
const GATE_VERSION: u32 = 1;

/// What a gate decided.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant gate answer")]
pub struct GateAnswer {
    /// The version of this shape.
    pub version: u32,
    /// What to do with the candidate.
    pub verdict: VerdictInJson,
    /// The gate that was asked.
    pub gate: String,
    /// The time the decision was made with, RFC 3339.
    pub decided_at: String,
    /// Why, in sentences, the weightiest first.
    pub reasons: Vec<String>,
    /// Every criterion of the policy, in the policy's order.
    pub criteria: Vec<CriterionAnswer>,
    /// The rollback triggers of the policy, in the policy's order.
    pub triggers: Vec<TriggerAnswer>,
    /// What would let the undecided criteria be decided.
    pub needed: GateNeeds,
    /// The artifacts that were read, in the order given.
    pub inputs: Vec<InputFile>,
    /// Risk and votes; null when the policy asks for neither.
    pub joint: Option<JointAnswer>,
}

/// One criterion's answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CriterionAnswer {
    /// The criterion.
    pub id: String,
    /// What is demanded, in words.
    pub target: String,
    /// The values that are accepted.
    pub accepted: AcceptedValues,
    /// Whether the verdict waits for it.
    pub required: bool,
    /// The quantity that is decided on, not rounded; null when there is none.
    pub observed: Option<f64>,
    /// What one of it is; null when there is none.
    pub unit: Option<UnitInJson>,
    /// `[low, high]`, or null where the evidence allows no interval.
    pub interval: Option<Ends>,
    /// The probability that such an interval holds the truth: 0.95, or 0.9 where each end is a
    /// one-sided 95 % bound.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The number of independent samples; null when there is no observed value.
    pub n: Option<u64>,
    /// Whether the evidence can answer.
    pub validity: ValidityInJson,
    /// What it answers.
    pub outcome: OutcomeInJson,
    /// Why this validity and outcome.
    pub reason: String,
    /// The recorded reason that lifts the block of an answer that does not pass, or null.
    pub bypass: Option<String>,
    /// How the interval was made.
    pub method: String,
    /// How the observed value stands against the last decisions.
    pub trend: TrendInJson,
    /// What the observed value was computed from.
    pub arms: Vec<ArmAnswer>,
    /// What would change the answer.
    pub needed: CriterionNeeds,
    /// Where the observed value comes from; empty only when there is no value at all.
    pub evidence: Vec<EvidenceInJson>,
}

/// The values a criterion accepts, in the unit of its observed value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct AcceptedValues {
    /// The lower limit, or null.
    pub low: Option<f64>,
    /// The upper limit, or null.
    pub high: Option<f64>,
}

/// A value of one subject that a criterion was computed from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ArmAnswer {
    /// Whose value it is.
    pub subject: String,
    /// The value with its evidence.
    #[serde(flatten)]
    pub number: Number,
}

/// What would change a criterion's answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CriterionNeeds {
    /// How many more samples an arm would decide it.
    pub samples: Option<u64>,
    /// The same in minutes at the observed rate.
    pub minutes: Option<f64>,
    /// From the deciding end of the interval to the limit, in the criterion's unit; positive when
    /// the limit is cleared.
    pub distance: Option<f64>,
    /// The command that would produce what is missing.
    pub command: Option<String>,
}

/// What would let every undecided required criterion be decided.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GateNeeds {
    /// The largest number of further samples an arm that an undecided criterion asks for.
    pub samples: Option<u64>,
    /// The longest time in minutes that an undecided criterion asks for.
    pub minutes: Option<f64>,
    /// The commands that would produce what is missing, each once.
    pub commands: Vec<String>,
}

/// One rollback trigger's answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TriggerAnswer {
    /// The trigger.
    pub id: String,
    /// What fires it, in words.
    pub condition: String,
    /// Whether it fired; null when the evidence cannot tell.
    pub fired: Option<bool>,
    /// Why.
    pub reason: String,
}

impl From<&Decision> for GateAnswer {
    fn from(decision: &Decision) -> Self {
        Self {
            version: GATE_VERSION,
            verdict: decision.verdict.into(),
            gate: decision.gate.to_string(),
            decided_at: decision.decided_at.to_string(),
            reasons: decision.reasons.clone(),
            criteria: decision
                .criteria
                .iter()
                .map(CriterionAnswer::from)
                .collect(),
            triggers: decision.triggers.iter().map(TriggerAnswer::from).collect(),
            needed: GateNeeds::of(decision),
            inputs: decision.inputs.iter().map(InputFile::from).collect(),
            joint: decision.joint.as_ref().map(Into::into),
        }
    }
}

impl From<&CriterionResult> for CriterionAnswer {
    fn from(criterion: &CriterionResult) -> Self {
        let observed = criterion.observed.as_ref();
        Self {
            id: criterion.id.to_string(),
            target: criterion.target.clone(),
            accepted: criterion.accepted.into(),
            required: criterion.required,
            observed: observed.map(|measured| measured.value()),
            unit: observed.map(|measured| measured.unit().into()),
            interval: observed.and_then(|measured| measured.interval()).map(ends),
            confidence: number::coverage(criterion.confidence),
            n: observed.map(|measured| measured.n()),
            validity: criterion.validity.into(),
            outcome: criterion.outcome.into(),
            reason: criterion.reason.clone(),
            bypass: criterion.bypass.clone(),
            method: criterion.method.clone(),
            trend: (&criterion.trend).into(),
            arms: criterion
                .arms
                .iter()
                .map(|(subject, measured)| ArmAnswer {
                    subject: subject.to_string(),
                    number: measured.into(),
                })
                .collect(),
            needed: (&criterion.needed).into(),
            evidence: cite::sources(criterion)
                .into_iter()
                .map(EvidenceInJson::from)
                .collect(),
        }
    }
}

impl From<Accepted> for AcceptedValues {
    fn from(accepted: Accepted) -> Self {
        Self {
            low: accepted.low,
            high: accepted.high,
        }
    }
}

impl From<&Needed> for CriterionNeeds {
    fn from(needed: &Needed) -> Self {
        Self {
            samples: needed.samples,
            minutes: needed.minutes,
            distance: needed.distance,
            command: needed.command.clone(),
        }
    }
}

impl From<&TriggerResult> for TriggerAnswer {
    fn from(trigger: &TriggerResult) -> Self {
        Self {
            id: trigger.id.to_string(),
            condition: trigger.condition.clone(),
            fired: trigger.fired,
            reason: trigger.reason.clone(),
        }
    }
}

impl GateNeeds {
    fn of(decision: &Decision) -> Self {
        let undecided = || {
            decision
                .criteria
                .iter()
                .filter(|criterion| {
                    standing::blocks(criterion) && Standing::of(criterion).is_undecided()
                })
                .map(|criterion| &criterion.needed)
        };
        let mut commands: Vec<String> = Vec::new();
        for command in undecided().filter_map(|needed| needed.command.as_ref()) {
            if !commands.contains(command) {
                commands.push(command.clone());
            }
        }
        Self {
            samples: undecided().filter_map(|needed| needed.samples).max(),
            minutes: undecided()
                .filter_map(|needed| needed.minutes)
                .max_by(f64::total_cmp),
            commands,
        }
    }
}
