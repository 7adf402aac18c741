//! Announcements as messages: CDEvents 0.5.1 in CloudEvents 1.0 (structured mode, so that the
//! signature covers all of it), or an object of our own.

use adjutant_announce::{
    Announcement, AnnouncementId, AnnouncementKind, Receiver, ReceiverFormat, ServiceAnnouncement,
};
use adjutant_domain::{Digest, GateName, ServiceName, Timestamp, Verdict};
use adjutant_rollout::IncidentId;
use serde_json::{Value, json};

use crate::wire::{AnnouncedFacts, AnnouncementMessage};

/// The version of the specification that the events follow.
const CDEVENTS: &str = "0.5.1";

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageText {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// The message that tells a receiver of something.
///
/// # Errors
/// When the JSON writer fails, which no announcement causes.
pub fn message(
    receiver: &Receiver,
    id: &AnnouncementId,
    at: Timestamp,
    announcement: &Announcement,
) -> Result<MessageText, serde_json::Error> {
    let facts = AnnouncedFacts::from(announcement);
    let (content_type, body) = match receiver.format {
        ReceiverFormat::Plain => {
            let message = AnnouncementMessage {
                kind: announcement.kind().name().to_owned(),
                timestamp: at,
                data: facts,
            };
            ("application/json", serde_json::to_string(&message)?)
        }
        ReceiverFormat::CdEvents => {
            let event = cloud_event(receiver, id, at, announcement, &facts);
            let body = serde_json::to_string(&event)?;
            ("application/cloudevents+json; charset=utf-8", body)
        }
    };
    Ok(MessageText { content_type, body })
}

/// What a CDEvent is about.
struct Subject {
    id: String,
    content: SubjectContent,
}

enum SubjectContent {
    /// A service in its environment, with the version that it is about.
    Service(ServiceName, Digest),
    /// An incident of a service, in words.
    Incident(ServiceName, Digest, &'static str),
    /// A gate's decision.
    Gate(GateName, Verdict),
    /// A merged change.
    Change,
    /// A task.
    Ticket,
    /// What CDEvents has no words for.
    Custom,
}

/// The type of an event, with the version of its schema.
fn event_type(kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::RolloutStarted => "dev.cdeventsx.adjutant-rollout.started.0.1.0",
        AnnouncementKind::RolloutAdvanced => "dev.cdeventsx.adjutant-rollout.advanced.0.1.0",
        AnnouncementKind::RolloutPaused => "dev.cdeventsx.adjutant-rollout.paused.0.1.0",
        AnnouncementKind::ServiceDeployed => "dev.cdevents.service.deployed.0.3.0",
        AnnouncementKind::ServiceUpgraded => "dev.cdevents.service.upgraded.0.3.0",
        AnnouncementKind::ServiceRolledBack => "dev.cdevents.service.rolledback.0.3.0",
        AnnouncementKind::IncidentOpened => "dev.cdevents.incident.detected.0.3.0",
        AnnouncementKind::IncidentRecovered => "dev.cdevents.incident.resolved.0.3.0",
        AnnouncementKind::GateDecided => "dev.cdevents.testsuiterun.finished.0.3.0",
        AnnouncementKind::TaskDone => "dev.cdevents.change.merged.0.3.0",
        AnnouncementKind::TaskHandedOff => "dev.cdevents.ticket.updated.0.2.0",
    }
}

fn subject(announcement: &Announcement) -> Subject {
    let (id, content) = match announcement {
        Announcement::Service(told) => return subject_of_service(told),
        Announcement::GateDecided {
            gate,
            verdict,
            record,
        } => (
            record.to_string(),
            SubjectContent::Gate(gate.clone(), *verdict),
        ),
        Announcement::TaskDone { merged, .. } => {
            (merged.as_str().to_owned(), SubjectContent::Change)
        }
        Announcement::TaskHandedOff { task, .. } => (task.to_string(), SubjectContent::Ticket),
    };
    Subject { id, content }
}

fn subject_of_service(told: &ServiceAnnouncement) -> Subject {
    let of_incident = |incident: &IncidentId, version: &Digest, description| Subject {
        id: incident.to_string(),
        content: SubjectContent::Incident(incident.service.clone(), *version, description),
    };
    match told {
        ServiceAnnouncement::RolloutStarted {
            service, rollout, ..
        }
        | ServiceAnnouncement::RolloutAdvanced {
            service, rollout, ..
        }
        | ServiceAnnouncement::RolloutPaused {
            service, rollout, ..
        } => Subject {
            id: rollout.map_or_else(|| service.to_string(), |id| id.to_string()),
            content: SubjectContent::Custom,
        },
        ServiceAnnouncement::ServiceDeployed {
            service, version, ..
        }
        | ServiceAnnouncement::ServiceUpgraded {
            service, version, ..
        }
        | ServiceAnnouncement::ServiceRolledBack {
            service, version, ..
        } => Subject {
            id: service.to_string(),
            content: SubjectContent::Service(service.clone(), *version),
        },
        ServiceAnnouncement::IncidentOpened {
            incident, version, ..
        } => of_incident(
            incident,
            version,
            "a version was taken back because of a fault",
        ),
        ServiceAnnouncement::IncidentRecovered {
            incident, version, ..
        } => of_incident(
            incident,
            version,
            "no request is on the faulty version any more",
        ),
    }
}

/// The event as its binding to CloudEvents says (`cloudevents-binding.md` of CDEvents 0.5.1).
fn cloud_event(
    receiver: &Receiver,
    id: &AnnouncementId,
    at: Timestamp,
    announcement: &Announcement,
    facts: &AnnouncedFacts,
) -> Value {
    let subject = subject(announcement);
    let kind = event_type(announcement.kind());
    json!({
        "specversion": "1.0",
        "id": id,
        "source": receiver.source,
        "type": kind,
        "subject": subject.id,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "context": {
                "specversion": CDEVENTS,
                "id": id,
                "source": receiver.source,
                "type": kind,
                "timestamp": at,
            },
            "subject": {
                "id": subject.id,
                "content": content(&subject, &receiver.environment, facts),
            },
            "customData": facts,
            "customDataContentType": "application/json",
        },
    })
}

fn content(subject: &Subject, environment: &str, facts: &AnnouncedFacts) -> Value {
    let environment = json!({ "id": environment });
    match &subject.content {
        SubjectContent::Service(service, version) => json!({
            "environment": environment,
            "artifactId": package_url(service, *version),
        }),
        SubjectContent::Incident(service, version, description) => json!({
            "description": description,
            "environment": environment,
            "service": { "id": service },
            "artifactId": package_url(service, *version),
        }),
        SubjectContent::Gate(gate, verdict) => json!({
            "environment": environment,
            "testSuite": { "id": gate, "name": gate },
            "outcome": outcome(*verdict),
            "reason": verdict.to_string(),
        }),
        SubjectContent::Change | SubjectContent::Custom => json!({}),
        SubjectContent::Ticket => {
            let mut ticket = json!({
                "summary": facts.title,
                "ticketType": "task",
                "uri": format!("tasks/{}", subject.id),
            });
            if let Some(role) = &facts.role {
                ticket["group"] = json!(role);
            }
            ticket
        }
    }
}

/// `error` is what CDEvents has for a run that decided nothing.
fn outcome(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "success",
        Verdict::Reject => "failure",
        Verdict::ShadowOnly | Verdict::PauseAndFix => "error",
    }
}

/// A version as a package URL of the type `generic`, which names what no registry knows.
fn package_url(service: &ServiceName, version: Digest) -> String {
    let mut name = String::new();
    for byte in service.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("pkg:generic/{name}?checksum=sha256:{version}")
}
