//! How a criterion stands: one word for its outcome and validity together, and the words and
//! marks that every surface uses for it.

use adjutant_domain::{Outcome, Validity, Verdict};
use adjutant_gate::{CriterionResult, Decision, Trend};

/// What a place says when there is nothing to show.
pub(crate) const NO_DATA_AVAILABLE: &str = "NO DATA AVAILABLE";

/// Outcome and validity as one word. Only valid evidence can pass or fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Valid, and on the demanded side.
    Pass,
    /// Valid, and on the wrong side.
    Fail,
    /// Valid, and undecided.
    Inconclusive,
    /// There is no measurement, or none that can be used.
    NoAnswer(Validity),
}

/// How many criteria stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Passed.
    pub(crate) pass: usize,
    /// Failed.
    pub(crate) fail: usize,
    /// Valid and undecided.
    pub(crate) inconclusive: usize,
    /// Without an answer.
    pub(crate) no_answer: usize,
}

impl Standing {
    /// How a criterion stands.
    pub(crate) fn of(criterion: &CriterionResult) -> Self {
        match (criterion.validity, criterion.outcome) {
            (Validity::Valid, Outcome::Pass) => Self::Pass,
            (Validity::Valid, Outcome::Fail) => Self::Fail,
            (Validity::Valid, Outcome::Inconclusive) => Self::Inconclusive,
            (
                validity @ (Validity::NoData
                | Validity::Insufficient
                | Validity::Stale
                | Validity::SourceError
                | Validity::NotFinite),
                _,
            ) => Self::NoAnswer(validity),
        }
    }

    /// A mark of one column for a terminal or a table.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::Inconclusive => "?",
            Self::NoAnswer(_) => "○",
        }
    }

    /// The standing in words: the outcome, and the validity where it is the cause.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Pass => "PASS".to_owned(),
            Self::Fail => "FAIL".to_owned(),
            Self::Inconclusive => "INCONCLUSIVE".to_owned(),
            Self::NoAnswer(validity) => format!("INCONCLUSIVE ({validity})"),
        }
    }

    /// Whether more or better evidence could still decide.
    pub(crate) fn is_undecided(self) -> bool {
        match self {
            Self::Inconclusive | Self::NoAnswer(_) => true,
            Self::Pass | Self::Fail => false,
        }
    }
}

/// Whether the criterion alone keeps the verdict from GO.
pub(crate) fn blocks(criterion: &CriterionResult) -> bool {
    criterion.required && !is_lifted(criterion) && Standing::of(criterion) != Standing::Pass
}

/// Whether a recorded reason lifts the criterion's block. It never lifts missing data.
pub(crate) fn is_lifted(criterion: &CriterionResult) -> bool {
    criterion.bypass.is_some()
        && match Standing::of(criterion) {
            Standing::Fail | Standing::Inconclusive => true,
            Standing::Pass | Standing::NoAnswer(_) => false,
        }
}

/// The standing in words, with what keeps it from blocking.
pub(crate) fn words(criterion: &CriterionResult) -> String {
    let standing = Standing::of(criterion).words();
    if is_lifted(criterion) {
        format!("{standing}, bypassed")
    } else if criterion.required {
        standing
    } else {
        format!("{standing}, not required")
    }
}

/// The recorded reason that lifts the block, as a sentence.
pub(crate) fn bypass(criterion: &CriterionResult) -> Option<String> {
    let reason = criterion.bypass.as_ref()?;
    let effect = if is_lifted(criterion) {
        "Bypassed with the recorded reason"
    } else {
        "The recorded reason lifts nothing here"
    };
    Some(format!("{effect}: \u{201c}{reason}\u{201d}."))
}

impl Counts {
    /// Counts the criteria of a decision.
    pub(crate) fn of(decision: &Decision) -> Self {
        let mut counts = Self::default();
        for criterion in &decision.criteria {
            match Standing::of(criterion) {
                Standing::Pass => counts.pass += 1,
                Standing::Fail => counts.fail += 1,
                Standing::Inconclusive => counts.inconclusive += 1,
                Standing::NoAnswer(_) => counts.no_answer += 1,
            }
        }
        counts
    }
}

/// The trend in words.
pub(crate) fn trend(trend: &Trend) -> &'static str {
    match trend {
        Trend::NoHistory => "no history",
        Trend::Steady => "steady",
        Trend::Better => "better",
        Trend::Worse => "worse",
    }
}

/// What a verdict means, in one sentence.
pub(crate) fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "Ship the candidate.",
        Verdict::ShadowOnly => "Mirror traffic to the candidate and serve nobody with it.",
        Verdict::PauseAndFix => "Hold the candidate: find out or mend, then ask again.",
        Verdict::Reject => "Do not ship the candidate.",
    }
}

/// The text with a full stop, unless it ends a sentence already.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
