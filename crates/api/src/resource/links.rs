//! What holds between tasks, all of it at once: the graph that a board draws.

use adjutant_wire::TaskLinkJson;
use axum::extract::State;

use super::READ;
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_links", "/links"),
            "Lists what holds between tasks that are not closed.",
            READ,
            list,
        )
        .answers::<Vec<TaskLinkJson>>(),
    ]
}

async fn list(State(api): State<Api>) -> Result<Reply, Problem> {
    let reply = api.desks().read(async |store| {
        let links = store.open_links().await?;
        let json: Vec<TaskLinkJson> = links.into_iter().map(Into::into).collect();
        Reply::json(&json)
    });
    reply.await
}
