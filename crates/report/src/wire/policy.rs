//! The tables of `adjutant.toml` that define gates, as JSON (`schemas/policy.schema.json`): for
//! editors. `gate` reads them; a test holds both against the same texts.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A text that defines gates. Other tables are described elsewhere.
#[derive(JsonSchema)]
#[schemars(title = "Adjutant policies")]
pub struct PolicyFile {
    /// The gates by name. One named like a built-in gate replaces it.
    pub gate: Option<BTreeMap<String, PolicyGate>>,
}

/// A gate.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyGate {
    /// What it guards, in one sentence.
    pub title: Option<String>,
    /// The level of every interval: `95%`, `95% two-sided`, `95% one-sided`.
    #[schemars(regex(pattern = r"^\s*[0-9.]+\s*%\s*(two-sided|one-sided)?\s*$"))]
    pub confidence: Option<String>,
    /// The error rate above which the gate has no vote, such as `5%`.
    #[schemars(regex(pattern = r"^\s*[0-9.]+\s*%\s*$"))]
    pub alpha: Option<String>,
    /// The age above which evidence is stale: `90s`, `30m`, `24h`, `7d`.
    #[schemars(regex(pattern = r"^\s*[0-9]+\s*(s|m|min|h|d)\s*$"))]
    pub stale_after: Option<String>,
    /// The status codes that are a success, such as `100-399`.
    #[schemars(regex(pattern = r"^\s*[0-9]+\s*-\s*[0-9]+\s*$"))]
    pub success_status: Option<String>,
    /// The least number of samples of each arm.
    pub samples_min: Option<u64>,
    /// What to do when only evidence that mirrored traffic can bring is undecided.
    pub undecided: Option<PolicyUndecided>,
    /// Seed of every resampling.
    pub seed: Option<u64>,
    /// Whether the verdict waits for the composite risk.
    pub risk: Option<bool>,
    /// Whose votes the verdict waits for.
    pub quorum: Option<PolicyVoters>,
    /// What is demanded.
    #[schemars(length(min = 1))]
    pub criteria: Vec<PolicyCriterion>,
    /// What takes the candidate back at once.
    pub triggers: Option<Vec<PolicyTrigger>>,
}

/// What to do with what is undecided.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum PolicyUndecided {
    /// PAUSE_AND_FIX.
    Pause,
    /// SHADOW ONLY, where mirrored traffic can bring what is missing.
    Shadow,
}

/// Who votes about what.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyVoters {
    /// Who has a voice; the three executive roles where none is named.
    pub roles: Option<OneOrMany>,
    /// Whether built-in evaluators vote for roles that nobody voted for.
    pub evaluators: Option<bool>,
    /// What is voted about, `candidate` unless named.
    pub subject: Option<String>,
}

/// One text or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(#[schemars(length(min = 1))] Vec<String>),
}

/// One testable demand: a quantity and exactly one threshold.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyCriterion {
    /// Its name, unique in the gate.
    pub id: String,
    /// What is asked, and what the answer must be.
    #[schemars(flatten)]
    pub demand: PolicyDemand,
    /// Whether the verdict waits for it; true unless said.
    pub required: Option<bool>,
    /// Whether a recorded reason lifts its block.
    pub reason_allowed: Option<bool>,
    /// Whether a failure needs a second one on other artifacts before it rejects.
    pub confirm: Option<bool>,
    /// The family that shares its error rate by Holm's procedure.
    pub holm: Option<String>,
}

/// What takes the candidate back: any criterion that fails, or a condition that surely holds.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PolicyTrigger {
    /// Any required criterion fails for sure.
    AnyFails(PolicyTriggerOfCriteria),
    /// A condition surely holds.
    Holds(Box<PolicyTriggerOfDemand>),
}

/// Fires when any required criterion fails for sure.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyTriggerOfCriteria {
    /// Its name, unique among the triggers.
    pub id: String,
    /// True.
    #[schemars(extend("const" = true))]
    pub any_criterion_fails: bool,
}

/// Fires when a condition surely holds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyTriggerOfDemand {
    /// Its name, unique among the triggers.
    pub id: String,
    /// What fires it.
    #[schemars(flatten)]
    pub demand: PolicyDemand,
}

/// A quantity and exactly one threshold, which says its unit.
#[derive(JsonSchema)]
#[schemars(extend("oneOf" = [
    {"required": ["below"]}, {"required": ["at_most"]},
    {"required": ["above"]}, {"required": ["at_least"]},
    {"required": ["rise_below"]}, {"required": ["rise_at_most"]},
    {"required": ["rise_above"]}, {"required": ["rise_at_least"]},
    {"required": ["fall_below"]}, {"required": ["fall_at_most"]},
    {"required": ["fall_above"]}, {"required": ["fall_at_least"]},
    {"required": ["drift_within"]}, {"required": ["improves"]}
]))]
pub struct PolicyDemand {
    /// What to measure: `p95`, `mean:NAME`, `error-rate`, `ndcg@10`, `count:NAME` and others.
    pub measure: String,
    /// Other names that the measure may have.
    pub aliases: Option<OneOrMany>,
    /// Whose quantity, `candidate` unless named.
    pub subject: Option<String>,
    /// Which measurements: every label must match one of its globs.
    pub labels: Option<BTreeMap<String, OneOrMany>>,
    /// The level of its intervals.
    #[schemars(regex(pattern = r"^\s*[0-9.]+\s*%\s*(two-sided|one-sided)?\s*$"))]
    pub confidence: Option<String>,
    /// The status codes that are a success.
    #[schemars(regex(pattern = r"^\s*[0-9]+\s*-\s*[0-9]+\s*$"))]
    pub success_status: Option<String>,
    /// The age above which its evidence is stale.
    #[schemars(regex(pattern = r"^\s*[0-9]+\s*(s|m|min|h|d)\s*$"))]
    pub stale_after: Option<String>,
    /// The least number of samples of each arm.
    pub samples_min: Option<u64>,
    /// Which side is better, where the measure's name does not say it.
    pub better: Option<PolicyBetter>,
    /// Whether pair keys are demanded.
    pub paired: Option<bool>,
    /// Whether cluster keys are demanded.
    pub clustered: Option<bool>,
    /// The least grade that complies, for `compliance@1`.
    #[schemars(range(min = 1))]
    pub grade_at_least: Option<u64>,
    /// The value is less, such as `500 ms`.
    pub below: Option<String>,
    /// The value is less or equal.
    pub at_most: Option<String>,
    /// The value is more.
    pub above: Option<String>,
    /// The value is more or equal.
    pub at_least: Option<String>,
    /// Subject minus baseline is less, such as `10%`, `2 points` or `5 ms`.
    pub rise_below: Option<String>,
    /// Subject minus baseline is less or equal.
    pub rise_at_most: Option<String>,
    /// Subject minus baseline is more.
    pub rise_above: Option<String>,
    /// Subject minus baseline is more or equal.
    pub rise_at_least: Option<String>,
    /// Baseline minus subject is less.
    pub fall_below: Option<String>,
    /// Baseline minus subject is less or equal.
    pub fall_at_most: Option<String>,
    /// Baseline minus subject is more.
    pub fall_above: Option<String>,
    /// Baseline minus subject is more or equal.
    pub fall_at_least: Option<String>,
    /// The change either way is at most this.
    pub drift_within: Option<String>,
    /// The change to the better side lies wholly above zero.
    #[schemars(extend("const" = true))]
    pub improves: Option<bool>,
}

/// Which side is better.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum PolicyBetter {
    /// Less.
    Lower,
    /// More.
    Higher,
}
