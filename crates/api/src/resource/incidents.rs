//! Incidents, and the delivery figures that follow from them.

use adjutant_app::IncidentTurn;
use adjutant_domain::{ServiceName, TaskId};
use adjutant_outbound::clock;
use adjutant_report::incident::{DeliveryAnswer, IncidentAnswer, PostMortem, PostMortemAnswer};
use adjutant_rollout::{IncidentId, IncidentNoteKind};
use adjutant_work::access::Right;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{READ, cut, limit_of, listed, named};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_incidents", "/incidents"),
            "Lists incidents.",
            READ,
            list,
        )
        .asks::<IncidentsQuery>()
        .paged()
        .answers::<Vec<IncidentAnswer<'_>>>(),
        get(
            ("delivery_figures", "/incidents/figures"),
            "Counts changes, failures and recoveries.",
            READ,
            figures,
        )
        .asks::<ServiceQuery>()
        .answers::<DeliveryAnswer<'_>>(),
        get(
            ("show_incident", "/incidents/{incident}"),
            "Shows an incident with its post-mortem's facts.",
            READ,
            show,
        )
        .answers::<PostMortemAnswer<'_>>(),
        post(
            ("note_incident", "/incidents/{incident}/notes"),
            "Adds a cause, a factor or a note; an action is filed as a draft of a task.",
            Right::Steer,
            note,
        )
        .takes::<NoteBody>()
        .answers::<NotedJson>()
        .creates(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoteBody {
    kind: IncidentNoteKind,
    /// In words.
    text: String,
}

/// What was added.
#[derive(Serialize, JsonSchema)]
struct NotedJson {
    incident: IncidentId,
    kind: IncidentNoteKind,
    /// The task that an action became.
    task: Option<TaskId>,
}

async fn note(
    State(api): State<Api>,
    Named(incident): Named<String>,
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
                let incident = id;
                Ok(Reply::json(&NotedJson {
                    incident,
                    kind,
                    task,
                })?
                .created())
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IncidentsQuery {
    /// Only of this service.
    service: Option<String>,
    /// The incident that was seen last; the list goes on after it.
    after: Option<String>,
    /// How many, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u32>,
}

fn service_of(asked: Option<&str>) -> Result<Option<ServiceName>, Problem> {
    asked.map(named).transpose()
}

async fn list(
    State(api): State<Api>,
    Asked(query): Asked<IncidentsQuery>,
) -> Result<Reply, Problem> {
    let service = service_of(query.service.as_deref())?;
    let after: Option<IncidentId> = query.after.as_deref().map(named).transpose()?;
    let limit = limit_of(query.limit)?;
    let reply = api.desks().read(async move |store| {
        let mut incidents = adjutant_app::list_incidents(store, service.as_ref()).await?;
        if let Some(after) = &after {
            let seen = incidents.iter().position(|incident| incident.id == *after);
            let seen = seen.ok_or_else(|| no_incident(after))?;
            incidents.drain(..=seen);
        }
        let next = cut(&mut incidents, limit, |incident| incident.id.clone());
        let json: Vec<_> = incidents.iter().map(IncidentAnswer::from).collect();
        listed(&json, next)
    });
    reply.await
}

async fn figures(
    State(api): State<Api>,
    Asked(query): Asked<ServiceQuery>,
) -> Result<Reply, Problem> {
    let service = service_of(query.service.as_deref())?;
    let reply = api.desks().read(async move |store| {
        let figures = adjutant_app::delivery_figures(store, service.as_ref()).await?;
        Reply::json(&DeliveryAnswer::from(&figures))
    });
    reply.await
}

async fn show(State(api): State<Api>, Named(incident): Named<String>) -> Result<Reply, Problem> {
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
            Reply::json(&PostMortemAnswer::from(PostMortem {
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
