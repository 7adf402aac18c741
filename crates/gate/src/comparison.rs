//! One question about two arms, answered: the shape of the answer. The computing is in
//! `estimate`, the judging in `compare`.

use adjutant_domain::{Confidence, Interval, Outcome, Unit, Validity};
use serde::{Deserialize, Serialize};

use crate::quantity::Margin;
use crate::selector::Selector;
use crate::statistic::{Direction, Statistic};

/// What is asked about a baseline and a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The quantity to compare.
    pub statistic: Statistic,
    /// Which measurements are meant, by their labels.
    pub labels: Selector,
    /// How much worse the candidate may be. Without it the question is whether it is better.
    pub margin: Option<Margin>,
    /// Whether observations with the same pair key are compared with each other.
    pub paired: bool,
    /// Whether the caller insists on clustered methods. Cluster keys are used whenever the
    /// evidence has them; with this set, their absence is an answer of its own.
    pub clustered: bool,
    /// The level of every interval.
    pub confidence: Confidence,
    /// Which status codes are a success; everything else, and 0, is an error.
    pub success: SuccessRange,
    /// Which side is better; `None` takes the statistic's own.
    pub better: Option<Direction>,
    /// The least grade that complies, for compliance@1.
    pub grade_min: i32,
    /// Seed of every resampling, so that the same question has the same answer.
    pub seed: u64,
}

/// Status codes that count as a success, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessRange {
    /// The lowest successful code.
    pub low: u16,
    /// The highest successful code.
    pub high: u16,
}

/// What one arm measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Arm {
    /// How many observations were used.
    pub n: u64,
    /// The statistic, where there is one.
    pub value: Option<f64>,
    /// Its interval, where the evidence allows one.
    pub interval: Option<Interval>,
}

/// A number computed from both arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its interval, where the evidence allows one.
    pub interval: Option<Interval>,
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The quantity, in its short form such as `p95` or `mean:tokens`.
    pub measure: String,
    /// Unit of both arms and of the difference.
    pub unit: Unit,
    /// The level of every interval.
    pub confidence: Confidence,
    /// The version in use.
    pub baseline: Arm,
    /// The version that asks to replace it.
    pub candidate: Arm,
    /// Candidate minus baseline, in `unit`.
    pub difference: Option<Estimate>,
    /// Candidate over baseline, minus one; absent when the baseline is zero or changes sign.
    pub relative: Option<Estimate>,
    /// How much worse the candidate may be.
    pub margin: Option<Margin>,
    /// Which side is better.
    pub better: Direction,
    /// Whether the evidence can answer.
    pub validity: Validity,
    /// What it answers; INCONCLUSIVE whenever `validity` is not VALID.
    pub outcome: Outcome,
    /// How many more observations an arm would decide it, if the observed effect and spread are
    /// the truth; absent when it is decided or cannot be said.
    pub needed: Option<u64>,
    /// One sentence: why this validity and outcome, and what to do where something is missing.
    pub reason: String,
    /// How the intervals were made and what was assumed.
    pub method: String,
}

impl Question {
    /// A question with the usual settings: no margin, unpaired, two-sided 95 %, success 100 to
    /// 399, the statistic's own direction.
    pub fn about(statistic: Statistic) -> Self {
        Self {
            statistic,
            labels: Selector::default(),
            margin: None,
            paired: false,
            clustered: false,
            confidence: Confidence::TWO_SIDED_95,
            success: SuccessRange::default(),
            better: None,
            grade_min: 1,
            seed: 1,
        }
    }

    /// Which side is better.
    pub fn direction(&self) -> Direction {
        self.better.unwrap_or_else(|| self.statistic.better())
    }
}

impl SuccessRange {
    /// Whether a status code is a success. 0 (no response) never is.
    pub fn contains(self, status: f64) -> bool {
        status >= f64::from(self.low) && status <= f64::from(self.high) && status > 0.0
    }
}

impl Default for SuccessRange {
    fn default() -> Self {
        Self {
            low: 100,
            high: 399,
        }
    }
}
