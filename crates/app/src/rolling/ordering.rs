//! What a person orders. It is stored like a decision; the next look acts on it.

use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_rollout::{
    RefusedOrder, RolloutId, RolloutOrder, RolloutPhase, ServiceEvent, ServiceRecord,
};
use adjutant_store::{NewServiceEvent, ServiceTurn, Store, StoredServiceEvent};

use super::RolloutError;

/// An order that was followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// The rollout, when it is about one.
    pub rollout: Option<RolloutId>,
    /// What is wanted from now on.
    pub record: ServiceRecord,
}

/// Why an order was not followed. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderRefusal {
    /// No rollout of this service is under way.
    NoRollout,
    /// The rollout does not wait for this.
    Phase(RolloutPhase),
    /// There is no earlier version to go back to.
    NoEarlierVersion,
    /// A rollout is under way: it has to be aborted first.
    UnderWay(RolloutId),
    /// The version is not blocked.
    NotBlocked,
    /// The version is blocked.
    Blocked(Digest),
    /// Somebody else changed the service at the same time.
    Late,
}

/// Gives an order to the rollout that is under way.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn order_rollout(
    store: &Store,
    service: &ServiceName,
    order: RolloutOrder,
    because: &str,
    now: Timestamp,
) -> Result<Result<Ordered, OrderRefusal>, RolloutError> {
    loop {
        let Some((last, id)) = under_way(store, service).await? else {
            return Ok(Err(OrderRefusal::NoRollout));
        };
        let Some(rollout) = store.rollout(id).await? else {
            return Err(RolloutError::Unstored(id));
        };
        let Some(state) = &last.record.state else {
            return Ok(Err(OrderRefusal::NoRollout));
        };
        let next = match state.ordered(&rollout.basis.plan, order, now) {
            Ok(next) => next,
            Err(RefusedOrder(phase)) => return Ok(Err(OrderRefusal::Phase(phase))),
        };
        let record = ServiceRecord {
            desired: last.record.desired.following(id, &next, now),
            state: Some(next),
            told: ServiceEvent::Ordered {
                order,
                because: because.to_owned(),
            },
        };
        // The controller may have been quicker: the order is given again to what it made of it.
        if add(store, service, &last, Some(id), &record, now).await? {
            return Ok(Ok(Ordered {
                rollout: Some(id),
                record,
            }));
        }
    }
}

/// Goes back to the version before the one in use, or to a named one, and blocks the one in use.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn undo_rollout(
    store: &Store,
    service: &ServiceName,
    to: Option<Digest>,
    because: &str,
    now: Timestamp,
) -> Result<Result<Ordered, OrderRefusal>, RolloutError> {
    if let Some((_, id)) = under_way(store, service).await? {
        return Ok(Err(OrderRefusal::UnderWay(id)));
    }
    let events = store.service_events(service, None).await?;
    let Some(last) = events.last() else {
        return Ok(Err(OrderRefusal::NoEarlierVersion));
    };
    let desired = &last.record.desired;
    let was_live = |version: &Digest| {
        Some(*version) != desired.live
            && events
                .iter()
                .any(|event| event.record.desired.live == Some(*version))
    };
    let earlier = || {
        let lives = events
            .iter()
            .rev()
            .filter_map(|event| event.record.desired.live);
        lives
            .into_iter()
            .find(|version| Some(*version) != desired.live && desired.block_of(*version).is_none())
    };
    let wanted = to.filter(was_live).or_else(|| to.is_none().then(earlier)?);
    let (Some(from), Some(to)) = (desired.live, wanted) else {
        return Ok(Err(OrderRefusal::NoEarlierVersion));
    };
    if desired.block_of(to).is_some() {
        return Ok(Err(OrderRefusal::Blocked(to)));
    }
    let record = ServiceRecord {
        desired: desired.back_to(to, now),
        state: None,
        told: ServiceEvent::Undone {
            from,
            to,
            because: because.to_owned(),
        },
    };
    Ok(answer(
        add(store, service, last, None, &record, now).await?,
        record,
    ))
}

/// Allows a version again that was taken back.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn lift_version(
    store: &Store,
    service: &ServiceName,
    version: Digest,
    because: &str,
    now: Timestamp,
) -> Result<Result<Ordered, OrderRefusal>, RolloutError> {
    let Some(last) = store.last_service_event(service).await? else {
        return Ok(Err(OrderRefusal::NotBlocked));
    };
    if last.record.desired.block_of(version).is_none() {
        return Ok(Err(OrderRefusal::NotBlocked));
    }
    let record = ServiceRecord {
        desired: last.record.desired.lifting(version),
        state: last.record.state.clone(),
        told: ServiceEvent::Lifted {
            version,
            because: because.to_owned(),
        },
    };
    let added = add(store, service, &last, last.rollout, &record, now).await?;
    Ok(answer(added, record))
}

fn answer(is_added: bool, record: ServiceRecord) -> Result<Ordered, OrderRefusal> {
    if is_added {
        Ok(Ordered {
            rollout: None,
            record,
        })
    } else {
        Err(OrderRefusal::Late)
    }
}

/// The last event, when a rollout is under way.
pub(super) async fn under_way(
    store: &Store,
    service: &ServiceName,
) -> Result<Option<(StoredServiceEvent, RolloutId)>, RolloutError> {
    let Some(last) = store.last_service_event(service).await? else {
        return Ok(None);
    };
    let is_under_way = last
        .record
        .state
        .as_ref()
        .is_some_and(|state| !state.phase.has_ended());
    let id = last.rollout.filter(|_| is_under_way);
    Ok(id.map(|id| (last, id)))
}

async fn add(
    store: &Store,
    service: &ServiceName,
    last: &StoredServiceEvent,
    rollout: Option<RolloutId>,
    record: &ServiceRecord,
    now: Timestamp,
) -> Result<bool, RolloutError> {
    let event = NewServiceEvent {
        service,
        seen: last.number,
        rollout,
        record,
        at: now,
    };
    Ok(store.add_service_event(event).await? == ServiceTurn::Stored)
}
