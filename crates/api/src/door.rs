//! Tokens: made, listed, revoked; and the link that opens the dashboard once.

use std::time::Duration;

use adjutant_domain::{Timestamp, TokenName, sha256};
use adjutant_outbound::{clock, secret};
use adjutant_store::{NewToken, Store};
use adjutant_wire::{AccessTokenJson, Failure};
use adjutant_work::access::{AccessToken, Bearer, Right};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get as on_get;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Api;
use crate::access::{COOKIE, token_of};
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;
use crate::resource::{PageQuery, cut, listed, one_more};

/// How long a link opens: as long as somebody takes to click on it.
const LINK_LASTS: Duration = Duration::from_secs(15 * 60);

/// How long a session of the dashboard lasts.
const SESSION_LASTS: Duration = Duration::from_secs(7 * 24 * 3_600);

/// A token with its secret, which is shown once and kept nowhere.
#[derive(Debug, Clone)]
pub struct MadeToken {
    /// The token.
    pub token: AccessToken,
    /// Its secret.
    pub secret: String,
}

/// Makes a token; `None` when its name is taken.
///
/// # Errors
/// When the store cannot be written, or the system has no random bytes.
pub async fn make_token(
    store: &Store,
    name: TokenName,
    bearer: Bearer,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<MadeToken>, Failure> {
    let secret = fresh()?;
    let new = NewToken {
        name,
        bearer,
        digest: sha256::digest_of(secret.as_bytes()),
        expires_at,
    };
    let made = store.create_token(&new, now).await?;
    Ok(made.map(|token| MadeToken { token, secret }))
}

fn fresh() -> Result<String, Failure> {
    secret::fresh().map_err(|error| {
        Failure::machine(
            format!("the system has no random bytes: {error}"),
            "Try again.",
        )
    })
}

/// Makes the secret of a link that opens the dashboard once, within a quarter of an hour.
///
/// # Errors
/// When the store cannot be written, or the system has no random bytes.
pub async fn make_link(store: &Store, now: Timestamp) -> Result<String, Failure> {
    let ends = now.after(LINK_LASTS);
    let made = make_named(store, "link", Bearer::Link, ends, now).await?;
    Ok(made.secret)
}

/// A token whose name is made from its secret, which nobody else's has.
async fn make_named(
    store: &Store,
    kind: &str,
    bearer: Bearer,
    ends: Timestamp,
    now: Timestamp,
) -> Result<MadeToken, Failure> {
    let salt = sha256::digest_of(fresh()?.as_bytes()).to_string();
    let name = format!("{kind}-{}", &salt[..12]).parse()?;
    let made = make_token(store, name, bearer, Some(ends), now).await?;
    made.ok_or_else(|| Failure::machine("the name of a link is taken", "Try again."))
}

/// Every token.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_tokens(store: &Store) -> Result<Vec<AccessToken>, Failure> {
    Ok(store.list_tokens().await?)
}

/// Revokes a token; `None` when there is none of this name.
///
/// # Errors
/// When the store cannot be written.
pub async fn revoke_token(
    store: &Store,
    name: &TokenName,
    now: Timestamp,
) -> Result<Option<AccessToken>, Failure> {
    Ok(store.revoke_token(name, now).await?)
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_tokens", "/tokens"),
            "Lists tokens; never their secrets.",
            Right::Administer,
            list,
        )
        .asks::<PageQuery>()
        .paged()
        .answers::<Vec<AccessTokenJson<'_>>>(),
        get(
            ("whoami", "/whoami"),
            "Says whose token was sent.",
            Right::Read,
            whoami,
        )
        .answers::<AccessTokenJson<'_>>(),
    ]
}

async fn list(State(api): State<Api>, Asked(page): Asked<PageQuery>) -> Result<Reply, Problem> {
    let limit = page.limit()?;
    let reply = api.desks().read(async move |store| {
        let after = page.after.unwrap_or(0);
        let mut tokens = store.tokens_after(after, one_more(limit)).await?;
        let next = cut(&mut tokens, limit, |token| token.id);
        let now = clock::now();
        let json = tokens.iter().map(|token| AccessTokenJson::of(token, now));
        listed(&json.collect::<Vec<_>>(), next)
    });
    reply.await
}

async fn whoami(
    axum::Extension(caller): axum::Extension<crate::access::Caller>,
) -> Result<Reply, Problem> {
    Reply::json(&AccessTokenJson::of(&caller.token, clock::now()))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkQuery {
    code: String,
}

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/open", on_get(open))
}

/// Changes a link for a session's cookie, once, and shows the dashboard.
async fn open(State(api): State<Api>, Asked(query): Asked<LinkQuery>) -> Result<Response, Problem> {
    let spent = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "this link was used, or its time is over",
            "Make another: adjutant token link.",
        )
    };
    let link = token_of(&api, &query.code).await.map_err(|_any| spent())?;
    if link.bearer != Bearer::Link {
        return Err(spent());
    }
    let session = api
        .desks()
        .write(async move |store| {
            let now = clock::now();
            // Whoever comes second finds it revoked: there is one writer.
            let digest = link.digest;
            let standing = store.token_of(digest).await?.map(|link| link.standing(now));
            if standing != Some(adjutant_work::access::TokenStanding::Good) {
                return Err(spent());
            }
            store.revoke_token(&link.name, now).await?;
            let ends = now.after(SESSION_LASTS);
            Ok(make_named(store, "session", Bearer::Admin, ends, now).await?)
        })
        .await?;
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}",
        session.secret,
        SESSION_LASTS.as_secs()
    );
    let cookie = HeaderValue::try_from(cookie).map_err(|error| Problem::defect(&error))?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    Ok(response)
}
