//! What is wanted of a service, across its rollouts: which version everybody gets, which one asks to
//! replace it, and which ones nobody may get any more.

use adjutant_domain::{Digest, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::{Move, RolloutReason};
use crate::judge::MetricResult;
use crate::measurements::{ArmHealth, TrafficSource};
use crate::plan::Exposure;
use crate::state::{RolloutOrder, RolloutPhase, RolloutState};

/// A rollout's number in its store, written `R-3`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct RolloutId(i64);

/// A text that is not a rollout's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rollout: write it as R-3")]
pub struct InvalidRolloutId(String);

impl RolloutId {
    /// From the number that the store gave it, from 1.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for RolloutId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "R-{}", self.0)
    }
}

impl std::str::FromStr for RolloutId {
    type Err = InvalidRolloutId;

    fn from_str(text: &str) -> Result<Self, InvalidRolloutId> {
        let digits = text
            .strip_prefix(['R', 'r'])
            .map_or(text, |rest| rest.trim_start_matches('-'));
        let number = digits.parse().ok().filter(|&number: &i64| number > 0);
        number
            .map(Self)
            .ok_or_else(|| InvalidRolloutId(text.to_owned()))
    }
}

impl TryFrom<String> for RolloutId {
    type Error = InvalidRolloutId;

    fn try_from(text: String) -> Result<Self, InvalidRolloutId> {
        text.parse()
    }
}

impl From<RolloutId> for String {
    fn from(id: RolloutId) -> String {
        id.to_string()
    }
}

/// What is wanted of a service. Whoever acts on it holds it against what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DesiredService {
    /// Rises with every change of what users get; the traffic refuses an older one.
    pub generation: u64,
    /// The version in use.
    pub live: Option<Digest>,
    /// The good version before it, which runs on for a quick way back until the next rollout.
    pub previous: Option<Digest>,
    /// The version that asks to replace it.
    pub candidate: Option<Digest>,
    /// What the users get of the candidate.
    pub exposure: Exposure,
    /// Versions that were taken back and that nobody has lifted.
    pub blocked: Vec<BlockedVersion>,
}

/// A version that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockedVersion {
    /// Which.
    pub version: Digest,
    /// When.
    pub at: Timestamp,
    /// The rollout that took it back; a person did when it is missing.
    pub rollout: Option<RolloutId>,
}

impl DesiredService {
    /// Who took a version back, when it is blocked.
    pub fn block_of(&self, version: Digest) -> Option<&BlockedVersion> {
        self.blocked
            .iter()
            .find(|blocked| blocked.version == version)
    }

    /// What is wanted when a version asks to replace the one in use.
    pub fn with_candidate(&self, candidate: Digest, state: &RolloutState) -> Self {
        Self {
            generation: state.generation,
            candidate: Some(candidate),
            previous: None,
            exposure: state.exposure,
            ..self.clone()
        }
    }

    /// What is wanted when the first version comes: there is nothing to compare it with.
    pub fn with_first(&self, version: Digest) -> Self {
        Self {
            generation: self.generation + 1,
            live: Some(version),
            ..self.clone()
        }
    }

    /// What is wanted once a rollout stands so.
    pub fn following(&self, rollout: RolloutId, state: &RolloutState, at: Timestamp) -> Self {
        let standing = Self {
            generation: state.generation,
            exposure: state.exposure,
            ..self.clone()
        };
        match state.phase {
            RolloutPhase::Progressing | RolloutPhase::Paused | RolloutPhase::PausedToFix => {
                standing
            }
            RolloutPhase::Completed => Self {
                // The candidate becomes the baseline, with a name of its own in the traffic.
                generation: state.generation + 1,
                live: self.candidate,
                previous: self.live,
                candidate: None,
                exposure: Exposure::default(),
                ..standing
            },
            RolloutPhase::RolledBack | RolloutPhase::Aborted => {
                let taken_back = self.candidate;
                Self {
                    candidate: None,
                    ..standing.blocking(taken_back, Some(rollout), at)
                }
            }
        }
    }

    /// What is wanted when a person goes back to `version` from the one in use.
    pub fn back_to(&self, version: Digest, at: Timestamp) -> Self {
        Self {
            generation: self.generation + 1,
            live: Some(version),
            previous: None,
            ..self.clone().blocking(self.live, None, at)
        }
    }

    /// What is wanted when a version may be used again.
    pub fn lifting(&self, version: Digest) -> Self {
        let mut lifted = self.clone();
        lifted.blocked.retain(|blocked| blocked.version != version);
        lifted
    }

    /// Which versions have to run.
    pub fn running(&self) -> Vec<Digest> {
        let wanted = [self.live, self.candidate, self.previous];
        let mut running: Vec<Digest> = wanted.into_iter().flatten().collect();
        running.sort_unstable();
        running.dedup();
        running
    }

    fn blocking(
        mut self,
        version: Option<Digest>,
        rollout: Option<RolloutId>,
        at: Timestamp,
    ) -> Self {
        if let Some(version) = version.filter(|version| self.block_of(*version).is_none()) {
            self.blocked.push(BlockedVersion {
                version,
                at,
                rollout,
            });
        }
        self
    }
}

/// What happened to a service, with what is wanted after it. Stored, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRecord {
    /// What is wanted now.
    pub desired: DesiredService,
    /// Where the rollout stands, when it is about one.
    pub state: Option<RolloutState>,
    /// What happened.
    pub told: ServiceEvent,
}

/// What happened to a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceEvent {
    /// Its first version came, with nothing to compare it with.
    First,
    /// A rollout began.
    Started,
    /// A rollout was decided about.
    Decided(Box<RolloutDecision>),
    /// A person ordered something, past the measurements.
    Ordered {
        /// What.
        order: RolloutOrder,
        /// Why.
        because: String,
    },
    /// A rollback was followed to its end.
    Recovered(RecoveryTimes),
    /// A person went back to an earlier version.
    Undone {
        /// From this one.
        from: Digest,
        /// To this one.
        to: Digest,
        /// Why.
        because: String,
    },
    /// A version may be used again.
    Lifted {
        /// Which.
        version: Digest,
        /// Why.
        because: String,
    },
}

/// A decision with its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutDecision {
    /// What happens next.
    pub action: Move,
    /// Why.
    pub reasons: Vec<RolloutReason>,
    /// Every metric that the monitor looked at.
    pub results: Vec<MetricResult>,
    /// When the measurements were read.
    pub read_at: Timestamp,
    /// What the traffic said.
    pub traffic: TrafficSource,
    /// How the candidate's processes were.
    pub candidate: ArmHealth,
}

/// How long a rollback took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryTimes {
    /// From the exposure that showed the fault to the reading that did: at most this long had it
    /// been there.
    pub exposed_ms: i64,
    /// From that reading to the stored decision.
    pub decision_ms: i64,
    /// From the stored decision until the traffic followed.
    pub actuation_ms: i64,
    /// From then until no request was on the candidate any more.
    pub verification_ms: i64,
}

impl RecoveryTimes {
    /// From the reading that showed the breach to the verified end.
    pub fn from_detection_ms(&self) -> i64 {
        self.decision_ms + self.actuation_ms + self.verification_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RolloutWeight;

    fn version(byte: u8) -> Digest {
        Digest::from_bytes([byte; 32])
    }

    fn state(phase: RolloutPhase) -> RolloutState {
        RolloutState {
            step: 3,
            step_began: Timestamp::from_unix_millis(5),
            exposure: Exposure::default(),
            generation: 9,
            looks: Vec::new(),
            phase,
        }
    }

    fn rolling() -> DesiredService {
        DesiredService {
            generation: 8,
            live: Some(version(1)),
            candidate: Some(version(2)),
            exposure: Exposure {
                weight: RolloutWeight::ALL,
                ..Exposure::default()
            },
            ..DesiredService::default()
        }
    }

    #[test]
    fn a_rollback_changes_what_is_wanted_and_blocks_the_version() {
        for phase in [RolloutPhase::RolledBack, RolloutPhase::Aborted] {
            let at = Timestamp::from_unix_millis(77);
            let after = rolling().following(RolloutId(4), &state(phase), at);
            assert_eq!((after.live, after.candidate), (Some(version(1)), None));
            let block = after.block_of(version(2)).unwrap();
            assert_eq!((block.at, block.rollout), (at, Some(RolloutId(4))));
            assert_eq!(after.lifting(version(2)).block_of(version(2)), None);
            assert_eq!(after.running(), [version(1)]);
        }
    }

    #[test]
    fn what_completed_is_live_and_the_one_before_runs_on() {
        let at = Timestamp::from_unix_millis(1);
        let after = rolling().following(RolloutId(4), &state(RolloutPhase::Completed), at);
        assert_eq!(
            (after.live, after.previous),
            (Some(version(2)), Some(version(1)))
        );
        assert_eq!((after.generation, after.running().len()), (10, 2));
        let back = after.back_to(version(1), at);
        assert_eq!((back.live, back.generation), (Some(version(1)), 11));
        assert!(
            back.block_of(version(2))
                .is_some_and(|block| block.rollout.is_none())
        );
    }

    #[test]
    fn an_id_reads_back_what_it_prints() {
        for text in ["R-3", "r-3", "3", "R3"] {
            assert_eq!(text.parse(), Ok(RolloutId(3)), "{text}");
        }
        for text in ["", "R-", "R-0", "T-3", "-1"] {
            assert!(text.parse::<RolloutId>().is_err(), "{text}");
        }
    }
}
