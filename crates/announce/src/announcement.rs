//! What is announced.

use adjutant_domain::{Digest, GateName, ObjectId, RoleName, ServiceName, TaskId, Verdict, sha256};
use adjutant_rollout::{
    Exposure, IncidentId, Move, RecoveryTimes, RolloutId, RolloutPhase, RolloutReason,
    ServiceEvent, ServiceRecord,
};
use serde::{Deserialize, Serialize};

/// Something that happened, with all that is told about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// A version of a service came, or went.
    Service(ServiceAnnouncement),
    /// A gate decided.
    GateDecided {
        /// Which.
        gate: GateName,
        /// What.
        verdict: Verdict,
        /// The digest of the decision's record.
        record: Digest,
    },
    /// The proven work of a task was merged.
    TaskDone {
        /// Which.
        task: TaskId,
        /// Its title.
        title: String,
        /// The merged commit.
        merged: ObjectId,
    },
    /// A task was handed to the role it belongs to.
    TaskHandedOff {
        /// The new task.
        task: TaskId,
        /// Its title.
        title: String,
        /// The task that it came from.
        from: TaskId,
        /// Who gets it.
        role: Option<RoleName>,
    },
}

/// What happened to a version of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceAnnouncement {
    /// A rollout began.
    RolloutStarted {
        /// Of which service.
        service: ServiceName,
        /// Which.
        rollout: Option<RolloutId>,
        /// The version that asks to replace the one in use.
        candidate: Digest,
        /// The version in use.
        live: Digest,
    },
    /// Users get another share of a candidate.
    RolloutAdvanced {
        /// Of which service.
        service: ServiceName,
        /// Which.
        rollout: Option<RolloutId>,
        /// The version.
        candidate: Digest,
        /// What they get now.
        exposure: Exposure,
        /// What the measurements showed.
        reasons: Vec<RolloutReason>,
        /// Why a person ordered it; nobody did when it is missing.
        because: Option<String>,
    },
    /// A rollout waits for a person.
    RolloutPaused {
        /// Of which service.
        service: ServiceName,
        /// Which.
        rollout: Option<RolloutId>,
        /// The version.
        candidate: Digest,
        /// What users get meanwhile.
        exposure: Exposure,
        /// Why it cannot decide.
        reasons: Vec<RolloutReason>,
        /// Why a person holds it; nobody does when it is missing.
        because: Option<String>,
    },
    /// The first version of a service is in use.
    ServiceDeployed {
        /// Which service.
        service: ServiceName,
        /// The rollout that brought it.
        rollout: Option<RolloutId>,
        /// The version.
        version: Digest,
    },
    /// Another version of a service is in use.
    ServiceUpgraded {
        /// Which service.
        service: ServiceName,
        /// The rollout that brought it.
        rollout: Option<RolloutId>,
        /// The version.
        version: Digest,
        /// The version before it.
        from: Digest,
    },
    /// A version was taken back.
    ServiceRolledBack {
        /// Which service.
        service: ServiceName,
        /// The rollout that brought it, when that had not ended.
        rollout: Option<RolloutId>,
        /// The version.
        from: Digest,
        /// The version in use since.
        version: Digest,
        /// What the measurements showed.
        reasons: Vec<RolloutReason>,
        /// Why a person did; the measurements did when it is missing.
        because: Option<String>,
    },
    /// A version was taken back because of a fault.
    IncidentOpened {
        /// Which.
        incident: IncidentId,
        /// The rollout that brought the version, when that had not ended.
        rollout: Option<RolloutId>,
        /// The version.
        version: Digest,
        /// What the measurements showed.
        reasons: Vec<RolloutReason>,
        /// What a person saw; the measurements showed it when it is missing.
        because: Option<String>,
    },
    /// No request is on a faulty version any more.
    IncidentRecovered {
        /// Which.
        incident: IncidentId,
        /// The version in use since.
        version: Digest,
        /// How long it took.
        times: RecoveryTimes,
    },
}

/// What kinds of announcements there are: the words of `events` in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AnnouncementKind {
    /// A rollout began.
    #[serde(rename = "rollout.started")]
    RolloutStarted,
    /// Users get another share of a candidate.
    #[serde(rename = "rollout.advanced")]
    RolloutAdvanced,
    /// A rollout waits for a person.
    #[serde(rename = "rollout.paused")]
    RolloutPaused,
    /// The first version of a service is in use.
    #[serde(rename = "service.deployed")]
    ServiceDeployed,
    /// Another version of a service is in use.
    #[serde(rename = "service.upgraded")]
    ServiceUpgraded,
    /// A version was taken back.
    #[serde(rename = "service.rolled_back")]
    ServiceRolledBack,
    /// A version was taken back because of a fault.
    #[serde(rename = "incident.opened")]
    IncidentOpened,
    /// No request is on a faulty version any more.
    #[serde(rename = "incident.recovered")]
    IncidentRecovered,
    /// A gate decided.
    #[serde(rename = "gate.decided")]
    GateDecided,
    /// The proven work of a task was merged.
    #[serde(rename = "task.done")]
    TaskDone,
    /// A task was handed to the role it belongs to.
    #[serde(rename = "task.handed_off")]
    TaskHandedOff,
}

impl AnnouncementKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::RolloutStarted,
        Self::RolloutAdvanced,
        Self::RolloutPaused,
        Self::ServiceDeployed,
        Self::ServiceUpgraded,
        Self::ServiceRolledBack,
        Self::IncidentOpened,
        Self::IncidentRecovered,
        Self::GateDecided,
        Self::TaskDone,
        Self::TaskHandedOff,
    ];

    /// The word that is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::RolloutStarted => "rollout.started",
            Self::RolloutAdvanced => "rollout.advanced",
            Self::RolloutPaused => "rollout.paused",
            Self::ServiceDeployed => "service.deployed",
            Self::ServiceUpgraded => "service.upgraded",
            Self::ServiceRolledBack => "service.rolled_back",
            Self::IncidentOpened => "incident.opened",
            Self::IncidentRecovered => "incident.recovered",
            Self::GateDecided => "gate.decided",
            Self::TaskDone => "task.done",
            Self::TaskHandedOff => "task.handed_off",
        }
    }
}

impl Announcement {
    /// Its kind.
    pub fn kind(&self) -> AnnouncementKind {
        match self {
            Self::Service(told) => told.kind(),
            Self::GateDecided { .. } => AnnouncementKind::GateDecided,
            Self::TaskDone { .. } => AnnouncementKind::TaskDone,
            Self::TaskHandedOff { .. } => AnnouncementKind::TaskHandedOff,
        }
    }
}

impl ServiceAnnouncement {
    /// Its kind.
    pub fn kind(&self) -> AnnouncementKind {
        match self {
            Self::RolloutStarted { .. } => AnnouncementKind::RolloutStarted,
            Self::RolloutAdvanced { .. } => AnnouncementKind::RolloutAdvanced,
            Self::RolloutPaused { .. } => AnnouncementKind::RolloutPaused,
            Self::ServiceDeployed { .. } => AnnouncementKind::ServiceDeployed,
            Self::ServiceUpgraded { .. } => AnnouncementKind::ServiceUpgraded,
            Self::ServiceRolledBack { .. } => AnnouncementKind::ServiceRolledBack,
            Self::IncidentOpened { .. } => AnnouncementKind::IncidentOpened,
            Self::IncidentRecovered { .. } => AnnouncementKind::IncidentRecovered,
        }
    }
}

/// What the receivers know an announcement by: the same on every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AnnouncementId(String);

/// A text that is not an announcement's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an announcement: adjutant announce show NAME lists them")]
pub struct InvalidAnnouncementId(String);

const ID_PREFIX: &str = "ann_";
const ID_DIGITS: usize = 32;

impl AnnouncementId {
    /// The id of one of the announcements that a journal entry gives rise to. The entry's hash
    /// seals everything that was ever stored before it, so no other store gives the same.
    pub fn of_entry(hash: &str, ordinal: usize) -> Self {
        let sealed = sha256::digest_of(format!("announcement\n{hash}\n{ordinal}").as_bytes());
        let digits: String = sealed.to_string().chars().take(ID_DIGITS).collect();
        Self(format!("{ID_PREFIX}{digits}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AnnouncementId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for AnnouncementId {
    type Err = InvalidAnnouncementId;

    fn from_str(text: &str) -> Result<Self, InvalidAnnouncementId> {
        let digits = text.strip_prefix(ID_PREFIX);
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        digits
            .filter(|digits| digits.len() == ID_DIGITS && digits.bytes().all(is_digit))
            .map(|_| Self(text.to_owned()))
            .ok_or_else(|| InvalidAnnouncementId(text.to_owned()))
    }
}

impl TryFrom<String> for AnnouncementId {
    type Error = InvalidAnnouncementId;

    fn try_from(text: String) -> Result<Self, InvalidAnnouncementId> {
        text.parse()
    }
}

impl From<AnnouncementId> for String {
    fn from(id: AnnouncementId) -> String {
        id.0
    }
}

/// What an event of a service gives rise to. `before` is the event before it, `number` its own.
pub fn of_service(
    service: &ServiceName,
    number: i64,
    rollout: Option<RolloutId>,
    before: Option<&ServiceRecord>,
    record: &ServiceRecord,
) -> Vec<ServiceAnnouncement> {
    let turned = Turned {
        service,
        number,
        rollout,
    };
    let Some(live) = record.desired.live else {
        return Vec::new();
    };
    match (&record.told, before) {
        (ServiceEvent::First, _) => vec![ServiceAnnouncement::ServiceDeployed {
            service: service.clone(),
            rollout,
            version: live,
        }],
        (ServiceEvent::Started, _) => {
            let candidate = record.desired.candidate;
            let started = candidate.map(|candidate| ServiceAnnouncement::RolloutStarted {
                service: service.clone(),
                rollout,
                candidate,
                live,
            });
            started.into_iter().collect()
        }
        (ServiceEvent::Decided(decision), Some(before)) => {
            turned.announced(before, record, &decision.reasons, None)
        }
        (ServiceEvent::Ordered { because, .. }, Some(before)) => {
            turned.announced(before, record, &[], Some(because))
        }
        (ServiceEvent::Undone { from, to, because }, _) => {
            turned.taken_back(*from, *to, &[], Some(because), IsIncident::Yes)
        }
        (ServiceEvent::Recovered(times), Some(before)) if opens_incident(before) => {
            vec![ServiceAnnouncement::IncidentRecovered {
                incident: IncidentId {
                    service: service.clone(),
                    number: number - 1,
                },
                version: live,
                times: *times,
            }]
        }
        (
            ServiceEvent::Decided(_)
            | ServiceEvent::Ordered { .. }
            | ServiceEvent::Recovered(_)
            | ServiceEvent::Lifted { .. },
            _,
        ) => Vec::new(),
    }
}

fn opens_incident(record: &ServiceRecord) -> bool {
    match &record.told {
        ServiceEvent::Decided(decision) => decision.action == Move::RollBack,
        ServiceEvent::Undone { .. } => true,
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Lifted { .. } => false,
    }
}

/// Whether a version was taken back because of a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IsIncident {
    Yes,
    No,
}

/// An event of a service that changes what is in use.
struct Turned<'a> {
    service: &'a ServiceName,
    number: i64,
    rollout: Option<RolloutId>,
}

impl Turned<'_> {
    /// What a decision or an order made of a rollout.
    fn announced(
        &self,
        before: &ServiceRecord,
        record: &ServiceRecord,
        reasons: &[RolloutReason],
        because: Option<&String>,
    ) -> Vec<ServiceAnnouncement> {
        let known = (&record.state, before.desired.candidate, before.desired.live);
        let (Some(state), Some(candidate), Some(live)) = known else {
            return Vec::new();
        };
        let (service, rollout) = (self.service.clone(), self.rollout);
        let was = before.state.as_ref().map(|state| state.phase);
        match state.phase {
            RolloutPhase::Completed => vec![ServiceAnnouncement::ServiceUpgraded {
                service,
                rollout,
                version: candidate,
                from: live,
            }],
            RolloutPhase::RolledBack => {
                self.taken_back(candidate, live, reasons, because, IsIncident::Yes)
            }
            RolloutPhase::Aborted => {
                self.taken_back(candidate, live, reasons, because, IsIncident::No)
            }
            RolloutPhase::Paused | RolloutPhase::PausedToFix if was != Some(state.phase) => {
                vec![ServiceAnnouncement::RolloutPaused {
                    service,
                    rollout,
                    candidate,
                    exposure: state.exposure,
                    reasons: reasons.to_vec(),
                    because: because.cloned(),
                }]
            }
            RolloutPhase::Progressing if before.desired.exposure != state.exposure => {
                vec![ServiceAnnouncement::RolloutAdvanced {
                    service,
                    rollout,
                    candidate,
                    exposure: state.exposure,
                    reasons: reasons.to_vec(),
                    because: because.cloned(),
                }]
            }
            RolloutPhase::Paused | RolloutPhase::PausedToFix | RolloutPhase::Progressing => {
                Vec::new()
            }
        }
    }

    fn taken_back(
        &self,
        from: Digest,
        version: Digest,
        reasons: &[RolloutReason],
        because: Option<&String>,
        is_incident: IsIncident,
    ) -> Vec<ServiceAnnouncement> {
        let mut announced = vec![ServiceAnnouncement::ServiceRolledBack {
            service: self.service.clone(),
            rollout: self.rollout,
            from,
            version,
            reasons: reasons.to_vec(),
            because: because.cloned(),
        }];
        if is_incident == IsIncident::Yes {
            announced.push(ServiceAnnouncement::IncidentOpened {
                incident: IncidentId {
                    service: self.service.clone(),
                    number: self.number,
                },
                rollout: self.rollout,
                version: from,
                reasons: reasons.to_vec(),
                because: because.cloned(),
            });
        }
        announced
    }
}

#[cfg(test)]
mod tests;
