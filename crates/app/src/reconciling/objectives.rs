//! Asks the servers that count events how objectives stand, so that the answers are there as
//! evidence when an incident or a report needs them, and a budget that burns is told.

use std::collections::BTreeMap;
use std::time::Duration;

use adjutant_domain::ObjectiveName;
use adjutant_objective::{ObjectiveStanding, ObjectiveState};
use adjutant_outbound::clock;

use super::{ReconcileError, ReconcileNews, Reconciler, Reconciling, Waking};
use crate::objectives::{find_objectives, objective_standings};

/// How often. Every answer is kept as evidence, and alerts that must not wait belong into the rules
/// of the Prometheus itself (`adjutant objective export`).
const ASK_EVERY: Duration = Duration::from_secs(900);

pub(super) async fn keep(work: &Reconciling<'_>) {
    let mut told: BTreeMap<ObjectiveName, ObjectiveState> = BTreeMap::new();
    let pass = async || {
        let asking = ask(work, |standing| {
            let before = told.insert(standing.name.clone(), standing.state);
            if before != Some(standing.state) {
                (work.tell)(ReconcileNews::Objective(standing));
            }
        });
        work.in_office(Reconciler::Objectives, asking).await?;
        Ok(ASK_EVERY)
    };
    work.repeat(Reconciler::Objectives, Waking::Never, pass)
        .await;
}

async fn ask(
    work: &Reconciling<'_>,
    tell: impl FnMut(&ObjectiveStanding),
) -> Result<(), ReconcileError> {
    let mut found = find_objectives(work.home, &[])?;
    let is_asked =
        |objective: &adjutant_objective::Objective| objective.evidence_subject().is_none();
    found.objectives.retain(is_asked);
    let now = clock::now();
    let standings = objective_standings(work.store, &found, &[], now, now).await?;
    standings.iter().for_each(tell);
    Ok(())
}
