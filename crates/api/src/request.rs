//! What a request says, read with a problem for everything that it says wrongly.

use adjutant_domain::{Digest, RequestKey, sha256};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::time::Duration;

use crate::access::Caller;
use crate::problem::Problem;

/// The longest body. Evidence files are the largest thing that anybody sends; whoever has larger ones
/// adds them with the command line, which reads files in place.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 20;

/// How long a body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(30);

/// The parameters of a query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(Problem::malformed(
                format!("the query cannot be read: {}", error.body_text()),
                "See /api/v1/openapi.json for its parameters.",
            )),
        }
    }
}

/// What the path names.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(error) => Err(Problem::malformed(
                format!("the path cannot be read: {}", error.body_text()),
                "See /api/v1/openapi.json for the paths there are.",
            )),
        }
    }
}

/// A body with who sent it, and the key that it is repeated under.
pub(crate) struct Posted<T> {
    pub(crate) caller: Caller,
    pub(crate) mark: Mark,
    pub(crate) body: T,
}

/// What tells a repeated request from a new one.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// The client's key, and whose it is.
    pub(crate) key: Option<RequestKey>,
    /// The digest of what is asked.
    pub(crate) request: Digest,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts)?;
        let bytes = json_bytes(&parts, body).await?;
        let mark = Mark {
            key: key_of(&parts.headers, &caller)?,
            request: digest_of(&parts, &bytes),
        };
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::malformed(
                format!("the body cannot be read: {error}"),
                "See /api/v1/openapi.json for its shape.",
            )
        })?;
        Ok(Self { caller, mark, body })
    }
}

/// The bytes of a body that is said to be JSON, for who reads them in another way.
pub(crate) struct PostedBytes(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for PostedBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        json_bytes(&parts, body).await.map(Self)
    }
}

async fn json_bytes(parts: &Parts, body: Body) -> Result<Vec<u8>, Problem> {
    require_plain(&parts.headers)?;
    require_json(&parts.headers)?;
    read_body(body).await
}

/// What two requests under one key are compared by.
fn digest_of(parts: &Parts, body: &[u8]) -> Digest {
    let asked = format!("{}\n{}\n", parts.method, parts.uri.path());
    sha256::digest_of(&[asked.as_bytes(), body].concat())
}

/// What is compressed could be any length when it is unpacked.
fn require_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the body has a Content-Encoding",
        "Send it as it is, not compressed.",
    ))
}

/// Only JSON: what a form of another site can send without being asked is refused.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    if media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the body is not said to be JSON",
        "Send it with Content-Type: application/json.",
    ))
}

/// The whole body, within its limits of length and time.
pub(crate) async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    let collected = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_WAIT, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is longer than {BODY_BYTES_MAX} bytes"),
            "Send less; files are added with adjutant evidence add.",
        )),
        Ok(Err(error)) => Err(Problem::malformed(
            format!("the body broke off: {error}"),
            "Send it again.",
        )),
        Err(_late) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not arrive within {} s", BODY_WAIT.as_secs()),
            "Send it again over a faster connection.",
        )),
    }
}

/// The key, for this token alone: nobody gets the answer that was another's.
fn key_of(headers: &HeaderMap, caller: &Caller) -> Result<Option<RequestKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().map_err(|_not_text| {
        Problem::malformed(
            "the Idempotency-Key is not text",
            "Use letters and digits, such as a UUID.",
        )
    })?;
    let key = format!("api:{}:{key}", caller.token.id);
    Ok(Some(key.parse()?))
}
