//! Services and their rollouts.

use adjutant_app::look_at_service;
use adjutant_domain::ServiceName;
use adjutant_wire::rollout::{event_json, seen_json, turn};
use adjutant_wire::{Failure, ServiceJson};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::{PageQuery, READ, listed, named, page_of};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_rollouts", "/rollouts"),
            "Lists services with what happened to each last.",
            READ,
            list,
        )
        .answers::<Vec<ServiceJson>>(),
        get(
            ("rollout_status", "/rollouts/{service}"),
            "Shows a service: what is wanted, what runs, what is measured, what would be decided.",
            READ,
            status,
        )
        .answers::<Value>(),
        get(
            ("rollout_history", "/rollouts/{service}/history"),
            "Lists what happened to a service, oldest first.",
            READ,
            history,
        )
        .asks::<PageQuery>()
        .answers::<Vec<Value>>(),
    ]
}

fn never(service: &ServiceName) -> Problem {
    Problem::unknown(
        format!("NO DATA AVAILABLE: nothing was ever rolled out of {service}"),
        format!("Begin: adjutant rollout start {service} --artifact FILE."),
    )
}

async fn list(State(api): State<Api>) -> Result<Reply, Problem> {
    api.desks()
        .read(async |store| {
            let mut json = Vec::new();
            for service in store.services().await? {
                if let Some(last) = store.last_service_event(&service).await? {
                    json.push(ServiceJson::of(&service, &last));
                }
            }
            Reply::json(&json)
        })
        .await
}

async fn status(State(api): State<Api>, Path(service): Path<String>) -> Result<Reply, Problem> {
    let service: ServiceName = named(&service)?;
    let ground = api.ground();
    api.desks()
        .read(async move |store| {
            let seen = look_at_service(store, &ground, &service).await;
            let seen = seen.map_err(Failure::from)?;
            if seen.last.is_none() {
                return Err(never(&service));
            }
            Reply::json(&seen_json(&seen, turn(&seen).as_ref()))
        })
        .await
}

async fn history(
    State(api): State<Api>,
    Path(service): Path<String>,
    Asked(page): Asked<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let service: ServiceName = named(&service)?;
    let reply = api.desks().read(async move |store| {
        let all = store.service_events(&service, None).await?;
        if all.is_empty() {
            return Err(never(&service));
        }
        let (page, next) = page_of(all, page, |event| event.number)?;
        let json: Vec<Value> = page.iter().map(event_json).collect();
        listed(&json, next)
    });
    Ok(reply.await?.unless_known(&headers))
}
