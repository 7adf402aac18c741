//! The tools of an agent's day at `/mcp`, behind the same doors as every operation: the token says who
//! calls.

use std::pin::Pin;
use std::sync::Arc;

use adjutant_domain::sha256;
use adjutant_mcp::{
    Answer, Declined, McpServer, Pace, ToolCaller, ToolGround, Work, Workroom, answer_http,
};
use adjutant_store::{KeptAnswer, Store};
use adjutant_wire::Exit;
use adjutant_work::access::{AccessToken, Right};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::any;
use axum::{Router, body};
use serde_json::Value;

use crate::Api;
use crate::access::{Caller, guard};
use crate::metrics::count_refusal;
use crate::problem::{Problem, RefusedBecause};
use crate::request::{Mark, read_body};

pub(crate) fn routes(api: &Api) -> Router<Api> {
    let door = from_fn_with_state((api.clone(), Right::Read), guard);
    Router::new().route("/mcp", any(answer).layer(door))
}

async fn answer(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let token = Caller::of(&parts)?.token;
    let body = body::Bytes::from(read_body(body).await?);
    let mark = mark_of(&token, &body)?;
    let caller = ToolCaller::Remote(token.bearer);
    let ground = ToolGround {
        home: api.home().clone(),
        environment: api.environment(),
    };
    let server = McpServer::new(Arc::new(MessageRoom { api, mark }), ground, caller);
    let response = answer_http(server, Request::from_parts(parts, body)).await;
    Ok(response.map(Body::new))
}

/// Where a call says what makes it the same call when it is repeated: in its `_meta`, which costs no agent
/// any context.
const KEY: &str = "/params/_meta/adjutant~1idempotency-key";

/// What tells a repeated call from a new one. The id of a message changes with each attempt.
fn mark_of(token: &AccessToken, body: &[u8]) -> Result<Mark, Problem> {
    // What is no JSON gets its answer from who reads the message.
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let asked = |place: &str| message.pointer(place).unwrap_or(&Value::Null).to_string();
    let request = format!("{}\n{}", asked("/params/name"), asked("/params/arguments"));
    let key = match message.pointer(KEY) {
        None => None,
        Some(Value::String(key)) => Some(format!("mcp:{}:{key}", token.id).parse()?),
        Some(_) => {
            return Err(Problem::malformed(
                "the idempotency key is no text",
                "Use letters and digits, such as a UUID.",
            ));
        }
    };
    Ok(Mark {
        key,
        request: sha256::digest_of(request.as_bytes()),
    })
}

/// The desks, for the work of one message.
struct MessageRoom {
    api: Api,
    mark: Mark,
}

/// Tools work at the desks, beside all other requests.
impl Workroom for MessageRoom {
    fn carry_out(
        &self,
        pace: Pace,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(async move {
            let (desks, mark) = (self.api.desks(), self.mark.clone());
            let done = match pace {
                Pace::Reads => desks.read(async move |store| Ok(work(store).await)).await,
                Pace::Writes => {
                    desks
                        .write(async move |store| written(store, &mark, work).await)
                        .await
                }
                Pace::Acts => {
                    desks
                        .act(async move |store| acted(store, &mark, work).await)
                        .await
                }
            };
            let answer = done.unwrap_or_else(|problem| Err(problem.declined()));
            if let Err(Declined {
                refused: Some(refused),
                ..
            }) = &answer
            {
                count_refusal(&self.api, &RefusedBecause::of(refused));
            }
            answer
        })
    }
}

/// The answer that the same call got before.
async fn told_before(store: &Store, mark: &Mark) -> Result<Option<String>, Problem> {
    let Some(key) = &mark.key else {
        return Ok(None);
    };
    match store.kept_answer(key, mark.request).await? {
        Ok(kept) => Ok(kept.map(|kept| kept.body)),
        Err(refusal) => Err((&refusal).into()),
    }
}

async fn keep(store: &Store, mark: &Mark, answer: &Answer) -> Result<(), Problem> {
    if let (Some(key), Ok(text)) = (&mark.key, answer) {
        let kept = KeptAnswer {
            status: StatusCode::OK.as_u16(),
            body: text.clone(),
        };
        store.keep_answer(key, mark.request, &kept).await?;
    }
    Ok(())
}

/// What may be done twice, and whose answer is kept when it is done.
async fn acted(store: &Store, mark: &Mark, work: Work) -> Result<Answer, Problem> {
    if let Some(text) = told_before(store, mark).await? {
        return Ok(Ok(text));
    }
    let answer = work(store).await;
    keep(store, mark, &answer).await?;
    Ok(answer)
}

/// All that a tool writes, or nothing. What was refused may have found a lease that ran out: that is
/// kept.
async fn written(store: &Store, mark: &Mark, work: Work) -> Result<Answer, Problem> {
    let group = store.open_group().await?;
    if let Some(text) = told_before(store, mark).await? {
        return Ok(Ok(text));
    }
    let answer = work(store).await;
    match &answer {
        Err(declined) if declined.exit == Exit::Internal => drop(group),
        Ok(_) | Err(_) => {
            keep(store, mark, &answer).await?;
            group.keep().await?;
        }
    }
    Ok(answer)
}
