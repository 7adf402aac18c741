//! The policy model: what a gate demands of the evidence. Reading it from TOML is in
//! `policy_toml`; judging by it is in `evaluate`.

use adjutant_domain::{Confidence, CriterionId, GateName, MeasureName, RoleName, Subject};

use crate::comparison::SuccessRange;
use crate::quantity::{Bound, Margin};
use crate::selector::Selector;
use crate::statistic::{Direction, Statistic};

/// A named set of criteria.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: GateName,
    /// What it guards, in one sentence; may be empty.
    pub title: String,
    /// The false-alarm rate above which the gate has no vote (see `self_test`).
    pub alpha: f64,
    /// What to do when only evidence that mirrored traffic can bring is undecided.
    pub undecided: Undecided,
    /// The age in milliseconds above which evidence is stale where no criterion says it.
    pub stale_after_ms: Option<i64>,
    /// Seed of every resampling.
    pub seed: u64,
    /// What is demanded; never empty.
    pub criteria: Vec<Criterion>,
    /// What takes the candidate back at once.
    pub triggers: Vec<Trigger>,
    /// Whether the verdict waits for the composite risk.
    pub risk: bool,
    /// Whose votes the verdict waits for; `None` when it asks for none.
    pub quorum: Option<QuorumPolicy>,
}

/// Who votes about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumPolicy {
    /// What is voted about.
    pub subject: Subject,
    /// The roles that have a voice; never empty.
    pub roles: Vec<RoleName>,
    /// Whether the built-in evaluators vote for roles that nobody voted for.
    pub evaluators: bool,
}

/// One testable demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its name, unique in the policy.
    pub id: CriterionId,
    /// What is asked of the evidence.
    pub ask: Ask,
    /// What the answer must be.
    pub demand: Demand,
    /// Whether the verdict depends on it. One that is not required is shown and does not block.
    pub required: bool,
    /// Whether a recorded reason lifts a FAIL.
    pub reason_allowed: bool,
    /// Whether a FAIL rejects only when the last decision, on other artifacts, failed as well.
    pub confirm: bool,
    /// The family that shares its error rate by Holm's procedure.
    pub holm: Option<String>,
}

/// A rollback trigger: it fires when its condition surely holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Its name, unique among the triggers.
    pub id: CriterionId,
    /// What fires it.
    pub condition: TriggerCondition,
}

/// What fires a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerCondition {
    /// The interval of a quantity lies wholly inside the demand.
    Holds {
        /// The quantity.
        ask: Box<Ask>,
        /// What it must surely do to fire.
        demand: Demand,
    },
    /// Any required criterion fails for sure.
    AnyFails,
}

/// A quantity to compute, and from which evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The quantity.
    pub statistic: Statistic,
    /// Other names that the measure may have; the first that the evidence holds is taken.
    pub aliases: Vec<MeasureName>,
    /// Whose quantity, usually the candidate's.
    pub subject: Subject,
    /// Which measurements, by their labels.
    pub labels: Selector,
    /// The level of its intervals.
    pub confidence: Confidence,
    /// Which status codes are a success.
    pub success: SuccessRange,
    /// Which side is better.
    pub better: Direction,
    /// Whether observations with the same pair key are compared with each other.
    pub paired: bool,
    /// Whether cluster keys are demanded.
    pub clustered: bool,
    /// The least number of observations of each arm.
    pub samples_min: u64,
    /// The age in milliseconds above which evidence is stale.
    pub stale_after_ms: Option<i64>,
    /// The least grade that complies, for compliance@1.
    pub grade_min: i32,
}

/// What the answer must be. "At least" and "at most" include the boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Demand {
    /// The subject's own value lies on one side of a bound.
    Value(Side, Bound),
    /// Subject minus baseline is at least this much up, or at most this much up.
    Rise(Side, Margin),
    /// Baseline minus subject lies on one side of the margin.
    Fall(Side, Margin),
    /// The subject differs from the baseline by at most this much, either way.
    Within(Margin),
    /// The change towards the better side lies wholly above zero.
    Improves,
}

/// On which side of a boundary a value must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Less than it.
    Below,
    /// Less than it or equal.
    AtMost,
    /// More than it.
    Above,
    /// More than it or equal.
    AtLeast,
}

/// What to do when nothing failed but required evidence is undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// PAUSE_AND_FIX, always.
    Pause,
    /// SHADOW ONLY when every live criterion passes and all the rest is valid but inconclusive,
    /// so that mirrored traffic can bring what is missing; otherwise PAUSE_AND_FIX.
    Shadow,
}
