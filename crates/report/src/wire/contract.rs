//! The answer of `adjutant schema diff` in JSON (`schemas/schema-diff.schema.json`).

use adjutant_schema::{Breaks, SchemaDiff, SchemaDirection, SchemaFinding, SchemaSeverity};
use schemars::JsonSchema;
use serde::Serialize;

/// What a change of a contract breaks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant schema diff")]
pub struct ContractAnswer {
    /// The contract in use, as it was named.
    pub baseline: String,
    /// The contract that asks to replace it, as it was named.
    pub candidate: String,
    /// What both were read as, such as `openapi`.
    pub format: String,
    /// Which way the data travels.
    pub direction: SchemaDirectionInJson,
    /// The worst of the findings; `safe` when there are none.
    pub severity: SchemaSeverityInJson,
    /// Whether something was not compared, so that nothing is known about it.
    pub undecided: bool,
    /// How many findings break somebody.
    pub breaking: usize,
    /// How many findings may break somebody.
    pub risky: usize,
    /// How many findings break nobody.
    pub safe: usize,
    /// The worst first.
    pub findings: Vec<ContractFinding>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContractFinding {
    /// Which rule it is, such as `enum-value-removed`.
    pub rule: String,
    /// How bad it is.
    pub severity: SchemaSeverityInJson,
    /// Who stops working; null when nobody does.
    pub breaks: Option<BreaksInJson>,
    /// What changed, and why that breaks or does not.
    pub why: String,
    /// The first place that uses it, such as `POST /pets, request body`; empty for the whole.
    pub used_by: String,
    /// Where it is in the baseline: a JSON pointer, or a path of the format's own; null when it is
    /// not there.
    pub baseline: Option<String>,
    /// The line of `baseline`; null when it is not known.
    pub baseline_line: Option<u64>,
    /// Where it is in the candidate; null when it is not there.
    pub candidate: Option<String>,
    /// The line of `candidate`; null when it is not known.
    pub candidate_line: Option<u64>,
    /// Whether the comparison was given up here.
    pub undecided: bool,
}

/// Which way data travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaDirectionInJson {
    /// Callers write it, the service reads it.
    Request,
    /// The service writes it, callers read it.
    Response,
    /// Both.
    Both,
}

/// How bad a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaSeverityInJson {
    /// It breaks nobody.
    Safe,
    /// It may break somebody.
    Risky,
    /// It breaks somebody.
    Breaking,
}

/// Who stops working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreaksInJson {
    /// Those who read data by the baseline.
    Reader,
    /// Those who write data by the baseline.
    Writer,
    /// Both.
    Both,
}

impl ContractAnswer {
    /// The answer about two contracts, which were named so.
    pub fn new(diff: &SchemaDiff, baseline: &str, candidate: &str) -> Self {
        let worst = diff.findings.iter().map(|finding| finding.severity).max();
        Self {
            baseline: baseline.to_owned(),
            candidate: candidate.to_owned(),
            format: diff.format.name().to_owned(),
            direction: diff.direction.into(),
            severity: worst.unwrap_or(SchemaSeverity::Safe).into(),
            undecided: diff.is_undecided(),
            breaking: diff.count(SchemaSeverity::Breaking),
            risky: diff.count(SchemaSeverity::Risky),
            safe: diff.count(SchemaSeverity::Safe),
            findings: diff.findings.iter().map(Into::into).collect(),
        }
    }
}

impl From<&SchemaFinding> for ContractFinding {
    fn from(finding: &SchemaFinding) -> Self {
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity.into(),
            breaks: finding.breaks.map(Into::into),
            why: finding.why.clone(),
            used_by: finding.used_by.clone(),
            baseline: finding.baseline.clone(),
            baseline_line: finding.baseline_line,
            candidate: finding.candidate.clone(),
            candidate_line: finding.candidate_line,
            undecided: finding.undecided,
        }
    }
}

impl From<SchemaDirection> for SchemaDirectionInJson {
    fn from(direction: SchemaDirection) -> Self {
        match direction {
            SchemaDirection::Request => Self::Request,
            SchemaDirection::Response => Self::Response,
            SchemaDirection::Both => Self::Both,
        }
    }
}

impl From<SchemaSeverity> for SchemaSeverityInJson {
    fn from(severity: SchemaSeverity) -> Self {
        match severity {
            SchemaSeverity::Safe => Self::Safe,
            SchemaSeverity::Risky => Self::Risky,
            SchemaSeverity::Breaking => Self::Breaking,
        }
    }
}

impl From<Breaks> for BreaksInJson {
    fn from(breaks: Breaks) -> Self {
        match breaks {
            Breaks::Reader => Self::Reader,
            Breaks::Writer => Self::Writer,
            Breaks::Both => Self::Both,
        }
    }
}
