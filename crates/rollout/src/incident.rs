//! Incidents: a version that was taken back from users, as the events of its service tell it, and
//! what follows from all of them. Nothing here is remembered beside those events.

use std::collections::BTreeSet;

use adjutant_domain::{Digest, ServiceName, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Move;
use crate::measurements::TrafficSource;
use crate::service::{RecoveryTimes, RolloutDecision, RolloutId, ServiceEvent, ServiceRecord};
use crate::state::RolloutPhase;
use crate::weight::RolloutWeight;

/// Which incident: the service, and the number of the event by which its version was taken back.
/// Written `search:17`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId {
    /// The service.
    pub service: ServiceName,
    /// The event's number, from 1.
    pub number: i64,
}

/// A text that is not an incident's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an incident: write it as search:17, as adjutant incident list does")]
pub struct InvalidIncidentId(String);

/// An event of a service.
#[derive(Debug, Clone, Copy)]
pub struct EventAt<'a> {
    /// Counted from 1.
    pub number: i64,
    /// The rollout it is about.
    pub rollout: Option<RolloutId>,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub record: &'a ServiceRecord,
}

/// A version that was taken back from users.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Which.
    pub id: IncidentId,
    /// The rollout that brought the version.
    pub rollout: Option<RolloutId>,
    /// The version.
    pub version: Digest,
    /// The version that users got back.
    pub back_to: Option<Digest>,
    /// What showed the fault.
    pub found: IncidentFinding,
    /// Since when users had got what they then got of the version.
    pub began_at: Timestamp,
    /// When the fault showed.
    pub detected_at: Timestamp,
    /// When it was decided to take the version back.
    pub decided_at: Timestamp,
    /// When that was verified, and how long its parts took; missing while it is under way.
    pub recovered: Option<(Timestamp, RecoveryTimes)>,
    /// What happened, from the first event of the rollout to the last of the recovery: the number
    /// of each event, when, and what.
    pub moments: Vec<(i64, Timestamp, ServiceEvent)>,
}

/// Something that a person adds to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentNote {
    /// When.
    pub at: Timestamp,
    /// What it says about the incident.
    pub kind: IncidentNoteKind,
    /// In words.
    pub text: String,
    /// The task that an action became.
    pub task: Option<TaskId>,
}

/// What a note says about an incident.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum IncidentNoteKind {
    /// Its root cause.
    Cause,
    /// What made it possible or worse.
    Factor,
    /// Anything else.
    Note,
    /// What is done so that it does not happen again.
    Action,
}

impl IncidentNoteKind {
    /// The word that is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Factor => "factor",
            Self::Note => "note",
            Self::Action => "action",
        }
    }
}

/// What showed a fault.
#[derive(Debug, Clone, PartialEq)]
pub enum IncidentFinding {
    /// Measurements.
    Breach(Box<RolloutDecision>),
    /// A person, with a reason.
    Person(String),
}

/// Requests that a faulty version served while it had the exposure that showed the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AffectedRequests {
    /// All that ended.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
}

impl Incident {
    /// How many requests the version served, as far as the traffic could tell.
    pub fn affected(&self) -> Option<AffectedRequests> {
        match &self.found {
            IncidentFinding::Breach(decision) => match &decision.traffic {
                TrafficSource::Seen(window) => Some(AffectedRequests {
                    requests: window.candidate.requests,
                    failures: window.candidate.failures,
                }),
                TrafficSource::Failed(_) => None,
            },
            IncidentFinding::Person(_) => None,
        }
    }

    /// From the exposure to the reading that showed the fault, in milliseconds: the longest that
    /// it can have been there.
    pub fn detection_ms(&self) -> i64 {
        between(self.began_at, self.detected_at)
    }

    /// From the reading that showed the fault to the verified end, in milliseconds.
    pub fn recovery_ms(&self) -> Option<i64> {
        let (_, times) = self.recovered.as_ref()?;
        Some(times.from_detection_ms())
    }
}

/// What the deployments of services amount to: the counts, and each incident's times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFigures {
    /// Rollouts that ended.
    pub ended: u64,
    /// Those that were completed and not undone.
    pub succeeded: u64,
    /// Rollouts that gave users something of the candidate.
    pub reached_users: u64,
    /// Those of them that were taken back because of a fault.
    pub failed: u64,
    /// From exposure to detection of each incident, in milliseconds.
    pub detection_ms: Vec<i64>,
    /// From detection to verified recovery of each incident that is over, in milliseconds.
    pub recovery_ms: Vec<i64>,
}

impl DeliveryFigures {
    /// Adds what the events of one service tell.
    pub fn add(&mut self, service: &ServiceName, events: &[EventAt<'_>]) {
        let incidents = incidents_of(service, events);
        let rollouts: BTreeSet<RolloutId> = events.iter().filter_map(|one| one.rollout).collect();
        for id in rollouts {
            let of_it = || events.iter().filter(|one| one.rollout == Some(id));
            let states = || of_it().filter_map(|one| one.record.state.as_ref());
            let reached_users = states().any(|state| state.exposure.weight > RolloutWeight::NONE);
            let has_failed = incidents.iter().any(|one| one.rollout == Some(id));
            let phase = states().next_back().map(|state| state.phase);
            self.reached_users += u64::from(reached_users);
            self.failed += u64::from(reached_users && has_failed);
            self.ended += u64::from(phase.is_some_and(RolloutPhase::has_ended));
            let completed = phase == Some(RolloutPhase::Completed);
            self.succeeded += u64::from(completed && !has_failed);
        }
        for incident in &incidents {
            self.detection_ms.push(incident.detection_ms());
            self.recovery_ms.extend(incident.recovery_ms());
        }
    }
}

/// The incidents of a service, oldest first. `events` are all of its events in their order.
pub fn incidents_of(service: &ServiceName, events: &[EventAt<'_>]) -> Vec<Incident> {
    let places = 0..events.len();
    places
        .filter_map(|at| incident_at(service, events, at))
        .collect()
}

fn incident_at(service: &ServiceName, events: &[EventAt<'_>], at: usize) -> Option<Incident> {
    let event = events[at];
    let before = at.checked_sub(1).map(|before| events[before])?;
    let wanted = &before.record.desired;
    let (found, version, detected_at) = match &event.record.told {
        ServiceEvent::Decided(decision) if decision.action == Move::RollBack => (
            IncidentFinding::Breach(decision.clone()),
            wanted.candidate?,
            decision.read_at,
        ),
        ServiceEvent::Undone { from, because, .. } => {
            (IncidentFinding::Person(because.clone()), *from, event.at)
        }
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Lifted { .. } => return None,
    };
    let rollout = event.rollout.or_else(|| brought_by(&events[..at], version));
    let same_exposure = events[..at].iter().rev().take_while(|one| {
        let desired = &one.record.desired;
        desired.exposure == wanted.exposure && desired.candidate == wanted.candidate
    });
    let recovery = recovery_of(&events[at + 1..]);
    let last = recovery.map_or(event.number, |(number, ..)| number);
    let belongs = |one: &&EventAt<'_>| {
        let of_rollout = rollout.is_some() && one.rollout == rollout && one.number <= last;
        of_rollout || (event.number..=last).contains(&one.number)
    };
    Some(Incident {
        id: IncidentId {
            service: service.clone(),
            number: event.number,
        },
        rollout,
        version,
        back_to: event.record.desired.live,
        found,
        began_at: same_exposure.last().map_or(before.at, |one| one.at),
        detected_at,
        decided_at: event.at,
        recovered: recovery.map(|(_, at, times)| (at, times)),
        moments: events
            .iter()
            .filter(belongs)
            .map(|one| (one.number, one.at, one.record.told.clone()))
            .collect(),
    })
}

/// The recovery among the events after a fault: what follows another change is another one's.
fn recovery_of(after: &[EventAt<'_>]) -> Option<(i64, Timestamp, RecoveryTimes)> {
    let mut unlifted = after.iter().filter(|one| match one.record.told {
        ServiceEvent::Lifted { .. } => false,
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Undone { .. } => true,
    });
    let next = unlifted.next()?;
    match &next.record.told {
        ServiceEvent::Recovered(times) => Some((next.number, next.at, *times)),
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Undone { .. }
        | ServiceEvent::Lifted { .. } => None,
    }
}

/// The rollout that made a version the one in use.
fn brought_by(events: &[EventAt<'_>], version: Digest) -> Option<RolloutId> {
    let of_it = events
        .iter()
        .rev()
        .find(|one| one.rollout.is_some() && one.record.desired.candidate == Some(version));
    of_it.and_then(|one| one.rollout)
}

fn between(from: Timestamp, to: Timestamp) -> i64 {
    (to.unix_millis() - from.unix_millis()).max(0)
}

impl std::fmt::Display for IncidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.service, self.number)
    }
}

impl std::str::FromStr for IncidentId {
    type Err = InvalidIncidentId;

    fn from_str(text: &str) -> Result<Self, InvalidIncidentId> {
        let read = || {
            let (service, number) = text.rsplit_once(':')?;
            Some(Self {
                service: service.parse().ok()?,
                number: number.parse().ok().filter(|number| *number > 0)?,
            })
        };
        read().ok_or_else(|| InvalidIncidentId(text.to_owned()))
    }
}

impl TryFrom<String> for IncidentId {
    type Error = InvalidIncidentId;

    fn try_from(text: String) -> Result<Self, InvalidIncidentId> {
        text.parse()
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests;
