//! The answer of `adjutant shadow compare` in JSON (`schemas/shadow.schema.json`), and the line of
//! a recording that it reads (`schemas/exchange.schema.json`).

use std::collections::BTreeMap;

use adjutant_shadow::{
    ShadowAccount, ShadowKind, ShadowKindCount, ShadowPath, ShadowRate, ShadowUnpaired,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Ends, ends};
use super::{OutcomeInJson, ValidityInJson};
use crate::number;
use crate::shadow::ShownShadow;

/// What two recordings of responses say about a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant shadow comparison")]
pub struct ShadowAnswer {
    /// What this file is: `adjutant-shadow-1`.
    pub format: String,
    /// The recording of the version in use, as it was named.
    pub baseline: String,
    /// The recording of the version that asks to replace it, as it was named.
    pub candidate: String,
    /// The second recording of the version in use, as it was named; null without one.
    pub again: Option<String>,
    /// Whether the recordings can answer.
    pub validity: ValidityInJson,
    /// What they answer.
    pub outcome: OutcomeInJson,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
    /// The probability that both ends of an interval hold the truth between them.
    pub confidence: f64,
    /// How much more often than the baseline against itself the candidate may disagree, as a share.
    pub regression_max: f64,
    /// How often a response disagrees anywhere.
    pub whole: ShadowRateInJson,
    /// Every path that disagreed, the worst first.
    pub paths: Vec<ShadowPathInJson>,
    /// Disagreements at paths that were too many to tell apart.
    pub untold: u64,
    /// How many values were not compared because a rule says so.
    pub ignored: u64,
    /// Requests that only the baseline answered.
    pub unanswered: ShadowUnpairedInJson,
    /// Requests that only the candidate answered.
    pub unasked: ShadowUnpairedInJson,
    /// Requests that only the second recording holds.
    pub unmatched_again: ShadowUnpairedInJson,
    /// What the baseline's calls took.
    pub baseline_account: ShadowAccountInJson,
    /// What the mirrored calls took.
    pub mirrored_account: ShadowAccountInJson,
}

/// How often responses disagree, beyond what the baseline does against itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShadowRateInJson {
    /// Pairs that disagree.
    pub disagreements: u64,
    /// Pairs of baseline and candidate.
    pub pairs: u64,
    /// Pairs of two answers of the baseline that disagree.
    pub noise_disagreements: u64,
    /// Pairs of two answers of the baseline; 0 when the noise floor is unknown and taken as 0.
    pub noise_pairs: u64,
    /// The share of pairs that disagree minus the noise floor, not rounded; null without pairs.
    pub excess: Option<f64>,
    /// `[low, high]` of `excess`, or null.
    pub interval: Option<Ends>,
    /// Whether it is acceptable.
    pub outcome: OutcomeInJson,
    /// Whether the baseline disagrees with itself so often that nothing could be found worse.
    pub saturated: bool,
    /// How many more pairs would decide it; null when decided or unknown.
    pub needed: Option<u64>,
}

/// A path that disagreed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShadowPathInJson {
    /// The path, such as `body.items[*].price`.
    pub path: String,
    /// How often.
    pub rate: ShadowRateInJson,
    /// In what ways.
    pub kinds: Vec<ShadowKindInJson>,
    /// The largest relative difference of numbers, or 1 minus the least likeness of texts.
    pub size_max: Option<f64>,
}

/// How often responses disagree in one way.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShadowKindInJson {
    /// The way.
    pub kind: ShadowKindName,
    /// Whether a single one fails the comparison.
    pub structural_loss: bool,
    /// Pairs of baseline and candidate.
    pub pairs: u64,
    /// Pairs of two answers of the baseline.
    pub noise_pairs: u64,
    /// The ids of the first requests.
    pub requests: Vec<String>,
}

/// How two responses disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShadowKindName {
    /// The candidate lacks it.
    Missing,
    /// Another type.
    Type,
    /// The same value written in another way, or read in a wrong encoding.
    Encoding,
    /// A number that went through a type of fewer digits.
    Precision,
    /// Another status.
    Status,
    /// The baseline lacks it.
    Added,
    /// A longer or shorter array.
    Length,
    /// The same elements in another order.
    Order,
    /// Another number.
    Number,
    /// Another text.
    Text,
    /// True for false, or false for true.
    Truth,
}

/// Requests without a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShadowUnpairedInJson {
    /// How many.
    pub count: u64,
    /// The ids of the first.
    pub requests: Vec<String>,
}

/// What calls took; null where no call says it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShadowAccountInJson {
    /// Language-model tokens.
    pub tokens: Option<ShadowSumInJson>,
    /// Money, in the currency of whoever recorded it.
    pub cost: Option<ShadowSumInJson>,
    /// Milliseconds.
    pub duration_ms: Option<ShadowSumInJson>,
}

/// A sum over calls.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShadowSumInJson {
    /// How many calls say it.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
}

/// A line of a recording: one request and what was answered.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant recorded exchange", deny_unknown_fields)]
pub struct RecordedExchange {
    /// What was asked.
    pub request: RecordedRequest,
    /// The status, of three digits.
    #[schemars(range(min = 100, max = 999))]
    pub status: u16,
    /// The headers. Their names have no case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, Value>>,
    /// The body: JSON, or a text. A text that holds a JSON object or array is compared as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Milliseconds until the answer was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub duration_ms: Option<f64>,
    /// Language-model tokens that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub tokens: Option<f64>,
    /// What it cost, in one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cost: Option<f64>,
}

/// What was asked. It has an `id` or a `key`; `id` is taken when it has both. Anything else, such
/// as `method` and `path`, is for people.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("anyOf" = [{"required": ["id"]}, {"required": ["key"]}]))]
pub struct RecordedRequest {
    /// Which request it is: the same in every recording, a text or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
    /// The same, under another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Value>,
}

impl ShadowAnswer {
    /// The answer about recordings that were named so.
    pub fn new(shown: ShownShadow<'_>) -> Self {
        let found = shown.found;
        Self {
            format: "adjutant-shadow-1".to_owned(),
            baseline: shown.baseline.to_owned(),
            candidate: shown.candidate.to_owned(),
            again: shown.again.map(str::to_owned),
            validity: found.validity.into(),
            outcome: found.outcome.into(),
            reasons: found.reasons.clone(),
            confidence: number::coverage(found.confidence),
            regression_max: found.regression_max,
            whole: (&found.whole).into(),
            paths: found.paths.iter().map(Into::into).collect(),
            untold: found.untold,
            ignored: found.ignored,
            unanswered: (&found.unanswered).into(),
            unasked: (&found.unasked).into(),
            unmatched_again: (&found.unmatched_again).into(),
            baseline_account: (&found.accounts.baseline).into(),
            mirrored_account: (&found.accounts.candidate).into(),
        }
    }
}

impl From<&ShadowRate> for ShadowRateInJson {
    fn from(rate: &ShadowRate) -> Self {
        Self {
            disagreements: rate.disagreements,
            pairs: rate.pairs,
            noise_disagreements: rate.noise_disagreements,
            noise_pairs: rate.noise_pairs,
            excess: (rate.pairs > 0).then_some(rate.excess),
            interval: rate.interval.map(ends),
            outcome: rate.outcome.into(),
            saturated: rate.is_saturated,
            needed: rate.needed,
        }
    }
}

impl From<&ShadowPath> for ShadowPathInJson {
    fn from(path: &ShadowPath) -> Self {
        Self {
            path: path.path.clone(),
            rate: (&path.rate).into(),
            kinds: path.kinds.iter().map(Into::into).collect(),
            size_max: path.size_max,
        }
    }
}

impl From<&ShadowKindCount> for ShadowKindInJson {
    fn from(counted: &ShadowKindCount) -> Self {
        Self {
            kind: counted.kind.into(),
            structural_loss: counted.kind.is_structural_loss(),
            pairs: counted.pairs,
            noise_pairs: counted.noise_pairs,
            requests: counted.requests.clone(),
        }
    }
}

impl From<ShadowKind> for ShadowKindName {
    fn from(kind: ShadowKind) -> Self {
        match kind {
            ShadowKind::Missing => Self::Missing,
            ShadowKind::Type => Self::Type,
            ShadowKind::Encoding => Self::Encoding,
            ShadowKind::Precision => Self::Precision,
            ShadowKind::Status => Self::Status,
            ShadowKind::Added => Self::Added,
            ShadowKind::Length => Self::Length,
            ShadowKind::Order => Self::Order,
            ShadowKind::Number => Self::Number,
            ShadowKind::Text => Self::Text,
            ShadowKind::Truth => Self::Truth,
        }
    }
}

impl From<&ShadowUnpaired> for ShadowUnpairedInJson {
    fn from(unpaired: &ShadowUnpaired) -> Self {
        Self {
            count: unpaired.count,
            requests: unpaired.requests.clone(),
        }
    }
}

impl From<&ShadowAccount> for ShadowAccountInJson {
    fn from(account: &ShadowAccount) -> Self {
        let sum = |(n, sum): (u64, f64)| (n > 0).then_some(ShadowSumInJson { n, sum });
        Self {
            tokens: sum(account.tokens),
            cost: sum(account.cost),
            duration_ms: sum(account.duration_ms),
        }
    }
}
