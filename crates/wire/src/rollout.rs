//! The JSON of services and their rollouts.

use adjutant_app::{Ordered, RolloutStart, SeenService};
use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_outbound::instance::{InstanceState, InstanceStatus};
use adjutant_rollout::{
    DesiredService, MetricResult, RecoveryProof, RolloutId, RolloutPhase, RolloutPlan,
    RolloutState, ServiceEvent, ServiceRecord, TrafficSource, Turn, step,
};
use adjutant_store::StoredServiceEvent;
use schemars::JsonSchema;
use serde::Serialize;

/// What would be decided now, while a rollout is under way.
pub fn turn(seen: &SeenService) -> Option<Turn> {
    let state = seen.last.as_ref()?.record.state.as_ref()?;
    let plan = &seen.rollout.as_ref()?.basis.plan;
    let is_under_way = !state.phase.has_ended();
    is_under_way.then(|| step(plan, state, &seen.measurements, seen.read_at))
}

/// A service as it is seen, with what would be decided now.
#[derive(Serialize, JsonSchema)]
pub struct SeenServiceJson<'a> {
    service: &'a ServiceName,
    /// The rollout that the last event is about.
    rollout: Option<RolloutId>,
    phase: Option<RolloutPhase>,
    /// What is wanted of it.
    desired: Option<&'a DesiredService>,
    state: Option<&'a RolloutState>,
    last: Option<LastEventJson<'a>>,
    plan: Option<&'a RolloutPlan>,
    /// How long a recovery takes at worst.
    recovery: Option<&'a RecoveryProof>,
    traffic: &'a TrafficSource,
    /// What the monitor says now.
    monitor: Option<&'a [MetricResult]>,
    /// The generation that is in effect.
    generation: Option<u64>,
    instances: Vec<InstanceJson<'a>>,
    read_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
struct LastEventJson<'a> {
    number: i64,
    at: Timestamp,
    told: &'a ServiceEvent,
}

#[derive(Serialize, JsonSchema)]
struct InstanceJson<'a> {
    version: Digest,
    /// Null when it does not run.
    state: Option<InstanceState>,
    /// What its keeper says, where it runs on this machine.
    status: Option<&'a InstanceStatus>,
}

impl<'a> SeenServiceJson<'a> {
    /// As it is seen, and what would be decided now.
    pub fn of(seen: &'a SeenService, turn: Option<&'a Turn>) -> Self {
        let last = seen.last.as_ref();
        let state = last.and_then(|last| last.record.state.as_ref());
        let rollout = seen.rollout.as_ref();
        let instances = seen.instances.iter().map(|instance| InstanceJson {
            version: instance.version,
            state: instance.state,
            status: instance.status.as_ref(),
        });
        Self {
            service: &seen.service,
            rollout: rollout.map(|rollout| rollout.id),
            phase: state.map(|state| state.phase),
            desired: last.map(|last| &last.record.desired),
            state,
            last: last.map(|last| LastEventJson {
                number: last.number,
                at: last.at,
                told: &last.record.told,
            }),
            plan: rollout.map(|rollout| &rollout.basis.plan),
            recovery: rollout.and_then(|rollout| rollout.basis.proof.as_ref()),
            traffic: &seen.measurements.traffic,
            monitor: turn.map(|turn| turn.results.as_slice()),
            generation: seen.generation(),
            instances: instances.collect(),
            read_at: seen.read_at,
        }
    }
}

/// One thing that happened to a service.
#[derive(Serialize, JsonSchema)]
pub struct ServiceEventJson<'a> {
    /// Counted from 1.
    number: i64,
    rollout: Option<RolloutId>,
    at: Timestamp,
    desired: &'a DesiredService,
    state: Option<&'a RolloutState>,
    told: &'a ServiceEvent,
    /// The sentence that the terminal tells it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl<'a> From<&'a StoredServiceEvent> for ServiceEventJson<'a> {
    fn from(event: &'a StoredServiceEvent) -> Self {
        Self {
            number: event.number,
            rollout: event.rollout,
            at: event.at,
            desired: &event.record.desired,
            state: event.record.state.as_ref(),
            told: &event.record.told,
            words: None,
        }
    }
}

impl ServiceEventJson<'_> {
    /// The same, told in words too.
    #[must_use]
    pub fn in_words(self, words: String) -> Self {
        Self {
            words: Some(words),
            ..self
        }
    }
}

/// An order that was taken.
#[derive(Serialize, JsonSchema)]
pub struct OrderedJson<'a> {
    service: &'a ServiceName,
    rollout: Option<RolloutId>,
    /// What is wanted from now on.
    record: &'a ServiceRecord,
}

impl<'a> OrderedJson<'a> {
    /// What was ordered of a service.
    pub fn of(service: &'a ServiceName, ordered: &'a Ordered) -> Self {
        Self {
            service,
            rollout: ordered.rollout,
            record: &ordered.record,
        }
    }
}

/// A rollout that begins, or why none is needed.
#[derive(Serialize, JsonSchema)]
pub struct StartedJson<'a> {
    service: &'a ServiceName,
    outcome: StartOutcomeJson,
    rollout: Option<RolloutId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StartOutcomeJson {
    /// It began.
    Started,
    /// It is the first version of the service.
    First,
    /// The same version is under way already.
    UnderWay,
    /// The version is in use.
    Live,
}

impl<'a> StartedJson<'a> {
    /// What came of asking for a rollout of a service.
    pub fn of(service: &'a ServiceName, start: &RolloutStart) -> Self {
        let (outcome, rollout) = match start {
            RolloutStart::Started(id) => (StartOutcomeJson::Started, Some(*id)),
            RolloutStart::First(id) => (StartOutcomeJson::First, Some(*id)),
            RolloutStart::UnderWay(id) => (StartOutcomeJson::UnderWay, Some(*id)),
            RolloutStart::AlreadyLive => (StartOutcomeJson::Live, None),
        };
        Self {
            service,
            outcome,
            rollout,
        }
    }
}

/// A service as it is listed.
#[derive(Serialize, JsonSchema)]
pub struct ServiceJson {
    service: String,
    rollout: Option<String>,
    /// The phase of its rollout; null before the first.
    phase: Option<RolloutPhase>,
    /// The number of what happened last.
    number: i64,
    at: String,
}

impl ServiceJson {
    /// A service, and what happened to it last.
    pub fn of(service: &ServiceName, last: &StoredServiceEvent) -> Self {
        Self {
            service: service.to_string(),
            rollout: last.rollout.map(|id| id.to_string()),
            phase: last.record.state.as_ref().map(|state| state.phase),
            number: last.number,
            at: last.at.to_string(),
        }
    }
}
