//! Whether the server lives, and whether it can answer.

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::Api;
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
}

/// The process answers.
async fn healthz() -> &'static str {
    "alive\n"
}

/// The database answers, too, and this program may write to it.
async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    api.desks()
        .read(async |store| {
            store.check_schema().await?;
            Ok("ready\n")
        })
        .await
}
