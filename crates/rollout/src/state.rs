//! Where a rollout stands, and what a person can make of it.

use adjutant_domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Exposure, RolloutPlan, RolloutWeight};

/// Where a rollout stands. What is wanted of the traffic is part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutState {
    /// The step under way, from 0.
    pub step: usize,
    /// When it began; a resumed step begins again.
    pub step_began: Timestamp,
    /// What the users shall get.
    pub exposure: Exposure,
    /// Rises with every change of the exposure.
    pub generation: u64,
    /// The looks that the analysis under way has taken, as shares of its requests.
    pub looks: Vec<f64>,
    /// Whether it goes on.
    pub phase: RolloutPhase,
}

/// Whether a rollout goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutPhase {
    /// It goes on.
    Progressing,
    /// A person holds it. The monitor goes on.
    Paused,
    /// It cannot decide: a person has to look. The monitor goes on.
    PausedToFix,
    /// The candidate has everything.
    Completed,
    /// The measurements took the candidate back.
    RolledBack,
    /// A person took the candidate back.
    Aborted,
}

impl RolloutPhase {
    /// Whether nothing follows.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Completed | Self::RolledBack | Self::Aborted => true,
            Self::Progressing | Self::Paused | Self::PausedToFix => false,
        }
    }

    /// Its name in tables and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Progressing => "progressing",
            Self::Paused => "paused",
            Self::PausedToFix => "paused to fix",
            Self::Completed => "completed",
            Self::RolledBack => "rolled back",
            Self::Aborted => "aborted",
        }
    }
}

/// What a person wants of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutOrder {
    /// Leave the step under way without its checks.
    Promote,
    /// Give the candidate everything without the steps that are left.
    PromoteFully,
    /// Take the candidate back.
    Abort,
    /// Hold.
    Pause,
    /// Go on; the step under way begins again.
    Resume,
}

/// An order that a rollout cannot follow where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rollout is {}", .0.name())]
pub struct RefusedOrder(pub RolloutPhase);

impl RolloutState {
    /// A rollout that begins, with the generation of what was wanted before it.
    pub fn begin(plan: &RolloutPlan, generation: u64, now: Timestamp) -> Self {
        let before = Self {
            step: 0,
            step_began: now,
            exposure: Exposure::default(),
            generation: generation + 1,
            looks: Vec::new(),
            phase: RolloutPhase::Progressing,
        };
        before.at_step(plan, 0, now)
    }

    /// The state that an order makes of this one.
    ///
    /// # Errors
    /// When the rollout has ended, or does not wait for what is ordered.
    pub fn ordered(
        &self,
        plan: &RolloutPlan,
        order: RolloutOrder,
        now: Timestamp,
    ) -> Result<Self, RefusedOrder> {
        let refused = Err(RefusedOrder(self.phase));
        if self.phase.has_ended() {
            return refused;
        }
        let phase = |phase| Self {
            phase,
            ..self.clone()
        };
        match (order, self.phase) {
            (RolloutOrder::Promote, _) => Ok(Self {
                phase: RolloutPhase::Progressing,
                ..self.clone()
            }
            .at_step(plan, self.step + 1, now)),
            (RolloutOrder::PromoteFully, _) => {
                Ok(phase(RolloutPhase::Progressing).at_step(plan, plan.steps.len(), now))
            }
            (RolloutOrder::Abort, _) => Ok(self.taken_back(RolloutPhase::Aborted)),
            (RolloutOrder::Pause, RolloutPhase::Progressing) => Ok(phase(RolloutPhase::Paused)),
            (RolloutOrder::Resume, RolloutPhase::Paused | RolloutPhase::PausedToFix) => {
                Ok(Self {
                    step_began: now,
                    // The error that these looks spent stays spent where they were taken; a step
                    // that a person begins again is a new analysis.
                    looks: Vec::new(),
                    ..phase(RolloutPhase::Progressing)
                })
            }
            (RolloutOrder::Pause | RolloutOrder::Resume, _) => refused,
        }
    }

    /// The same at another step; after the last one it is complete.
    pub(crate) fn at_step(&self, plan: &RolloutPlan, step: usize, now: Timestamp) -> Self {
        let wanted = match plan.steps.get(step) {
            Some(entered) => self.exposure.after(entered),
            None => Exposure {
                weight: RolloutWeight::ALL,
                mirror: RolloutWeight::NONE,
            },
        };
        Self {
            step,
            step_began: now,
            looks: Vec::new(),
            phase: if step < plan.steps.len() {
                self.phase
            } else {
                RolloutPhase::Completed
            },
            ..self.exposed(wanted)
        }
    }

    /// The same with nobody on the candidate.
    pub(crate) fn taken_back(&self, phase: RolloutPhase) -> Self {
        Self {
            phase,
            ..self.exposed(Exposure::default())
        }
    }

    fn exposed(&self, exposure: Exposure) -> Self {
        Self {
            exposure,
            generation: self.generation + u64::from(exposure != self.exposure),
            ..self.clone()
        }
    }
}
