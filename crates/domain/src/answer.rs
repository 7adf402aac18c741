//! The axes of every answer. *Validity* says whether the data can answer at all, *outcome* what
//! it answers; a *verdict* is what to do. No data is never a pass.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the evidence can answer the question.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Validity {
    /// It can.
    Valid,
    /// There is no measurement.
    NoData,
    /// There are too few samples for the demanded confidence, or no interval can be formed.
    Insufficient,
    /// The evidence is older than the policy allows.
    Stale,
    /// The source could not be read or answered with an error.
    SourceError,
    /// The source answered NaN or an infinity.
    NotFinite,
}

/// What valid evidence says about a criterion.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The interval lies wholly on the demanded side.
    Pass,
    /// The interval lies wholly on the wrong side.
    Fail,
    /// The interval straddles the boundary, or the evidence is not valid.
    Inconclusive,
}

/// What to do with the candidate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
pub enum Verdict {
    /// Ship it.
    #[serde(rename = "GO")]
    Go,
    /// Mirror traffic to it, serve nobody with it.
    #[serde(rename = "SHADOW ONLY")]
    ShadowOnly,
    /// Undecided, or mendable: find out or mend, then ask again.
    #[serde(rename = "PAUSE_AND_FIX")]
    PauseAndFix,
    /// Do not ship it.
    #[serde(rename = "REJECT")]
    Reject,
}

/// Why a source that was asked gave no value. Each is distinct because each has its own remedy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// The query matched no series (an empty vector or matrix).
    EmptyResult,
    /// The value is NaN, such as 0/0 when there was no traffic.
    NotANumber,
    /// The value is an infinity, such as a division by zero.
    Infinite,
    /// A scalar NaN because the series inside `scalar()` does not exist.
    AbsentSeries,
    /// The source refused the question or failed, with its own words.
    SourceRefused(String),
}

impl Absence {
    /// The validity that this absence gives to whatever needed the value.
    pub fn validity(&self) -> Validity {
        match self {
            Absence::EmptyResult | Absence::AbsentSeries => Validity::NoData,
            Absence::NotANumber | Absence::Infinite => Validity::NotFinite,
            Absence::SourceRefused(_) => Validity::SourceError,
        }
    }
}

impl std::fmt::Display for Absence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Absence::EmptyResult => f.write_str("the query matched no series"),
            Absence::NotANumber => f.write_str("the value is NaN"),
            Absence::Infinite => f.write_str("the value is infinite"),
            Absence::AbsentSeries => f.write_str("the series inside scalar() does not exist"),
            Absence::SourceRefused(words) => write!(f, "the source refused: {words}"),
        }
    }
}

impl std::fmt::Display for Validity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Validity::Valid => "VALID",
            Validity::NoData => "NO_DATA",
            Validity::Insufficient => "INSUFFICIENT",
            Validity::Stale => "STALE",
            Validity::SourceError => "SOURCE_ERROR",
            Validity::NotFinite => "NOT_FINITE",
        })
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Outcome::Pass => "PASS",
            Outcome::Fail => "FAIL",
            Outcome::Inconclusive => "INCONCLUSIVE",
        })
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Verdict::Go => "GO",
            Verdict::ShadowOnly => "SHADOW ONLY",
            Verdict::PauseAndFix => "PAUSE_AND_FIX",
            Verdict::Reject => "REJECT",
        })
    }
}
