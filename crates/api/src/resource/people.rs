//! Agents and roles.

use adjutant_domain::RoleName;
use adjutant_wire::{Failure, KnownAgentJson, RoleJson};
use axum::extract::State;

use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Named;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_agents", "/agents"),
            "Lists agents with what became of their claims.",
            READ,
            agents,
        )
        .answers::<Vec<KnownAgentJson<'_>>>(),
        get(("list_roles", "/roles"), "Lists roles.", READ, roles).answers::<Vec<RoleJson<'_>>>(),
        get(("show_role", "/roles/{role}"), "Shows a role.", READ, role).answers::<RoleJson<'_>>(),
    ]
}

async fn agents(State(api): State<Api>) -> Result<Reply, Problem> {
    api.desks()
        .read(async |store| {
            let known = adjutant_app::list_agents(store).await?;
            let json: Vec<_> = known.iter().map(KnownAgentJson::from).collect();
            Reply::json(&json)
        })
        .await
}

async fn roles(State(api): State<Api>) -> Result<Reply, Problem> {
    let home = api.home().clone();
    api.desks()
        .read(async move |_store| {
            let known = adjutant_app::known_roles(&home).map_err(Failure::from)?;
            let json: Vec<_> = known.iter().map(RoleJson::from).collect();
            Reply::json(&json)
        })
        .await
}

async fn role(State(api): State<Api>, Named(role): Named<String>) -> Result<Reply, Problem> {
    let role: RoleName = named(&role)?;
    let home = api.home().clone();
    api.desks()
        .read(async move |_store| {
            let known = adjutant_app::known_roles(&home).map_err(Failure::from)?;
            match known.iter().find(|found| found.role.name == role) {
                Some(found) => Reply::json(&RoleJson::from(found)),
                None => Err(Problem::unknown(
                    format!("there is no role {role}"),
                    "See /api/v1/roles.",
                )),
            }
        })
        .await
}
