//! An answer: its bytes, its tag, and where the list goes on.

use adjutant_domain::sha256;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::problem::Problem;

const JSON: &str = "application/json";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    media: &'static str,
    pub(crate) body: Vec<u8>,
    next: Option<String>,
    is_replayed: bool,
    is_download: bool,
}

impl Reply {
    /// Something as JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(|error| Problem::defect(&error))?;
        Ok(Self::bytes(JSON, body))
    }

    /// JSON that is text already.
    pub(crate) fn json_text(text: impl Into<String>) -> Self {
        Self::bytes(JSON, text.into().into_bytes())
    }

    /// Bytes of a media type.
    pub(crate) fn bytes(media: &'static str, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            media,
            body,
            next: None,
            is_replayed: false,
            is_download: false,
        }
    }

    /// Something new is there.
    pub(crate) fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    /// A browser saves it, and never shows it as a page.
    pub(crate) fn download(mut self) -> Self {
        self.is_download = true;
        self
    }

    /// The list goes on behind this one.
    pub(crate) fn continued_after(mut self, last: Option<impl ToString>) -> Self {
        self.next = last.map(|last| last.to_string());
        self
    }

    /// An answer that was given before under the same key.
    pub(crate) fn replayed(status: u16, body: String) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            is_replayed: true,
            ..Self::json_text(body)
        }
    }
}

/// The bytes of an answer, on it, for who makes a tag of them.
#[derive(Clone)]
struct Told(Bytes);

/// The answer to who has it already is that nothing changed.
pub(crate) async fn unless_known(request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let mut response = next.run(request).await;
    let Some(Told(body)) = response.extensions_mut().remove() else {
        return response;
    };
    let tag = format!("\"{}\"", &sha256::digest_of(&body).to_string()[..32]);
    let known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| matches!(one.trim().trim_start_matches("W/"), known if known == tag || known == "*"));
    if known {
        response = StatusCode::NOT_MODIFIED.into_response();
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let body = Bytes::from(self.body);
        let mut response = (self.status, body.clone()).into_response();
        response.extensions_mut().insert(Told(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        if self.is_replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        if self.is_download {
            let download = HeaderValue::from_static("attachment");
            headers.insert(header::CONTENT_DISPOSITION, download);
        }
        // Ids are letters and digits; a header that cannot hold one has no such link.
        if let Some(next) = self.next
            && let Ok(link) = HeaderValue::try_from(format!("<?after={next}>; rel=\"next\""))
        {
            headers.insert(header::LINK, link);
        }
        response
    }
}
