//! Incidents, and the delivery figures that follow from them.

use adjutant_app::IncidentTurn;
use adjutant_domain::ServiceName;
use adjutant_outbound::clock;
use adjutant_report::incident::{self as written, PostMortem};
use adjutant_rollout::{IncidentId, IncidentNoteKind};
use adjutant_work::access::Right;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Posted};

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
        post(
            ("note_incident", "/incidents/{incident}/notes"),
            "Adds a cause, a factor or a note; an action is filed as a draft of a task.",
            Right::Steer,
            note,
        )
        .takes::<NoteBody>()
        .answers::<Value>()
        .creates(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    /// cause, factor, note or action.
    #[schemars(with = "String")]
    kind: IncidentNoteKind,
    /// In words.
    text: String,
}

async fn note(
    State(api): State<Api>,
    Path(incident): Path<String>,
    posted: Posted<NoteBody>,
) -> Result<Reply, Problem> {
    let id: IncidentId = named(&incident)?;
    let NoteBody { kind, text } = posted.body;
    if text.trim().is_empty() {
        return Err(Problem::malformed(
            "a note without words says nothing",
            "Say it in text.",
        ));
    }
    api.write(posted.mark, async move |store| {
        let noted = adjutant_app::note_incident(store, &id, kind, text.trim(), clock::now());
        match noted.await? {
            IncidentTurn::Noted(task) => {
                let task = task.map(|task| task.id);
                let told = json!({"incident": id, "kind": kind, "task": task});
                Ok(Reply::json(&told)?.created())
            }
            IncidentTurn::Unknown => Err(no_incident(&id)),
            IncidentTurn::Refused(refused) => Err((&refused).into()),
        }
    })
    .await
}

fn no_incident(id: &IncidentId) -> Problem {
    Problem::unknown(
        format!("there is no incident {id}"),
        "See /api/v1/incidents.",
    )
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
                return Err(no_incident(&id));
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
