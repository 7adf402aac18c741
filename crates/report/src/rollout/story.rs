//! A rollout from its first event to its last, in a line.

use adjutant_domain::Timestamp;
use adjutant_rollout::{
    Exposure, RolloutPhase, RolloutPlan, RolloutReason, RolloutWeight, ServiceEvent, ServiceRecord,
};

use super::words::{length, order, reason};
use crate::terminal::clean;

/// How a rollout stands, when its candidate got which share of the requests, and how it was taken
/// back. `moments` are its events in their order; there is no story without one.
pub fn story<'e>(
    moments: impl IntoIterator<Item = (Timestamp, &'e ServiceRecord)>,
    plan: Option<&RolloutPlan>,
) -> Option<String> {
    let moments: Vec<_> = moments.into_iter().collect();
    let (began_at, _) = *moments.first()?;
    let (_, last) = *moments.last()?;
    let after = |at: Timestamp| length(at.unix_millis() - began_at.unix_millis());
    let Some(state) = &last.state else {
        return Some("the first version: everybody has it".to_owned());
    };
    let ended_at = moments.iter().find_map(|(at, record)| {
        let phase = record.state.as_ref().map(|state| state.phase);
        (phase == Some(state.phase)).then_some(*at)
    });
    let mut parts = vec![match ended_at.filter(|_| state.phase.has_ended()) {
        Some(at) => format!("{} after {}", state.phase.name(), after(at)),
        None => state.phase.name().to_owned(),
    }];
    let given =
        exposures(&moments).map(|(at, exposure)| format!("{} at {}", share(exposure), after(at)));
    let given: Vec<String> = given.collect();
    if !given.is_empty() {
        parts.push(given.join(", "));
    }
    parts.extend(why(&moments, state.phase, plan));
    let recovered = moments.iter().find_map(|(_, record)| match &record.told {
        ServiceEvent::Recovered(times) => Some(times.from_detection_ms()),
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Undone { .. }
        | ServiceEvent::Lifted { .. } => None,
    });
    parts.extend(recovered.map(|ms| format!("recovered {} after its detection", length(ms))));
    Some(parts.join("; "))
}

/// Every exposure in which the candidate saw requests, and since when.
fn exposures<'m>(
    moments: &'m [(Timestamp, &ServiceRecord)],
) -> impl Iterator<Item = (Timestamp, Exposure)> + 'm {
    let mut before = Exposure::default();
    moments.iter().filter_map(move |(at, record)| {
        let exposure = record.state.as_ref()?.exposure;
        let is_new = exposure != before;
        before = exposure;
        (is_new && exposure.is_any()).then_some((*at, exposure))
    })
}

/// What the users get of a candidate.
pub(super) fn share(exposure: Exposure) -> String {
    match (exposure.weight, exposure.mirror) {
        (RolloutWeight::NONE, RolloutWeight::NONE) => "nobody".to_owned(),
        (RolloutWeight::ALL, _) => "everybody".to_owned(),
        (RolloutWeight::NONE, mirror) => format!("copies of {mirror}"),
        (weight, RolloutWeight::NONE) => weight.to_string(),
        (weight, mirror) => format!("{weight}, copies of {mirror}"),
    }
}

/// Why a rollout did not go on.
fn why(
    moments: &[(Timestamp, &ServiceRecord)],
    phase: RolloutPhase,
    plan: Option<&RolloutPlan>,
) -> Option<String> {
    match phase {
        RolloutPhase::Progressing | RolloutPhase::Completed => return None,
        RolloutPhase::Paused
        | RolloutPhase::PausedToFix
        | RolloutPhase::RolledBack
        | RolloutPhase::Aborted => {}
    }
    moments
        .iter()
        .rev()
        .find_map(|(_, record)| match &record.told {
            ServiceEvent::Decided(decision) => {
                let told = decision
                    .reasons
                    .iter()
                    .filter(|why| **why != RolloutReason::Held);
                let told: Vec<String> = told.map(|why| reason(why, plan)).collect();
                Some(told.join("; "))
            }
            ServiceEvent::Ordered {
                order: given,
                because,
            } => Some(format!(
                "a person ordered {}: {}",
                order(*given),
                clean(because)
            )),
            ServiceEvent::First
            | ServiceEvent::Started
            | ServiceEvent::Recovered(_)
            | ServiceEvent::Undone { .. }
            | ServiceEvent::Lifted { .. } => None,
        })
}
