//! Incidents, and the delivery figures that follow from them.

use adjutant_domain::ServiceName;
use adjutant_report::incident::{self as written, PostMortem};
use adjutant_rollout::IncidentId;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_incidents", "/incidents"),
            "Lists incidents.",
            READ,
            list,
        )
        .asks::<ServiceQuery>()
        .answers::<Vec<Value>>(),
        get(
            ("delivery_figures", "/incidents/figures"),
            "Counts changes, failures and recoveries.",
            READ,
            figures,
        )
        .asks::<ServiceQuery>()
        .answers::<Value>(),
        get(
            ("show_incident", "/incidents/{incident}"),
            "Shows an incident with its post-mortem's facts.",
            READ,
            show,
        )
        .answers::<Value>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServiceQuery {
    /// Only of this service.
    service: Option<String>,
}

impl ServiceQuery {
    fn service(&self) -> Result<Option<ServiceName>, Problem> {
        self.service.as_deref().map(named).transpose()
    }
}

fn written_json(text: Result<String, serde_json::Error>) -> Result<Reply, Problem> {
    text.map(Reply::json_text)
        .map_err(|error| Problem::defect(&error))
}

async fn list(State(api): State<Api>, Asked(query): Asked<ServiceQuery>) -> Result<Reply, Problem> {
    let service = query.service()?;
    api.desks()
        .read(async move |store| {
            let incidents = adjutant_app::list_incidents(store, service.as_ref()).await?;
            written_json(written::list_json(&incidents))
        })
        .await
}

async fn figures(
    State(api): State<Api>,
    Asked(query): Asked<ServiceQuery>,
) -> Result<Reply, Problem> {
    let service = query.service()?;
    api.desks()
        .read(async move |store| {
            let figures = adjutant_app::delivery_figures(store, service.as_ref()).await?;
            written_json(written::figures_json(&figures))
        })
        .await
}

async fn show(State(api): State<Api>, Path(incident): Path<String>) -> Result<Reply, Problem> {
    let id: IncidentId = named(&incident)?;
    api.desks()
        .read(async move |store| {
            let Some(found) = adjutant_app::show_incident(store, &id).await? else {
                return Err(Problem::unknown(
                    format!("there is no incident {id}"),
                    "See /api/v1/incidents.",
                ));
            };
            let stored = match found.incident.rollout {
                Some(rollout) => store.rollout(rollout).await?,
                None => None,
            };
            written_json(written::json(PostMortem {
                incident: &found.incident,
                plan: stored.as_ref().map(|stored| &stored.basis.plan),
                notes: &found.notes,
                tasks: &found.tasks,
                // Counting may ask a Prometheus, and stores what it answers.
                budgets: Err("adjutant incident show counts it"),
            }))
        })
        .await
}
