//! What a gate decided, with everything a person needs to check it and to change it.

use adjutant_domain::{
    Confidence, CriterionId, Digest, GateName, Measured, Outcome, RunId, Subject, Timestamp,
    Validity, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::joint::Joint;

/// The answer of a gate: a pure function of the policy, the evidence, the history and `decided_at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The gate that was asked.
    pub gate: GateName,
    /// The `now` the decision was made with (decides staleness).
    pub decided_at: Timestamp,
    /// What to do.
    pub verdict: Verdict,
    /// Why, in sentences, the weightiest first.
    pub reasons: Vec<String>,
    /// Every criterion of the policy, in the policy's order.
    pub criteria: Vec<CriterionResult>,
    /// The rollback triggers of the policy, in the policy's order.
    pub triggers: Vec<TriggerResult>,
    /// The artifacts that were read, in the order given.
    pub inputs: Vec<Input>,
    /// Risk and votes, where the policy asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<Joint>,
}

/// The build that the evidence about the candidate was taken from, as whoever asked says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedArtifact {
    /// Its file.
    pub file: String,
    /// Its SHA-256.
    pub digest: Digest,
}

impl JudgedArtifact {
    /// A build that is named by its digest: `sha256:HEX`, or `NAME@sha256:HEX` as images are.
    pub fn named(words: &str) -> Option<Self> {
        let (name, digest) = words.rsplit_once("sha256:")?;
        let is_name = name.is_empty() || (name.len() > 1 && name.ends_with('@'));
        Some(Self {
            file: words.to_owned(),
            digest: digest.parse().ok().filter(|_| is_name)?,
        })
    }
}

/// One criterion's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CriterionResult {
    /// The criterion.
    pub id: CriterionId,
    /// What is demanded, in words, such as `p95 of latency_ms < 500 ms`.
    pub target: String,
    /// The values of `observed` that `target` accepts: a report draws the interval against them.
    pub accepted: Accepted,
    /// Whether the verdict waits for it; a criterion that is not required is shown, not obeyed.
    pub required: bool,
    /// The quantity that is decided on, such as the p95, or its relative change; absent when
    /// there is none.
    pub observed: Option<Measured>,
    /// The level of `observed`'s interval.
    pub confidence: Confidence,
    /// What it was computed from, such as the p95 of each subject.
    pub arms: Vec<(Subject, Measured)>,
    /// How the interval was made, such as `exact bootstrap law of the type-7 quantile`.
    pub method: String,
    /// Whether the evidence can answer.
    pub validity: Validity,
    /// What it answers; [`Outcome::Inconclusive`] whenever `validity` is not VALID.
    pub outcome: Outcome,
    /// One sentence: why this validity and outcome.
    pub reason: String,
    /// The recorded reason that lifts the block of a valid answer that does not pass. It never
    /// lifts missing data, and the outcome stays what it is.
    #[serde(default)]
    pub bypass: Option<String>,
    /// How `observed` stands against the last runs of this gate.
    pub trend: Trend,
    /// What would change the answer.
    pub needed: Needed,
}

/// The values that a criterion accepts, in the unit of its observed value: a lower limit, an
/// upper limit, or both for an equivalence. Whether a limit itself is accepted, the target says.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Accepted {
    /// The smallest accepted value.
    pub low: Option<f64>,
    /// The largest accepted value.
    pub high: Option<f64>,
}

/// A rollback trigger's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriggerResult {
    /// The trigger.
    pub id: CriterionId,
    /// What fires it, in words.
    pub condition: String,
    /// `None` when the evidence cannot tell.
    pub fired: Option<bool>,
    /// One sentence: why.
    pub reason: String,
}

/// What would change a criterion's answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Needed {
    /// How many more samples an arm would decide it, if the observed effect and spread are the
    /// truth.
    pub samples: Option<u64>,
    /// The same in minutes at the observed rate of the evidence, where timestamps give one.
    pub minutes: Option<f64>,
    /// From the deciding end of the interval to the boundary, in the criterion's unit; positive
    /// when the boundary is cleared.
    pub distance: Option<f64>,
    /// The command that would produce what is missing.
    pub command: Option<String>,
}

/// The direction of a criterion's observed value over the last decisions of the same gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// There are too few earlier decisions with a value to tell.
    NoHistory,
    /// Inside the prediction interval of the earlier values.
    Steady,
    /// Outside it, on the demanded side.
    Better,
    /// Outside it, on the wrong side.
    Worse,
}

/// An artifact that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Whose measurements it holds.
    pub subject: Subject,
    /// The run that produced it.
    pub run: RunId,
    /// Its digest.
    pub artifact: Digest,
    /// Its file name.
    pub file: String,
    /// When it was produced or collected.
    pub taken_at: Timestamp,
}
