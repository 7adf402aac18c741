//! What receivers are told, in JSON (`schemas/announcement.schema.json`).

use adjutant_announce::{Announcement, ServiceAnnouncement};
use adjutant_domain::{Digest, Timestamp};
use adjutant_rollout::{Exposure, IncidentId, RolloutId, RolloutReason};
use schemars::JsonSchema;
use serde::Serialize;

use crate::rollout::reason;
use crate::terminal::clean;

/// The longest text of a person that is told, in characters: a message is to stay below 20 kB.
const TOLD_CHARS_MAX: usize = 1_000;

/// A message in the format `plain`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "Adjutant announcement")]
pub struct AnnouncementMessage {
    /// What happened, such as `service.upgraded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[schemars(with = "String")]
    pub timestamp: Timestamp,
    /// All that is told about it.
    pub data: AnnouncedFacts,
}

/// All that is told about something that happened. What does not belong to it is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct AnnouncedFacts {
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The rollout, such as `R-3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// The incident, such as `search:17`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The version that it is about, as SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version that was in use, or was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_version: Option<String>,
    /// The share of the requests that the candidate answers, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The share of the requests that are copied to it, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<f64>,
    /// From the reading that showed the fault to the verified recovery, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<i64>,
    /// The gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// Its verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The digest of the decision's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The task, such as `T-12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The task that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_task: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The role that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The merged commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl AnnouncedFacts {
    fn of_rollout(service: &impl ToString, rollout: Option<RolloutId>, version: Digest) -> Self {
        Self {
            service: Some(service.to_string()),
            rollout: rollout.map(|id| id.to_string()),
            version: Some(version.to_string()),
            ..Self::default()
        }
    }

    fn of_incident(self, incident: &IncidentId) -> Self {
        Self {
            incident: Some(incident.to_string()),
            ..self
        }
    }

    fn exposing(self, exposure: Exposure) -> Self {
        Self {
            weight: Some(exposure.weight.share()),
            mirror: Some(exposure.mirror.share()),
            ..self
        }
    }

    fn beside(self, other: Digest) -> Self {
        Self {
            other_version: Some(other.to_string()),
            ..self
        }
    }

    fn because(self, reasons: &[RolloutReason], because: Option<&String>) -> Self {
        let measured = reasons.iter().map(|why| reason(why, None));
        let told = measured.chain(because.cloned());
        Self {
            reasons: told.map(|text| told_text(&text)).collect(),
            ..self
        }
    }
}

/// A text of outside as it is told.
fn told_text(text: &str) -> String {
    clean(text).chars().take(TOLD_CHARS_MAX).collect()
}

impl From<&Announcement> for AnnouncedFacts {
    fn from(announcement: &Announcement) -> Self {
        match announcement {
            Announcement::Service(told) => told.into(),
            Announcement::GateDecided {
                gate,
                verdict,
                record,
            } => Self {
                gate: Some(gate.to_string()),
                verdict: Some(verdict.to_string()),
                record: Some(record.to_string()),
                ..Self::default()
            },
            Announcement::TaskDone {
                task,
                title,
                merged,
            } => Self {
                task: Some(task.to_string()),
                title: Some(told_text(title)),
                commit: Some(merged.as_str().to_owned()),
                ..Self::default()
            },
            Announcement::TaskHandedOff {
                task,
                title,
                from,
                role,
            } => Self {
                task: Some(task.to_string()),
                title: Some(told_text(title)),
                from_task: Some(from.to_string()),
                role: role.as_ref().map(ToString::to_string),
                ..Self::default()
            },
        }
    }
}

impl From<&ServiceAnnouncement> for AnnouncedFacts {
    fn from(told: &ServiceAnnouncement) -> Self {
        match told {
            ServiceAnnouncement::RolloutStarted {
                service,
                rollout,
                candidate: version,
                live: other,
            }
            | ServiceAnnouncement::ServiceUpgraded {
                service,
                rollout,
                version,
                from: other,
            } => Self::of_rollout(service, *rollout, *version).beside(*other),
            ServiceAnnouncement::RolloutAdvanced {
                service,
                rollout,
                candidate,
                exposure,
                reasons,
                because,
            }
            | ServiceAnnouncement::RolloutPaused {
                service,
                rollout,
                candidate,
                exposure,
                reasons,
                because,
            } => Self::of_rollout(service, *rollout, *candidate)
                .exposing(*exposure)
                .because(reasons, because.as_ref()),
            ServiceAnnouncement::ServiceDeployed {
                service,
                rollout,
                version,
            } => Self::of_rollout(service, *rollout, *version),
            ServiceAnnouncement::ServiceRolledBack {
                service,
                rollout,
                from,
                version,
                reasons,
                because,
            } => Self::of_rollout(service, *rollout, *version)
                .beside(*from)
                .because(reasons, because.as_ref()),
            ServiceAnnouncement::IncidentOpened {
                incident,
                rollout,
                version,
                reasons,
                because,
            } => Self::of_rollout(&incident.service, *rollout, *version)
                .of_incident(incident)
                .because(reasons, because.as_ref()),
            ServiceAnnouncement::IncidentRecovered {
                incident,
                version,
                times,
            } => Self {
                recovery_ms: Some(times.from_detection_ms()),
                ..Self::of_rollout(&incident.service, None, *version).of_incident(incident)
            },
        }
    }
}
