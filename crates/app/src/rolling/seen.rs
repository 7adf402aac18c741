//! A service as it stands, and what may be done to it.

use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_engine::SeenCluster;
use adjutant_outbound::instance::{InstanceState, InstanceStatus};
use adjutant_rollout::{DesiredService, RolloutMeasurements};
use adjutant_store::{StoredRollout, StoredServiceEvent};

use super::entrance::SeenEntrance;

/// A service as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenService {
    /// Which.
    pub service: ServiceName,
    /// What happened to it last; nothing ever did when it is missing.
    pub last: Option<StoredServiceEvent>,
    /// The rollout that the last event is about.
    pub rollout: Option<StoredRollout>,
    /// The rollout by whose basis the service is run: that one, or the last one.
    pub basis: Option<StoredRollout>,
    /// What is measured under the exposure that is wanted.
    pub measurements: RolloutMeasurements,
    /// The versions that run, with what their keepers say.
    pub instances: Vec<SeenInstance>,
    /// What the requests do; missing when what takes them does not answer.
    pub entrance: Option<SeenEntrance>,
    /// The cluster's places, where the versions run in one and it answers.
    pub cluster: Option<SeenCluster>,
    /// Why what takes the requests did not do as it was told last.
    pub trouble: Option<String>,
    /// When the measurements were read.
    pub read_at: Timestamp,
}

/// A version that runs, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenInstance {
    /// Which.
    pub version: Digest,
    /// How it is; it does not run when it is missing.
    pub state: Option<InstanceState>,
    /// What its keeper says, where it runs on this machine.
    pub status: Option<InstanceStatus>,
}

impl SeenService {
    /// What is wanted.
    pub fn desired(&self) -> DesiredService {
        let last = self.last.as_ref();
        last.map(|last| last.record.desired.clone())
            .unwrap_or_default()
    }

    /// The state of an instance.
    pub fn instance(&self, version: Digest) -> Option<InstanceState> {
        let seen = self.instances.iter().find(|seen| seen.version == version)?;
        seen.state
    }

    /// The generation that is in effect.
    pub fn generation(&self) -> Option<u64> {
        self.entrance.as_ref()?.generation
    }

    /// Requests on a version that have not ended.
    pub fn in_flight(&self, version: Digest) -> u64 {
        let entrance = self.entrance.as_ref();
        entrance.map_or(0, |entrance| entrance.in_flight(version))
    }

    /// Requests go to a version only once it has been well. One that serves already is never waited
    /// for: a rollback waits for nothing.
    pub(super) fn may_steer(&self, desired: &DesiredService, is_there: bool) -> bool {
        let Some(live) = desired.live else {
            return false;
        };
        let serves = |version: Digest| {
            let entrance = self.entrance.as_ref();
            entrance.is_some_and(|entrance| entrance.serves(version))
        };
        let is_well = |version: Digest| self.instance(version) == Some(InstanceState::Well);
        is_there
            && (serves(live) || is_well(live))
            && desired
                .candidate
                .filter(|_| desired.exposure.is_any())
                .is_none_or(|candidate| serves(candidate) || is_well(candidate))
    }
}
