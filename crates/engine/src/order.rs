//! What an engine is told, and what it says.

use adjutant_rollout::{RolloutWeight, StageWindow};

/// What users shall get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOrder {
    /// Rises with every change of what users get.
    pub generation: u64,
    /// The version in use.
    pub baseline: EngineArm,
    /// The one that asks to replace it, while it may get requests.
    pub candidate: Option<EngineArm>,
}

/// A version in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineArm {
    /// Where its process listens: `host:port`.
    pub address: String,
    /// Its share of the requests.
    pub weight: RolloutWeight,
}

impl EngineOrder {
    /// The arms, the version in use first.
    pub fn arms(&self) -> impl Iterator<Item = &EngineArm> {
        std::iter::once(&self.baseline).chain(&self.candidate)
    }
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steered {
    /// It is on its way; looking tells when it is in effect.
    Told,
    /// It has to be told again: a place for a version is not free yet, or somebody else is telling.
    Waits,
    /// A newer one is in effect.
    Late,
}

/// What an engine does.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenEngine {
    /// The generation in effect; `None` when what is in effect is no order of Adjutant's.
    pub generation: Option<u64>,
    /// Where requests go.
    pub arms: Vec<SeenEngineArm>,
    /// Whether requests may still be where an earlier order sent them.
    pub is_draining: bool,
    /// What was counted since that generation came into effect.
    pub window: StageWindow,
}

/// A place to which an engine sends requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEngineArm {
    /// `host:port`.
    pub address: String,
    /// Whether new requests go there.
    pub serves: bool,
    /// Requests there that have not ended.
    pub in_flight: u64,
}
