//! Evidence.

use adjutant_domain::Subject;
use adjutant_wire::EvidenceJson;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{PageQuery, READ, listed, named, page_of};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_evidence", "/evidence"),
            "Lists evidence, oldest first.",
            READ,
            list,
        )
        .asks::<EvidenceQuery>()
        .answers::<Vec<EvidenceJson>>(),
        get(
            ("show_evidence", "/evidence/{which}"),
            "Shows the measurements of a run, or of one piece of evidence.",
            READ,
            show,
        )
        .answers::<Vec<EvidenceJson>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceQuery {
    /// Only of this subject.
    subject: Option<String>,
    /// The record that was seen last; the list goes on after it.
    after: Option<i64>,
    /// How many records, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

async fn list(
    State(api): State<Api>,
    Asked(query): Asked<EvidenceQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let subject: Option<Subject> = query.subject.as_deref().map(named).transpose()?;
    let page = PageQuery {
        after: query.after,
        limit: query.limit,
    };
    let reply = api.desks().read(async move |store| {
        let all = adjutant_app::list_evidence(store, subject.as_ref()).await?;
        let (page, next) = page_of(all, page, |evidence| evidence.id)?;
        let json: Vec<EvidenceJson> = page.iter().map(Into::into).collect();
        listed(&json, next)
    });
    Ok(reply.await?.unless_known(&headers))
}

async fn show(
    State(api): State<Api>,
    Path(which): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reply = api.desks().read(async move |store| {
        let shown = adjutant_app::show_evidence(store, &which).await?;
        if shown.is_empty() {
            return Err(Problem::unknown(
                format!("no evidence is called {which}"),
                "See /api/v1/evidence.",
            ));
        }
        let json: Vec<EvidenceJson> = shown.iter().map(Into::into).collect();
        Reply::json(&json)
    });
    Ok(reply.await?.unless_known(&headers))
}
