//! The words of every answer, as they are written in JSON.

use adjutant_domain as domain;
use adjutant_gate as gate;
use schemars::JsonSchema;
use serde::Serialize;

/// The two ends of an interval.
pub(crate) type Ends = (f64, f64);

/// Whether the evidence can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "Validity")]
pub enum ValidityInJson {
    /// It can.
    Valid,
    /// There is no measurement.
    NoData,
    /// There are too few samples, or no interval can be formed.
    Insufficient,
    /// The evidence is older than the policy allows.
    Stale,
    /// The source could not be read or answered with an error.
    SourceError,
    /// The source answered NaN or an infinity.
    NotFinite,
}

/// What valid evidence says; INCONCLUSIVE whenever the validity is not VALID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "Outcome")]
pub enum OutcomeInJson {
    /// The interval lies wholly on the demanded side.
    Pass,
    /// The interval lies wholly on the wrong side.
    Fail,
    /// Neither, or the evidence is not valid.
    Inconclusive,
}

/// What to do with the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Verdict")]
pub enum VerdictInJson {
    /// Ship it.
    #[serde(rename = "GO")]
    Go,
    /// Mirror traffic to it, serve nobody with it.
    #[serde(rename = "SHADOW ONLY")]
    ShadowOnly,
    /// Undecided or mendable.
    #[serde(rename = "PAUSE_AND_FIX")]
    PauseAndFix,
    /// Do not ship it.
    #[serde(rename = "REJECT")]
    Reject,
}

/// What one of a value is. A `ratio` is a share or a relative change: 0.1 is 10 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unit")]
pub enum UnitInJson {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Events per second.
    #[serde(rename = "/s")]
    PerSecond,
    /// A share of a whole, or a relative change.
    #[serde(rename = "ratio")]
    Ratio,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Language-model tokens.
    #[serde(rename = "tokens")]
    Tokens,
    /// A count of things.
    #[serde(rename = "count")]
    Count,
    /// A pure number.
    #[serde(rename = "1")]
    One,
}

/// How the observed value stands against the last decisions of the same gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Trend")]
pub enum TrendInJson {
    /// Too few earlier decisions have a value.
    NoHistory,
    /// Inside the prediction interval of the earlier values.
    Steady,
    /// Outside it, on the demanded side.
    Better,
    /// Outside it, on the wrong side.
    Worse,
}

/// Where a number comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Evidence")]
pub struct EvidenceInJson {
    /// The run that produced the artifact.
    pub run: String,
    /// The artifact's file name.
    pub file: String,
    /// The SHA-256 of the artifact's bytes.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// The place in the artifact: `#` and a JSON pointer, `#L` and a line, or `#L` with a row
    /// range and a column; empty for the whole artifact.
    pub locator: String,
    /// The same in one line, as reports cite it: `run_8724 (profiling_report.json#/p95)`.
    pub citation: String,
}

/// An artifact that the gate read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InputFile {
    /// Whose measurements it holds.
    pub subject: String,
    /// The run that produced it.
    pub run: String,
    /// Its file name.
    pub file: String,
    /// The SHA-256 of its bytes.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// When it was produced or collected, RFC 3339.
    pub taken_at: String,
}

/// A value with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Number {
    /// The value, not rounded.
    pub value: f64,
    /// What one of it is.
    pub unit: UnitInJson,
    /// `[low, high]`, or null where the evidence allows no interval.
    pub interval: Option<Ends>,
    /// The number of independent samples.
    pub n: u64,
    /// Where it comes from.
    #[schemars(length(min = 1))]
    pub evidence: Vec<EvidenceInJson>,
}

pub(crate) fn ends(interval: domain::Interval) -> Ends {
    (interval.low(), interval.high())
}

impl From<&domain::Citation> for EvidenceInJson {
    fn from(citation: &domain::Citation) -> Self {
        Self {
            run: citation.run.to_string(),
            file: citation.file.clone(),
            sha256: citation.artifact.to_string(),
            locator: citation.locator.to_string(),
            citation: citation.to_string(),
        }
    }
}

impl From<&domain::Measured> for Number {
    fn from(measured: &domain::Measured) -> Self {
        Self {
            value: measured.value(),
            unit: measured.unit().into(),
            interval: measured.interval().map(ends),
            n: measured.n(),
            evidence: measured
                .sources()
                .iter()
                .map(EvidenceInJson::from)
                .collect(),
        }
    }
}

impl From<&gate::Input> for InputFile {
    fn from(input: &gate::Input) -> Self {
        Self {
            subject: input.subject.to_string(),
            run: input.run.to_string(),
            file: input.file.clone(),
            sha256: input.artifact.to_string(),
            taken_at: input.taken_at.to_string(),
        }
    }
}

impl From<domain::Validity> for ValidityInJson {
    fn from(validity: domain::Validity) -> Self {
        match validity {
            domain::Validity::Valid => Self::Valid,
            domain::Validity::NoData => Self::NoData,
            domain::Validity::Insufficient => Self::Insufficient,
            domain::Validity::Stale => Self::Stale,
            domain::Validity::SourceError => Self::SourceError,
            domain::Validity::NotFinite => Self::NotFinite,
        }
    }
}

impl From<domain::Outcome> for OutcomeInJson {
    fn from(outcome: domain::Outcome) -> Self {
        match outcome {
            domain::Outcome::Pass => Self::Pass,
            domain::Outcome::Fail => Self::Fail,
            domain::Outcome::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<domain::Verdict> for VerdictInJson {
    fn from(verdict: domain::Verdict) -> Self {
        match verdict {
            domain::Verdict::Go => Self::Go,
            domain::Verdict::ShadowOnly => Self::ShadowOnly,
            domain::Verdict::PauseAndFix => Self::PauseAndFix,
            domain::Verdict::Reject => Self::Reject,
        }
    }
}

impl From<domain::Unit> for UnitInJson {
    fn from(unit: domain::Unit) -> Self {
        match unit {
            domain::Unit::Milliseconds => Self::Milliseconds,
            domain::Unit::PerSecond => Self::PerSecond,
            domain::Unit::Ratio => Self::Ratio,
            domain::Unit::Bytes => Self::Bytes,
            domain::Unit::Tokens => Self::Tokens,
            domain::Unit::Count => Self::Count,
            domain::Unit::One => Self::One,
        }
    }
}

impl From<&gate::Trend> for TrendInJson {
    fn from(trend: &gate::Trend) -> Self {
        match trend {
            gate::Trend::NoHistory => Self::NoHistory,
            gate::Trend::Steady => Self::Steady,
            gate::Trend::Better => Self::Better,
            gate::Trend::Worse => Self::Worse,
        }
    }
}
