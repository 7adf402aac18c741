//! The controller: look, decide, store, act, again. It has no memory of its own.

use adjutant_domain::{ServiceName, Timestamp};
use adjutant_outbound::clock;
use adjutant_rollout::{
    Move, RecoveryTimes, RolloutDecision, RolloutPhase, RolloutReason, ServiceEvent, ServiceRecord,
    Turn, step,
};
use adjutant_store::{NewServiceEvent, ServiceTurn, Store, StoredRollout, StoredServiceEvent};

use super::acting::{Basis, act, pause};
use super::hindrance::{Hindrance, hindrance, may_be_left};
use super::{Ground, RolloutError, SeenService, look_at_service};
use crate::doctor::chain;

/// How a controller's work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlEnd {
    /// The service is as it is wanted, and no rollout is under way.
    Settled(Option<RolloutPhase>),
    /// The rollout waits for a person.
    Waits(RolloutPhase),
    /// What is wanted does not come into effect by itself.
    Hindered(Box<Hindrance>),
    /// Nothing ever happened to the service.
    Unknown,
    /// The caller had enough.
    Left,
}

/// What a controller does while a rollout waits for a person to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileWaiting {
    /// It leaves: nobody watches the candidate then.
    Leave,
    /// It stays, and its monitor goes on.
    Stay,
}

/// Carries on until nothing is left to do, or a person has to look. `tell` sees every look and says
/// whether to go on.
///
/// # Errors
/// When the store, an instance or the proxy fails. Calling it again goes on.
pub async fn control(
    store: &Store,
    ground: &Ground,
    service: &ServiceName,
    while_waiting: WhileWaiting,
    mut tell: impl FnMut(&SeenService, Option<&Turn>) -> bool,
) -> Result<ControlEnd, RolloutError> {
    let mut followed_at = None;
    let mut wanted_since = None;
    let mut trouble = None;
    loop {
        let seen = SeenService {
            trouble: trouble.take(),
            ..look_at_service(store, ground, service).await?
        };
        let (Some(last), Some(rollout)) = (&seen.last, &seen.basis) else {
            return Ok(ControlEnd::Unknown);
        };
        let turn = decide(&seen, rollout);
        if !tell(&seen, turn.as_ref()) {
            return Ok(ControlEnd::Left);
        }
        if let Some(turn) = turn.as_ref().filter(|turn| is_notable(turn, last)) {
            store_turn(store, ground, &seen, rollout, turn).await?;
            // What is stored now is acted on by the next look, which sees it.
            continue;
        }
        let basis = Basis {
            service: &rollout.basis.service,
            request_timeout_ms: rollout.basis.plan.timing.request_timeout_ms,
        };
        let mut rest_ms = 0;
        let is_settled = match act(store, ground, basis, &seen).await {
            // It is told again: a rollback has to come through, however long that takes.
            Err(RolloutError::Engine(error)) if last.record.told != ServiceEvent::First => {
                rest_ms = error.rest_ms();
                trouble = Some(chain(&error));
                false
            }
            acted => acted?,
        };
        let generation = seen.desired().generation;
        let is_in_effect = seen.generation() == Some(generation);
        if is_in_effect {
            first_seen(&mut followed_at, generation, seen.read_at);
        }
        let phase = last.record.state.as_ref().map(|state| state.phase);
        let is_over = phase.is_none_or(RolloutPhase::has_ended);
        if is_over && is_settled {
            if store_recovery(store, ground, &seen, followed_at).await? {
                continue;
            }
            return Ok(ControlEnd::Settled(phase));
        }
        let leaves = while_waiting == WhileWaiting::Leave;
        if leaves && is_in_effect && phase == Some(RolloutPhase::PausedToFix) {
            return Ok(ControlEnd::Waits(RolloutPhase::PausedToFix));
        }
        let since = first_seen(&mut wanted_since, last.number, seen.read_at);
        if let Some(hindrance) = hindrance(ground, &rollout.basis, &seen, since)? {
            if leaves && may_be_left(last) {
                return Ok(ControlEnd::Hindered(Box::new(hindrance)));
            }
            trouble.get_or_insert(hindrance.to_string());
        }
        let is_settling = trouble.is_none() && (!is_in_effect || is_over);
        let tick_ms = rollout.basis.plan.timing.tick_ms.max(rest_ms);
        tokio::time::sleep(pause(tick_ms, is_settling)).await;
    }
}

/// When this number was seen first, which a controller remembers of the last one only.
fn first_seen<N: PartialEq>(
    memory: &mut Option<(N, Timestamp)>,
    number: N,
    now: Timestamp,
) -> Timestamp {
    match memory {
        Some((remembered, at)) if *remembered == number => *at,
        Some(_) | None => memory.insert((number, now)).1,
    }
}

fn decide(seen: &SeenService, rollout: &StoredRollout) -> Option<Turn> {
    let state = seen.last.as_ref()?.record.state.as_ref()?;
    let is_under_way = !state.phase.has_ended();
    is_under_way.then(|| step(&rollout.basis.plan, state, &seen.measurements, seen.read_at))
}

/// Whether a decision says anything that the last event does not.
fn is_notable(turn: &Turn, last: &StoredServiceEvent) -> bool {
    let is_new_state = last.record.state.as_ref() != Some(&turn.next);
    if turn.action != Move::Hold || is_new_state {
        return true;
    }
    let said = match &last.record.told {
        ServiceEvent::Decided(decision) => kinds(&decision.reasons),
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Undone { .. }
        | ServiceEvent::Lifted { .. } => Vec::new(),
    };
    !turn.reasons.iter().all(is_usual) && kinds(&turn.reasons) != said
}

/// Reasons to hold that every rollout has at every step.
fn is_usual(reason: &RolloutReason) -> bool {
    match reason {
        RolloutReason::Held
        | RolloutReason::NotInEffect { .. }
        | RolloutReason::NotServing(_)
        | RolloutReason::TooFewRequests { .. }
        | RolloutReason::PauseRuns { .. }
        | RolloutReason::AwaitsPromotion
        | RolloutReason::AwaitsLook { .. } => true,
        RolloutReason::Breach(_)
        | RolloutReason::CandidateDown(_)
        | RolloutReason::SourceFailed(_)
        | RolloutReason::SplitMismatch { .. }
        | RolloutReason::Looked { .. }
        | RolloutReason::LooksExhausted
        | RolloutReason::DeadlinePassed { .. }
        | RolloutReason::StepDone
        | RolloutReason::Exposed(_) => false,
    }
}

fn kinds(reasons: &[RolloutReason]) -> Vec<std::mem::Discriminant<RolloutReason>> {
    reasons.iter().map(std::mem::discriminant).collect()
}

async fn store_turn(
    store: &Store,
    ground: &Ground,
    seen: &SeenService,
    rollout: &StoredRollout,
    turn: &Turn,
) -> Result<(), RolloutError> {
    let at = clock::now();
    let record = ServiceRecord {
        desired: seen.desired().following(rollout.id, &turn.next, at),
        state: Some(turn.next.clone()),
        told: ServiceEvent::Decided(Box::new(RolloutDecision {
            action: turn.action,
            reasons: turn.reasons.clone(),
            results: turn.results.clone(),
            read_at: seen.read_at,
            traffic: seen.measurements.traffic.clone(),
            candidate: seen.measurements.candidate,
        })),
    };
    if add(store, ground, seen, &record, at).await? {
        let weight = turn.next.exposure.weight.share();
        tracing::info!(service = %seen.service, action = %turn.action, weight, "a rollout was decided about");
    }
    Ok(())
}

/// Adds an event after the one that was seen. Whether it was the next one; a late one is forgotten,
/// because the next look sees what came before it.
async fn add(
    store: &Store,
    ground: &Ground,
    seen: &SeenService,
    record: &ServiceRecord,
    at: Timestamp,
) -> Result<bool, RolloutError> {
    let event = NewServiceEvent {
        service: &seen.service,
        seen: seen.last.as_ref().map_or(0, |last| last.number),
        rollout: seen.last.as_ref().and_then(|last| last.rollout),
        record,
        at,
    };
    ground.effects.pass();
    let turn = store.add_service_event(event).await?;
    ground.effects.pass();
    Ok(turn == ServiceTurn::Stored)
}

/// Stores how long a rollback took, once. Whether there was something to store.
async fn store_recovery(
    store: &Store,
    ground: &Ground,
    seen: &SeenService,
    followed_at: Option<(u64, Timestamp)>,
) -> Result<bool, RolloutError> {
    let Some(last) = &seen.last else {
        return Ok(false);
    };
    let read_at = match &last.record.told {
        ServiceEvent::Decided(decision) if decision.action == Move::RollBack => decision.read_at,
        ServiceEvent::Ordered { .. }
            if last.record.state.as_ref().map(|state| state.phase)
                == Some(RolloutPhase::Aborted) =>
        {
            last.at
        }
        ServiceEvent::Undone { .. } => last.at,
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Lifted { .. } => return Ok(false),
    };
    let events = store.service_events(&seen.service, last.rollout).await?;
    let exposed_at = exposed_since(&events).unwrap_or(read_at);
    let now = clock::now();
    let followed_at = followed_at.map_or(now, |(_, at)| at);
    let between = |from: Timestamp, to: Timestamp| (to.unix_millis() - from.unix_millis()).max(0);
    let record = ServiceRecord {
        told: ServiceEvent::Recovered(RecoveryTimes {
            exposed_ms: between(exposed_at, read_at),
            decision_ms: between(read_at, last.at),
            actuation_ms: between(last.at, followed_at),
            verification_ms: between(followed_at, now),
        }),
        ..last.record.clone()
    };
    add(store, ground, seen, &record, now).await
}

/// Since when the exposure had been wanted that the last decision took back.
fn exposed_since(events: &[StoredServiceEvent]) -> Option<Timestamp> {
    let before = events.len().checked_sub(2)?;
    let exposure = events.get(before)?.record.desired.exposure;
    let held = events[..=before].iter().rev();
    held.take_while(|event| event.record.desired.exposure == exposure)
        .last()
        .map(|event| event.at)
}
