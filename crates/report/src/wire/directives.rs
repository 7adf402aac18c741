//! Directives in JSON: the file of a planning team (`schemas/directives.schema.json`), and how far
//! its directives are (`schemas/progress.schema.json`).

use adjutant_work::directive::CriterionStanding;
use schemars::JsonSchema;
use serde::Serialize;

/// What a planning team asks for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant directives")]
pub struct DirectivesFile {
    /// The actions. One that cannot be carried out is refused, and the others go on.
    pub actions: Vec<DirectiveInFile>,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct DirectiveInFile {
    /// What others name it by. What was carried out under an id is not repeated.
    #[schemars(length(min = 1, max = 200))]
    pub id: String,
    /// One line.
    #[schemars(length(min = 1))]
    pub title: String,
    /// HIGH comes before MEDIUM before LOW; what others wait for is as urgent as they are.
    pub priority: PriorityInJson,
    /// The role that answers for it.
    #[schemars(length(min = 1, max = 200))]
    pub owner: String,
    /// How long it is expected to take, such as `90s`, `30m`, `24h` or `7d`.
    #[schemars(regex(pattern = r"^\s*[0-9]+\s*(ms|s|m|min|h|d)\s*$"))]
    pub estimate: String,
    /// What is done.
    #[serde(flatten)]
    pub action: ActionInFile,
    /// How anyone can tell that it is done.
    #[schemars(length(min = 1))]
    pub success_criteria: Vec<CriterionInFile>,
    /// What has to be carried out before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
}

/// How soon an action is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the words of the field")]
pub enum PriorityInJson {
    High,
    Medium,
    Low,
}

/// What an action does. Programs run in the top folder of the repository, without a shell.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "parameters", rename_all = "snake_case")]
pub enum ActionInFile {
    /// A candidate goes into production in the stages of a plan.
    Deploy(DeployInFile),
    /// A program measures the version in use, and the files it writes become evidence.
    CollectBaseline(CollectInFile),
    /// A gate decides, after a program measured where one is named. It succeeds with GO.
    Experiment(ExperimentInFile),
    /// A program has to end with code 0.
    SmokeTest(ProgramInFile),
    /// The last decision of a gate becomes a report.
    GenerateReport(ReportInFile),
    /// A program has to end with code 0.
    Command(ProgramInFile),
}

/// A candidate that goes into production.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DeployInFile {
    /// The service; its plan stands in `adjutant.toml` under `[rollout.NAME]`.
    #[schemars(length(min = 1, max = 200))]
    pub service: String,
    /// The file of the version: what the service's command starts.
    #[schemars(length(min = 1))]
    pub artifact: String,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProgramInFile {
    /// The program and its arguments.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// The longest it may run; ten minutes when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_max: Option<String>,
}

/// Evidence to collect.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CollectInFile {
    /// What measures.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// The longest it may run; ten minutes when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_max: Option<String>,
    /// The files that it writes.
    #[schemars(length(min = 1))]
    pub evidence: Vec<String>,
    /// Whose measurements they hold; the baseline's when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The run; one is made of the id and the attempt when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// A gate to ask.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExperimentInFile {
    /// What measures first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub command: Option<Vec<String>>,
    /// The longest it may run; ten minutes when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_max: Option<String>,
    /// The gate.
    pub gate: String,
    /// What it decides from; the latest run of each subject in the store when nothing is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<SourceInFile>,
    /// The file of the version that the evidence about the candidate was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub artifact: Option<String>,
}

/// A source of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SourceInFile {
    /// Whose measurements it holds.
    pub subject: String,
    /// A file or an address.
    pub source: String,
}

/// A report to write.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReportInFile {
    /// The gate whose last decision it tells.
    pub gate: String,
    /// The folder it is written into; `reports` when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<String>,
}

/// How anyone can tell that an action is done.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CriterionInFile {
    /// In words alone: nothing proves it.
    Text(String),
    /// With what proves it.
    Checked(CheckInFile),
}

/// What proves a success criterion: one of command, gate and file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("maxProperties" = 2))]
pub struct CheckInFile {
    /// In words.
    pub text: String,
    /// A program that has to end with code 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub command: Option<Vec<String>>,
    /// A gate whose last decision, made since the action began, has to be GO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// A file that has to be there and not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How far the directives of a file are.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant execution progress")]
pub struct ProgressAnswer {
    /// The file.
    pub file: String,
    /// When this was seen.
    pub at: String,
    /// Those that can be carried out: what ended, what is under way, then the rest in its order.
    pub directives: Vec<DirectiveAnswer>,
    /// Those that cannot.
    pub refused: Vec<RefusedAnswer>,
}

/// How far a directive is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DirectiveAnswer {
    /// Its name.
    pub id: String,
    /// One line.
    pub title: String,
    /// What sort of thing it does.
    pub kind: String,
    /// HIGH, MEDIUM or LOW.
    pub priority: String,
    /// The role that answers for it.
    pub owner: String,
    /// DONE, UNPROVEN, FAILED, RUNNING, BLOCKED or PENDING.
    pub status: String,
    /// The last attempt, counted from 1.
    pub attempt: Option<u32>,
    /// What came of it, or what it waits for.
    pub result: Option<String>,
    /// What it left, cited.
    pub evidence: Vec<String>,
    /// Its success criteria, as they were found.
    pub criteria: Vec<CriterionOfDirective>,
    /// How long it took, or has taken so far, in seconds.
    pub elapsed_s: Option<f64>,
    /// When it can be expected to be carried out; null when it cannot begin, and once it ended.
    pub expected: Option<String>,
    /// How long a recovery of a deployment takes at worst, in milliseconds; with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_case_ms: Option<i64>,
}

/// A success criterion, as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CriterionOfDirective {
    /// What was asked.
    pub text: String,
    /// How it stands.
    pub standing: CriterionStandingInJson,
    /// Why.
    pub because: String,
}

/// How a success criterion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "told at the criterion")]
pub enum CriterionStandingInJson {
    Met,
    Missed,
    NoData,
}

impl From<CriterionStanding> for CriterionStandingInJson {
    fn from(standing: CriterionStanding) -> Self {
        match standing {
            CriterionStanding::Met => Self::Met,
            CriterionStanding::Missed => Self::Missed,
            CriterionStanding::NoData => Self::NoData,
        }
    }
}

/// A directive that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RefusedAnswer {
    /// Its name, as far as it can be read.
    pub id: Option<String>,
    /// The JSON pointer of what is wrong.
    pub pointer: String,
    /// What is wrong.
    pub problem: String,
}
