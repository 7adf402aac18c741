//! The tools of an agent's day at `/mcp`, behind the same doors as every operation: the token says who
//! calls.

use std::pin::Pin;
use std::sync::Arc;

use adjutant_mcp::{
    Answer, Declined, McpServer, Pace, ToolCaller, ToolGround, Work, Workroom, answer_http,
};
use adjutant_store::Store;
use adjutant_wire::Exit;
use adjutant_work::access::Right;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::any;
use axum::{Router, body};

use crate::Api;
use crate::access::{Caller, guard};
use crate::metrics::count_refusal;
use crate::problem::{Problem, RefusedBecause};
use crate::request::read_body;

pub(crate) fn routes(api: &Api) -> Router<Api> {
    let door = from_fn_with_state((api.clone(), Right::Read), guard);
    Router::new().route("/mcp", any(answer).layer(door))
}

async fn answer(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let caller = ToolCaller::Remote(Caller::of(&parts)?.token.bearer);
    let body = body::Bytes::from(read_body(body).await?);
    let ground = ToolGround {
        home: api.home().clone(),
        environment: api.environment(),
    };
    let server = McpServer::new(Arc::new(api), ground, caller);
    let response = answer_http(server, Request::from_parts(parts, body)).await;
    Ok(response.map(Body::new))
}

/// Tools work at the desks, beside all other requests.
impl Workroom for Api {
    fn carry_out(
        &self,
        pace: Pace,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(async move {
            let desks = self.desks();
            let done = match pace {
                Pace::Reads => desks.read(async move |store| Ok(work(store).await)).await,
                Pace::Writes => {
                    desks
                        .write(async move |store| written(store, work).await)
                        .await
                }
                Pace::Acts => desks.act(async move |store| Ok(work(store).await)).await,
            };
            let answer = done.unwrap_or_else(|problem| Err(problem.declined()));
            if let Err(Declined {
                refused: Some(refused),
                ..
            }) = &answer
            {
                count_refusal(self, &RefusedBecause::of(refused));
            }
            answer
        })
    }
}

/// All that a tool writes, or nothing. What was refused may have found a lease that ran out: that is
/// kept.
async fn written(store: &Store, work: Work) -> Result<Answer, Problem> {
    let group = store.open_group().await?;
    let answer = work(store).await;
    match &answer {
        Err(declined) if declined.exit == Exit::Internal => drop(group),
        Ok(_) | Err(_) => group.keep().await?,
    }
    Ok(answer)
}
