//! The JSON of services and their rollouts.

use adjutant_app::{Ordered, RolloutStart, SeenService};
use adjutant_domain::ServiceName;
use adjutant_rollout::{Turn, step};
use adjutant_store::StoredServiceEvent;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// What would be decided now, while a rollout is under way.
pub fn turn(seen: &SeenService) -> Option<Turn> {
    let state = seen.last.as_ref()?.record.state.as_ref()?;
    let plan = &seen.rollout.as_ref()?.basis.plan;
    let is_under_way = !state.phase.has_ended();
    is_under_way.then(|| step(plan, state, &seen.measurements, seen.read_at))
}

/// A service as it is seen, with what would be decided now.
pub fn seen_json(seen: &SeenService, turn: Option<&Turn>) -> Value {
    let last = seen.last.as_ref();
    let rollout = seen.rollout.as_ref();
    let instances: Vec<Value> = seen
        .instances
        .iter()
        .map(|instance| json!({"version": instance.version, "state": instance.state, "status": instance.status}))
        .collect();
    json!({
        "service": seen.service,
        "rollout": rollout.map(|rollout| rollout.id),
        "phase": last.and_then(|last| last.record.state.as_ref()).map(|state| state.phase),
        "desired": last.map(|last| &last.record.desired),
        "state": last.and_then(|last| last.record.state.as_ref()),
        "last": last.map(|last| json!({"number": last.number, "at": last.at, "told": last.record.told})),
        "plan": rollout.map(|rollout| &rollout.basis.plan),
        "recovery": rollout.and_then(|rollout| rollout.basis.proof.as_ref()),
        "traffic": seen.measurements.traffic,
        "monitor": turn.map(|turn| &turn.results),
        "generation": seen.generation(),
        "instances": instances,
        "read_at": seen.read_at,
    })
}

/// One thing that happened to a service.
pub fn event_json(event: &StoredServiceEvent) -> Value {
    json!({
        "number": event.number,
        "rollout": event.rollout,
        "at": event.at,
        "desired": event.record.desired,
        "state": event.record.state,
        "told": event.record.told,
    })
}

/// An order that was taken.
pub fn ordered_json(service: &ServiceName, ordered: &Ordered) -> Value {
    json!({
        "service": service,
        "rollout": ordered.rollout,
        "record": ordered.record,
    })
}

/// A rollout that begins, or why none is needed.
pub fn started_json(service: &ServiceName, start: &RolloutStart) -> Value {
    let (outcome, rollout) = match start {
        RolloutStart::Started(id) => ("started", Some(id)),
        RolloutStart::First(id) => ("first", Some(id)),
        RolloutStart::UnderWay(id) => ("under_way", Some(id)),
        RolloutStart::AlreadyLive => ("live", None),
    };
    json!({"service": service, "outcome": outcome, "rollout": rollout})
}

/// A service as it is listed.
#[derive(Serialize, JsonSchema)]
pub struct ServiceJson {
    service: String,
    rollout: Option<String>,
    /// The phase of its rollout; null before the first.
    phase: Option<String>,
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
            phase: last
                .record
                .state
                .as_ref()
                .map(|state| state.phase.name().to_owned()),
            number: last.number,
            at: last.at.to_string(),
        }
    }
}
