//! Votes.

use adjutant_domain::Subject;
use adjutant_wire::VoteJson;
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
            ("list_votes", "/votes"),
            "Lists votes, oldest first.",
            READ,
            list,
        )
        .asks::<VotesQuery>()
        .answers::<Vec<VoteJson>>(),
        get(("show_vote", "/votes/{vote}"), "Shows a vote.", READ, show).answers::<VoteJson>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VotesQuery {
    /// Only about this subject.
    subject: Option<String>,
    /// The vote that was seen last; the list goes on after it.
    after: Option<i64>,
    /// How many, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

async fn list(
    State(api): State<Api>,
    Asked(query): Asked<VotesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let subject: Option<Subject> = query.subject.as_deref().map(named).transpose()?;
    let page = PageQuery {
        after: query.after,
        limit: query.limit,
    };
    let reply = api.desks().read(async move |store| {
        let all = adjutant_app::list_votes(store, subject.as_ref()).await?;
        let (page, next) = page_of(all, page, |listed| listed.stored.id)?;
        let json: Vec<VoteJson> = page.iter().map(Into::into).collect();
        listed(&json, next)
    });
    Ok(reply.await?.unless_known(&headers))
}

async fn show(State(api): State<Api>, Path(vote): Path<String>) -> Result<Reply, Problem> {
    let vote: i64 = named(&vote)?;
    api.desks()
        .read(async move |store| {
            let all = adjutant_app::list_votes(store, None).await?;
            match all.iter().find(|listed| listed.stored.id == vote) {
                Some(found) => Reply::json(&VoteJson::from(found)),
                None => Err(Problem::unknown(
                    format!("there is no vote {vote}"),
                    "See /api/v1/votes.",
                )),
            }
        })
        .await
}
