//! What a look at a rollout decides, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judge::MetricResult;
use crate::measurements::SplitCount;
use crate::plan::Exposure;
use crate::state::RolloutState;
use crate::{ArmHealth, RolloutWeight};

/// What happens next.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Move {
    /// Nothing changes.
    Hold,
    /// The next step begins.
    Advance,
    /// The candidate is taken back.
    RollBack,
    /// It cannot decide; the exposure stays, a person has to look.
    PauseAndFix,
    /// The candidate has everything and has shown itself.
    Complete,
}

impl std::fmt::Display for Move {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hold => "HOLD",
            Self::Advance => "ADVANCE",
            Self::RollBack => "ROLL BACK",
            Self::PauseAndFix => "PAUSE_AND_FIX",
            Self::Complete => "COMPLETE",
        })
    }
}

/// Why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutReason {
    /// It has ended, or a person or PAUSE_AND_FIX holds it.
    Held,
    /// A monitored metric left what is allowed.
    Breach(MetricResult),
    /// The candidate's processes fail.
    CandidateDown(ArmHealth),
    /// The traffic could not be asked.
    SourceFailed(String),
    /// What is wanted is not in effect yet.
    NotInEffect {
        /// The generation that is wanted.
        wanted: u64,
        /// The one that is in effect.
        seen: u64,
    },
    /// The candidate may not serve yet.
    NotServing(ArmHealth),
    /// The split does not do what it is told.
    SplitMismatch {
        /// What it is told.
        weight: RolloutWeight,
        /// What it did.
        split: SplitCount,
    },
    /// The arms have not served enough to leave this exposure.
    TooFewRequests {
        /// The candidate's.
        candidate: u64,
        /// The baseline's, where it serves.
        baseline: Option<u64>,
        /// How many each needs.
        needed: u64,
    },
    /// The pause is not over.
    PauseRuns {
        /// How long it still runs.
        left_ms: i64,
    },
    /// The pause ends when a person promotes.
    AwaitsPromotion,
    /// The next look needs more requests.
    AwaitsLook {
        /// Which look, from 1.
        look: u32,
        /// The requests that it needs of each arm.
        needed: u64,
        /// How many there are.
        seen: u64,
    },
    /// The analysis looked.
    Looked {
        /// Which look, from 1.
        look: u32,
        /// What it says about each metric.
        results: Vec<MetricResult>,
    },
    /// The last look could not decide.
    LooksExhausted,
    /// The step's time is over.
    DeadlinePassed {
        /// By how much.
        by_ms: i64,
    },
    /// What the step asks for is done.
    StepDone,
    /// The exposure that is now wanted.
    Exposed(Exposure),
}

/// One decision: a pure function of plan, state, measurements and time.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What happens next.
    pub action: Move,
    /// Why, the weightiest first.
    pub reasons: Vec<RolloutReason>,
    /// Every metric that was looked at.
    pub results: Vec<MetricResult>,
    /// The state that follows.
    pub next: RolloutState,
}
