//! North-star gates: whether the whole effort goes where it should.

use adjutant_outbound::clock;
use adjutant_wire::{Failure, NorthStarJson};
use adjutant_work::calendar::Week;
use axum::extract::State;

use super::READ;
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_north_stars", "/north-stars"),
            "Looks at the north-star gates of this week.",
            READ,
            list,
        )
        .answers::<Vec<NorthStarJson<'_>>>(),
    ]
}

/// A Prometheus may be asked, so it has a thread of its own.
async fn list(State(api): State<Api>) -> Result<Reply, Problem> {
    let home = api.home().clone();
    api.desks()
        .act(async move |store| {
            let now = clock::now();
            let seen = adjutant_app::look_at_north_stars(store, &home, Week::of(now), now).await;
            let seen = seen.map_err(Failure::from)?;
            let json: Vec<_> = seen.iter().map(NorthStarJson::from).collect();
            Reply::json(&json)
        })
        .await
}
