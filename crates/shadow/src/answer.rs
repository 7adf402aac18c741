//! What a comparison found.

use adjutant_domain::{Confidence, Interval, Outcome, Validity};

use crate::difference::ShadowKind;

/// What comparing two recordings found.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowComparison {
    /// Whether the recordings can answer.
    pub validity: Validity,
    /// What they answer.
    pub outcome: Outcome,
    /// Why, a sentence each; never empty.
    pub reasons: Vec<String>,
    /// How sure the intervals are.
    pub confidence: Confidence,
    /// How much more often than the baseline against itself the candidate may disagree, as a share.
    pub regression_max: f64,
    /// Whether a response disagrees anywhere.
    pub whole: ShadowRate,
    /// Every path that disagreed, the worst first.
    pub paths: Vec<ShadowPath>,
    /// Disagreements at paths that were too many to tell apart.
    pub untold: u64,
    /// How often something was not compared because a rule says so.
    pub ignored: u64,
    /// Requests that the baseline answered and the candidate did not, within the window.
    pub unanswered: ShadowUnpaired,
    /// Requests that the candidate answered and the baseline did not, within the window.
    pub unasked: ShadowUnpaired,
    /// Requests of the second recording of the baseline that the first does not hold.
    pub unmatched_again: ShadowUnpaired,
    /// What the mirrored calls took, apart from the comparison.
    pub accounts: ShadowAccounts,
}

/// How often responses disagree, beyond what the baseline does against itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShadowRate {
    /// Pairs that disagree.
    pub disagreements: u64,
    /// Pairs of baseline and candidate.
    pub pairs: u64,
    /// Pairs of two answers of the baseline that disagree.
    pub noise_disagreements: u64,
    /// Pairs of two answers of the baseline; 0 when the noise floor is unknown and taken as 0.
    pub noise_pairs: u64,
    /// The share of pairs that disagree minus the noise floor.
    pub excess: f64,
    /// The interval of `excess`.
    pub interval: Option<Interval>,
    /// Whether the excess is acceptable.
    pub outcome: Outcome,
    /// The baseline disagrees with itself so often that nothing could be found worse.
    pub is_saturated: bool,
    /// How many more pairs would decide, if the shares stay as they are.
    pub needed: Option<u64>,
}

/// A path that disagreed.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowPath {
    /// The path, such as `body.items[*].price`.
    pub path: String,
    /// How often.
    pub rate: ShadowRate,
    /// In what ways.
    pub kinds: Vec<ShadowKindCount>,
    /// The largest relative difference of numbers, or the largest unlikeness of texts.
    pub size_max: Option<f64>,
}

/// How often responses disagree at a path in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowKindCount {
    /// The way.
    pub kind: ShadowKind,
    /// Pairs of baseline and candidate.
    pub pairs: u64,
    /// Pairs of two answers of the baseline.
    pub noise_pairs: u64,
    /// The ids of the first requests where the candidate disagrees in this way.
    pub requests: Vec<String>,
}

/// Requests without a partner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShadowUnpaired {
    /// How many.
    pub count: u64,
    /// The ids of the first.
    pub requests: Vec<String>,
}

/// What recorded calls took, per recording.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ShadowAccounts {
    /// The baseline's calls.
    pub baseline: ShadowAccount,
    /// The candidate's calls: what mirroring costs.
    pub candidate: ShadowAccount,
}

/// What calls took. Each part is a number of calls that say it, and the sum over them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ShadowAccount {
    /// Language-model tokens.
    pub tokens: (u64, f64),
    /// Money, in the currency of whoever recorded it.
    pub cost: (u64, f64),
    /// Milliseconds.
    pub duration_ms: (u64, f64),
}

impl ShadowComparison {
    /// The ways of disagreeing that a single pair is enough for, with their paths.
    pub fn structural_losses(&self) -> impl Iterator<Item = (&str, &ShadowKindCount)> {
        self.paths.iter().flat_map(|path| {
            let kinds = path.kinds.iter();
            kinds
                .filter(|kind| kind.kind.is_structural_loss() && kind.pairs > 0)
                .map(|kind| (path.path.as_str(), kind))
        })
    }
}
