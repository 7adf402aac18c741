//! A composite risk in JSON (`schemas/risk.schema.json`).

use adjutant_domain::Verdict;
use adjutant_gate::{CompositeRisk, FactorResult, joint_verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Ends, ends};
use super::{Number, ValidityInJson, VerdictInJson};

/// The composite risk of a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant risk")]
pub struct RiskAnswer {
    /// LOW, MEDIUM, HIGH, VETO or UNDECIDED.
    pub standing: String,
    /// The verdict that a gate which goes would get with this risk.
    pub verdict_at_best: VerdictInJson,
    /// Where the score lies between 0 and 1: `[low, high]`, one number twice when all is known.
    pub score: Ends,
    /// Whether a change breaks the contract; null when it cannot be told.
    pub veto: Option<bool>,
    /// The factors, the heaviest first.
    pub factors: Vec<FactorAnswer>,
}

/// One factor.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FactorAnswer {
    /// schema, dependency, latency or output.
    pub factor: String,
    /// Its weight; together they are 1.
    pub weight: f64,
    /// Where it lies between 0 and 1; `[0, 1]` when nothing is known.
    pub level: Ends,
    /// Whether the evidence can answer.
    pub validity: ValidityInJson,
    /// Why, and what to do where something is missing.
    pub reason: String,
    /// What it follows from.
    pub observed: Vec<FactorValueInJson>,
}

/// A value that a factor follows from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FactorValueInJson {
    /// What it is, such as `schema_changes breaking`.
    pub what: String,
    /// The value with its evidence.
    #[serde(flatten)]
    pub number: Number,
}

impl From<&CompositeRisk> for RiskAnswer {
    fn from(risk: &CompositeRisk) -> Self {
        let standing = risk.standing();
        Self {
            standing: standing.to_string(),
            verdict_at_best: joint_verdict(Verdict::Go, Some(standing), None).into(),
            score: ends(risk.score),
            veto: risk.veto,
            factors: risk.factors.iter().map(Into::into).collect(),
        }
    }
}

impl From<&FactorResult> for FactorAnswer {
    fn from(result: &FactorResult) -> Self {
        Self {
            factor: result.factor.to_string(),
            weight: f64::from(result.weight_tenths) / 10.0,
            level: ends(result.level),
            validity: result.validity.into(),
            reason: result.reason.clone(),
            observed: (result.observed.iter())
                .map(|value| FactorValueInJson {
                    what: value.what.clone(),
                    number: Number::from(&value.measured),
                })
                .collect(),
        }
    }
}
