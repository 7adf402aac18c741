//! The answer of a comparison in JSON (`schemas/comparison.schema.json`).

use adjutant_gate::{Arm, Comparison, Estimate, Margin, Scale};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Ends, ends};
use super::{OutcomeInJson, UnitInJson, ValidityInJson};
use crate::number;

/// A candidate compared with a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant comparison")]
pub struct ComparisonAnswer {
    /// What was compared, such as `p95`.
    pub measure: String,
    /// What one of the values is.
    pub unit: UnitInJson,
    /// The probability that such an interval holds the truth.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The version in use.
    pub baseline: ArmOfComparison,
    /// The version that asks to replace it.
    pub candidate: ArmOfComparison,
    /// Candidate minus baseline, in `unit`; null when there is none.
    pub difference: Option<EstimateOfComparison>,
    /// Candidate over baseline, minus one: 0.1 is +10 %; null when there is none.
    pub relative: Option<EstimateOfComparison>,
    /// How much worse the candidate may be; null when none was given.
    pub margin: Option<MarginOfComparison>,
    /// Whether the evidence can answer.
    pub validity: ValidityInJson,
    /// What it answers.
    pub outcome: OutcomeInJson,
    /// How many more samples an arm would decide it; null when decided or unknown.
    pub needed: Option<u64>,
    /// How the intervals were made and what was assumed.
    pub method: String,
}

/// What one arm measured.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ArmOfComparison {
    /// How many observations were used.
    pub n: u64,
    /// The statistic, not rounded; null when there is none.
    pub value: Option<f64>,
    /// `[low, high]`, or null.
    pub interval: Option<Ends>,
}

/// A number computed from both arms.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EstimateOfComparison {
    /// The number, not rounded.
    pub value: f64,
    /// `[low, high]`, or null.
    pub interval: Option<Ends>,
}

/// How much worse the candidate may be.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MarginOfComparison {
    /// The number as it was written: 10 for `10%`, 2 for `2points`, 5 for `5ms`.
    pub value: f64,
    /// What it is measured in.
    pub unit: MarginUnit,
}

/// What a margin is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarginUnit {
    /// Per cent of the baseline's value.
    Percent,
    /// Percentage points.
    Points,
    /// The measure's own unit.
    #[serde(untagged)]
    Measure(UnitInJson),
}

impl From<&Comparison> for ComparisonAnswer {
    fn from(comparison: &Comparison) -> Self {
        Self {
            measure: comparison.measure.clone(),
            unit: comparison.unit.into(),
            confidence: number::coverage(comparison.confidence),
            baseline: comparison.baseline.into(),
            candidate: comparison.candidate.into(),
            difference: comparison.difference.map(EstimateOfComparison::from),
            relative: comparison.relative.map(EstimateOfComparison::from),
            margin: comparison.margin.map(MarginOfComparison::from),
            validity: comparison.validity.into(),
            outcome: comparison.outcome.into(),
            needed: comparison.needed,
            method: comparison.method.clone(),
        }
    }
}

impl From<Arm> for ArmOfComparison {
    fn from(arm: Arm) -> Self {
        Self {
            n: arm.n,
            value: arm.value,
            interval: arm.interval.map(ends),
        }
    }
}

impl From<Estimate> for EstimateOfComparison {
    fn from(estimate: Estimate) -> Self {
        Self {
            value: estimate.value,
            interval: estimate.interval.map(ends),
        }
    }
}

impl From<Margin> for MarginOfComparison {
    fn from(margin: Margin) -> Self {
        Self {
            value: margin.value,
            unit: match margin.scale {
                Scale::Percent => MarginUnit::Percent,
                Scale::Points => MarginUnit::Points,
                Scale::Unit(unit) => MarginUnit::Measure(unit.into()),
            },
        }
    }
}
