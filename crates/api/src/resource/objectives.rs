//! Objectives, and how they stand.

use adjutant_app::{find_objectives, objective_standings};
use adjutant_domain::ObjectiveName;
use adjutant_outbound::clock;
use adjutant_wire::{Failure, ObjectiveJson, ObjectiveStandingJson};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_objectives", "/objectives"),
            "Lists objectives.",
            READ,
            list,
        )
        .answers::<Vec<ObjectiveJson<'_>>>(),
        get(
            ("objective_standings", "/objectives/standings"),
            "Says how much of each error budget is left, and how fast it burns.",
            READ,
            standings,
        )
        .asks::<ObjectiveQuery>()
        .answers::<Vec<ObjectiveStandingJson<'_>>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ObjectiveQuery {
    /// Only this one.
    name: Option<String>,
}

async fn list(State(api): State<Api>) -> Result<Reply, Problem> {
    let home = api.home().clone();
    api.desks()
        .read(async move |_store| {
            let found = find_objectives(&home, &[]).map_err(Failure::from)?;
            let json: Vec<_> = found.objectives.iter().map(ObjectiveJson::from).collect();
            Reply::json(&json)
        })
        .await
}

/// A Prometheus may be asked, so it has a thread of its own.
async fn standings(
    State(api): State<Api>,
    Asked(query): Asked<ObjectiveQuery>,
) -> Result<Reply, Problem> {
    let names: Vec<ObjectiveName> = match query.name.as_deref() {
        Some(name) => vec![named(name)?],
        None => vec![],
    };
    let home = api.home().clone();
    api.desks()
        .act(async move |store| {
            let found = find_objectives(&home, &[]).map_err(Failure::from)?;
            let now = clock::now();
            let standings = objective_standings(store, &found, &names, now, now).await;
            let standings = standings.map_err(Failure::from)?;
            let json: Vec<_> = standings.iter().map(ObjectiveStandingJson::from).collect();
            Reply::json(&json)
        })
        .await
}
