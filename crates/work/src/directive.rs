//! Directives: what a planning team asks to be done, in which order it is done, and how far it is.

mod order;
mod outcome;
mod progress;
mod reading;
#[cfg(test)]
mod tests;

use std::time::Duration;

use adjutant_domain::{
    Digest, DirectiveId, GateName, RoleName, RunId, ServiceName, Subject, read_duration,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Priority;

pub use order::{DirectiveStanding, Queue};
pub use outcome::{
    CriterionStanding, DirectiveOutcome, DirectiveRecord, JudgedCriterion, UsedEvidence,
};
pub use progress::{DirectiveProgress, DirectivesProgress, SeenAttempt, progress_of};
pub use reading::{
    DIRECTIVES_MAX, ReadDirectives, RefusedDirective, UnreadableDirectives, read_directives,
};

/// How long a program may run when nothing is said.
const TIME_MAX: Duration = Duration::from_mins(10);

/// Something that a planning team asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What others name it by.
    pub id: DirectiveId,
    /// One line.
    pub title: String,
    /// How soon it is wanted.
    pub priority: Priority,
    /// The role that answers for it.
    pub owner: RoleName,
    /// How long it is expected to take.
    pub estimate: Duration,
    /// What is done.
    pub action: DirectiveAction,
    /// How anyone can tell that it is done.
    pub success_criteria: Vec<SuccessCriterion>,
    /// What has to be done before.
    pub dependencies: Vec<DirectiveId>,
    /// The digest of all that was written: what is changed later is another directive.
    pub digest: Digest,
}

/// What a directive does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectiveAction {
    /// A candidate goes into production in the stages of a plan.
    Deploy(Deploy),
    /// A program measures the version in use, and the files it writes become evidence.
    CollectBaseline(Collect),
    /// A gate decides, after a program measured where one is named. It succeeds with GO.
    Experiment(Experiment),
    /// A program has to end with code 0.
    SmokeTest(ProgramRun),
    /// The last decision of a gate becomes a report.
    GenerateReport(ReportOrder),
    /// A program has to end with code 0.
    Command(ProgramRun),
}

impl DirectiveAction {
    /// The word for its kind.
    pub fn kind(&self) -> DirectiveKind {
        match self {
            DirectiveAction::Deploy(_) => DirectiveKind::Deploy,
            DirectiveAction::CollectBaseline(_) => DirectiveKind::CollectBaseline,
            DirectiveAction::Experiment(_) => DirectiveKind::Experiment,
            DirectiveAction::SmokeTest(_) => DirectiveKind::SmokeTest,
            DirectiveAction::GenerateReport(_) => DirectiveKind::GenerateReport,
            DirectiveAction::Command(_) => DirectiveKind::Command,
        }
    }
}

/// What sort of thing a directive does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "told at DirectiveAction")]
pub enum DirectiveKind {
    Deploy,
    CollectBaseline,
    Experiment,
    SmokeTest,
    GenerateReport,
    Command,
}

impl DirectiveKind {
    /// The word that is written and printed.
    pub fn name(self) -> &'static str {
        match self {
            DirectiveKind::Deploy => "deploy",
            DirectiveKind::CollectBaseline => "collect_baseline",
            DirectiveKind::Experiment => "experiment",
            DirectiveKind::SmokeTest => "smoke_test",
            DirectiveKind::GenerateReport => "generate_report",
            DirectiveKind::Command => "command",
        }
    }
}

/// A candidate that goes into production.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// The service; its plan stands in the settings.
    pub service: ServiceName,
    /// The file of the version: what the service's command starts.
    pub artifact: String,
}

/// A program to run in the top folder of the repository, without a shell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramRun {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The longest it may run.
    #[serde(default = "time_max", deserialize_with = "duration")]
    pub time_max: Duration,
}

/// Evidence to collect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// What measures.
    pub command: Vec<String>,
    /// The longest it may run.
    #[serde(default = "time_max", deserialize_with = "duration")]
    pub time_max: Duration,
    /// The files that it writes.
    pub evidence: Vec<String>,
    /// Whose measurements they hold.
    #[serde(default = "Subject::baseline")]
    pub subject: Subject,
    /// The run; one is made of the directive and the attempt when nothing is said.
    #[serde(default)]
    pub run: Option<RunId>,
}

/// A gate to ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What measures first.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// The longest it may run.
    #[serde(default = "time_max", deserialize_with = "duration")]
    pub time_max: Duration,
    /// The gate.
    pub gate: GateName,
    /// What it decides from; the latest run of each subject in the store when nothing is named.
    #[serde(default)]
    pub evidence: Vec<SubjectSource>,
    /// The file of the version that the evidence about the candidate was taken from.
    #[serde(default)]
    pub artifact: Option<String>,
}

/// A source of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectSource {
    /// Whose measurements it holds.
    pub subject: Subject,
    /// A file or an address.
    pub source: String,
}

/// A report to write.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportOrder {
    /// The gate whose last decision it tells.
    pub gate: GateName,
    /// The folder it is written into.
    #[serde(default = "reports")]
    pub out: String,
}

/// How anyone can tell that a directive is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuccessCriterion {
    /// In words.
    pub text: String,
    /// What proves it; nobody can tell when there is nothing.
    pub check: Option<SuccessCheck>,
}

/// What proves a success criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuccessCheck {
    /// A program ends with code 0.
    Program(ProgramRun),
    /// The gate's last decision, made since the directive began, is GO.
    Gate(GateName),
    /// The file is there and is not empty.
    File(String),
}

fn time_max() -> Duration {
    TIME_MAX
}

fn reports() -> String {
    "reports".to_owned()
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    read_duration(&text).map_err(serde::de::Error::custom)
}
