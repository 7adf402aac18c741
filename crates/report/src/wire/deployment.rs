//! The deployment report in JSON (`schemas/report.schema.json`). Its fields stand in the order of
//! the report's sections.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CriterionAnswer, InputFile, TriggerAnswer, ValidityInJson, VerdictInJson};
use crate::deployment::{CLOSING_WORDS, Contents, Deployment, NothingRecorded};
use crate::standing::Counts;

/// The version of this shape; it rises when a field changes its meaning or goes away.
const REPORT_VERSION: u32 = 1;

/// The deployment report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant deployment report")]
pub struct DeploymentReport {
    /// The version of this shape.
    pub version: u32,
    /// The SHA-256 of the decision record that the report shows.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub decision_record: String,
    /// The gate that was asked.
    pub gate: String,
    /// The time the decision was made with, RFC 3339.
    pub decided_at: String,
    /// At most 200 words.
    pub deployment_summary: String,
    /// Every criterion of the gate.
    pub slo_status_table: Vec<CriterionAnswer>,
    /// The gate's verdict and the rollback triggers.
    pub safety_gate_status: SafetyGateStatus,
    /// Which versions of the interfaces work together.
    pub integration_compatibility_matrix: NoData,
    /// How the team voted.
    pub team_consensus: NoData,
    /// How far the work has come.
    pub execution_progress: NoData,
    /// What to do, and why.
    pub final_verdict: FinalVerdict,
    /// What the next person needs to know, one paragraph an item; the last is the closing line.
    pub relay_note: Vec<String>,
}

/// The gate's verdict and the rollback triggers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SafetyGateStatus {
    /// The verdict.
    pub verdict: VerdictInJson,
    /// How many criteria stand how.
    pub criteria: Tally,
    /// The rollback triggers.
    pub triggers: Vec<TriggerAnswer>,
}

/// How many criteria stand how.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Tally {
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Valid and undecided.
    pub inconclusive: usize,
    /// Without an answer: no data, too little, stale, unreadable or not finite.
    pub no_answer: usize,
}

/// A section that nothing is recorded for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NoData {
    /// Always NO_DATA.
    pub validity: ValidityInJson,
    /// What is missing and what would fill the section.
    pub reason: String,
}

/// What to do, and why.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FinalVerdict {
    /// The verdict.
    pub verdict: VerdictInJson,
    /// Why.
    pub justification: Vec<String>,
    /// What to do next, in order.
    pub next_actions: Vec<String>,
    /// What limits the harm if the verdict is wrong.
    pub risk_mitigation: Vec<String>,
    /// The artifacts that were read.
    pub evidence_summary: Vec<InputFile>,
}

impl From<Deployment<'_>> for DeploymentReport {
    fn from(deployment: Deployment<'_>) -> Self {
        let decision = deployment.decision;
        let contents = Contents::of(deployment);
        let closing_line = format!(
            "**{CLOSING_WORDS}** [{}] {}",
            decision.verdict, contents.closing_reason
        );
        Self {
            version: REPORT_VERSION,
            decision_record: deployment.record.to_string(),
            gate: decision.gate.to_string(),
            decided_at: decision.decided_at.to_string(),
            deployment_summary: contents.summary,
            slo_status_table: decision
                .criteria
                .iter()
                .map(CriterionAnswer::from)
                .collect(),
            safety_gate_status: SafetyGateStatus {
                verdict: decision.verdict.into(),
                criteria: Counts::of(decision).into(),
                triggers: decision.triggers.iter().map(TriggerAnswer::from).collect(),
            },
            integration_compatibility_matrix: NothingRecorded::Compatibility.into(),
            team_consensus: NothingRecorded::Consensus.into(),
            execution_progress: NothingRecorded::Progress.into(),
            final_verdict: FinalVerdict {
                verdict: decision.verdict.into(),
                justification: contents.justification,
                next_actions: contents.next_actions,
                risk_mitigation: contents.risk_mitigation,
                evidence_summary: decision.inputs.iter().map(InputFile::from).collect(),
            },
            relay_note: contents
                .relay_note
                .into_iter()
                .chain([closing_line])
                .collect(),
        }
    }
}

impl From<Counts> for Tally {
    fn from(counts: Counts) -> Self {
        Self {
            pass: counts.pass,
            fail: counts.fail,
            inconclusive: counts.inconclusive,
            no_answer: counts.no_answer,
        }
    }
}

impl From<NothingRecorded> for NoData {
    fn from(missing: NothingRecorded) -> Self {
        Self {
            validity: ValidityInJson::NoData,
            reason: missing.reason().to_owned(),
        }
    }
}
