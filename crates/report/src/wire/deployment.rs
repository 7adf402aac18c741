//! The deployment report in JSON (`schemas/report.schema.json`). Its fields stand in the order of
//! the report's sections.

use adjutant_domain::Measured;
use adjutant_gate::{Decision, IntegrationRow, WorkCount};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CriterionAnswer, InputFile, Number, QuorumAnswer, RiskAnswer, TriggerAnswer, ValidityInJson,
    VerdictInJson,
};
use crate::deployment::{
    CLOSING_WORDS, Contents, Deployment, DeploymentFacts, NothingRecorded, unanswered,
};
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
    /// What the checks before traffic found.
    pub integration_compatibility_matrix: CompatibilityMatrix,
    /// How the team voted.
    pub team_consensus: TeamConsensus,
    /// How far the work has come.
    pub execution_progress: ExecutionProgress,
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
    /// What criteria and triggers alone say; null when the policy asks for nothing beside them.
    pub own_verdict: Option<VerdictInJson>,
    /// The composite risk; null when the policy does not ask for it.
    pub risk: Option<RiskAnswer>,
}

/// How the team voted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TeamConsensus {
    /// VALID, or NO_DATA when the policy asks for no votes.
    pub validity: ValidityInJson,
    /// What is missing and what would fill the section; null when votes were asked for.
    pub reason: Option<String>,
    /// The votes.
    pub quorum: Option<QuorumAnswer>,
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

/// What the checks before traffic found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CompatibilityMatrix {
    /// VALID, or NO_DATA when no check gave an answer.
    pub validity: ValidityInJson,
    /// What is missing and what would fill the section; null when something is there.
    pub reason: Option<String>,
    /// One row an answer.
    pub rows: Vec<CompatibilityRow>,
    /// The checks that gave no answer, a sentence each with the command.
    pub unanswered: Vec<String>,
}

/// One answer of one check; null where the check does not count.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CompatibilityRow {
    /// Which check: contract, dependencies, model files, model changes, recorded answers.
    pub check: String,
    /// Of what: the contract or the model, otherwise the answer's file.
    pub of: String,
    /// Which way the data travels, of a contract.
    pub direction: Option<String>,
    /// Changes that break somebody, models that run code, paths that lost something.
    pub breaking: Option<Number>,
    /// Changes that may break somebody.
    pub risky: Option<Number>,
    /// Changes that break nobody, plain models.
    pub safe: Option<Number>,
    /// What was not compared, or is not known.
    pub not_compared: Option<Number>,
    /// SAFE, RISKY, UNDECIDED or BREAKING.
    pub standing: String,
    /// What else the answer counts.
    pub beside: Vec<CompatibilityValue>,
}

/// What an answer counts beside its changes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CompatibilityValue {
    /// The measure, such as `shadow_regression`.
    pub what: String,
    /// The value with its evidence.
    #[serde(flatten)]
    pub number: Number,
}

/// How far the work has come.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExecutionProgress {
    /// VALID, or NO_DATA when the store had neither a task nor a directive.
    pub validity: ValidityInJson,
    /// What is missing and what would fill the section; null when something was counted.
    pub reason: Option<String>,
    /// How many tasks stood how when the gate decided.
    pub tasks: Vec<WorkInState>,
    /// How many directives of those that were begun stood how when the gate decided.
    pub directives: Vec<WorkInState>,
}

/// The tasks or the directives in one state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WorkInState {
    /// The state, such as `done`.
    pub state: String,
    /// How many.
    #[serde(flatten)]
    pub number: Number,
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
        let joint = decision.joint.as_ref();
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
                own_verdict: joint.map(|joint| joint.own.into()),
                risk: joint.and_then(|joint| joint.risk.as_ref()).map(Into::into),
            },
            integration_compatibility_matrix: CompatibilityMatrix::of(deployment.facts),
            team_consensus: TeamConsensus::of(decision),
            execution_progress: ExecutionProgress::of(deployment.facts),
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

impl CompatibilityMatrix {
    fn of(facts: &DeploymentFacts) -> Self {
        let nothing = NothingRecorded::Compatibility;
        let (validity, reason) = answered(!facts.integration.is_empty(), nothing);
        Self {
            validity,
            reason,
            rows: facts.integration.iter().map(Into::into).collect(),
            unanswered: unanswered(&facts.integration),
        }
    }
}

impl From<&IntegrationRow> for CompatibilityRow {
    fn from(row: &IntegrationRow) -> Self {
        let number = |count: &Option<Measured>| count.as_ref().map(Number::from);
        let beside = row.beside.iter();
        Self {
            check: row.check.to_string(),
            of: row.what.clone(),
            direction: row.direction.clone(),
            breaking: number(&row.breaking),
            risky: number(&row.risky),
            safe: number(&row.safe),
            not_compared: number(&row.not_compared),
            standing: row.standing.to_string(),
            beside: beside
                .map(|value| CompatibilityValue {
                    what: value.what.clone(),
                    number: Number::from(&value.measured),
                })
                .collect(),
        }
    }
}

impl ExecutionProgress {
    fn of(facts: &DeploymentFacts) -> Self {
        let is_counted = !(facts.tasks.is_empty() && facts.directives.is_empty());
        let (validity, reason) = answered(is_counted, NothingRecorded::Progress);
        let by_state = |counts: &[WorkCount]| {
            let in_state = |counted: &WorkCount| WorkInState {
                state: counted.state.clone(),
                number: Number::from(&counted.count),
            };
            counts.iter().map(in_state).collect()
        };
        Self {
            validity,
            reason,
            tasks: by_state(&facts.tasks),
            directives: by_state(&facts.directives),
        }
    }
}

impl TeamConsensus {
    fn of(decision: &Decision) -> Self {
        let joint = decision.joint.as_ref();
        let quorum = joint.and_then(|joint| joint.quorum.as_ref());
        let (validity, reason) = answered(quorum.is_some(), NothingRecorded::Consensus);
        Self {
            validity,
            reason,
            quorum: quorum.map(Into::into),
        }
    }
}

/// Validity and reason of a section that may have nothing.
fn answered(has_data: bool, missing: NothingRecorded) -> (ValidityInJson, Option<String>) {
    if has_data {
        (ValidityInJson::Valid, None)
    } else {
        (ValidityInJson::NoData, Some(missing.reason().to_owned()))
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
