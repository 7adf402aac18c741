//! What could not be answered, as `application/problem+json` (RFC 9457), always with what to do
//! next. The one place that knows which status a failure has.

use adjutant_app::VoteRefusal;
use adjutant_domain::InvalidName;
use adjutant_mcp::Declined;
use adjutant_outbound::telemetry;
use adjutant_outbound::trace_context::TraceContext;
use adjutant_wire::{
    Exit, Failure, RefusalJson, RefusedVoteJson, StoreHindrance, UnprovenJson, refusal, unproven,
    vote_refusal,
};
use adjutant_work::{Refusal, Unproven};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

/// The type of its body.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request was refused, in the word of its refusal; on the answer, for whoever counts.
#[derive(Debug, Clone)]
pub(crate) struct RefusedBecause(pub(crate) String);

impl RefusedBecause {
    /// The word of a refusal as the command line prints it.
    pub(crate) fn of(refused: &Value) -> Self {
        let reason = ["/refused/reason", "/unproven/reason"]
            .into_iter()
            .find_map(|place| refused.pointer(place)?.as_str());
        Self(reason.unwrap_or("vote").to_owned())
    }
}

/// A request that was not answered.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The kind of problem, in the words of its status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened.
    detail: String,
    /// What to do next.
    hint: String,
    /// The trace of the request, by which its lines of the log are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    /// A refusal as the command line prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "refused_shape")]
    refused: Option<Box<Value>>,
}

/// A refusal about a task, about work, or about a vote.
fn refused_shape(generator: &mut SchemaGenerator) -> Schema {
    let shapes = [
        generator.subschema_for::<RefusalJson<'_>>(),
        generator.subschema_for::<UnprovenJson<'_>>(),
        generator.subschema_for::<RefusedVoteJson>(),
    ];
    json_schema!({ "anyOf": shapes })
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: hint.into(),
            trace: None,
            refused: None,
        }
    }

    /// There is nothing of that name.
    pub(crate) fn unknown(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail, hint)
    }

    /// The request does not say what it should.
    pub(crate) fn malformed(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, hint)
    }

    /// The bearer may not do that.
    pub(crate) fn forbidden(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail, hint)
    }

    /// Something that cannot happen, and did.
    pub(crate) fn defect(error: &(dyn std::error::Error + 'static)) -> Self {
        Failure::defect(error).into()
    }

    /// The database does not answer.
    pub(crate) fn away() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database cannot be reached",
            "Send it again in some seconds; a write that was under way may have been done: under the same \
             Idempotency-Key it is done once.",
        )
    }

    /// What was refused, as the command line prints it.
    fn with_refused(mut self, refused: &impl Serialize) -> Self {
        // A refusal that cannot be written as JSON is still told in words.
        self.refused = serde_json::to_value(refused).ok().map(Box::new);
        self
    }

    fn because(&self) -> Option<RefusedBecause> {
        self.refused.as_deref().map(RefusedBecause::of)
    }

    /// As a tool tells it.
    pub(crate) fn declined(self) -> Declined {
        Declined {
            exit: Exit::Internal,
            problem: self.detail,
            next: self.hint,
            refused: self.refused.map(|refused| *refused),
        }
    }

    /// The body, on one line.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| {
            let detail = format!("{} (the rest cannot be written: {error})", self.detail);
            json!({ "title": self.title, "status": self.status, "detail": detail, "hint": self.hint })
                .to_string()
        })
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let status = match failure.hindrance() {
            Some(StoreHindrance::Away) => return Self::away(),
            Some(StoreHindrance::Busy) => {
                return Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "others hold the database up",
                    "Send it again: nothing was done.",
                );
            }
            Some(StoreHindrance::DiskFull) => StatusCode::INSUFFICIENT_STORAGE,
            Some(StoreHindrance::Outdated) => StatusCode::SERVICE_UNAVAILABLE,
            None => status_of(failure.exit()),
        };
        Self::new(status, failure.problem(), failure.remedy())
    }
}

/// The status of a failure that ends a command with this exit code.
fn status_of(exit: Exit) -> StatusCode {
    match exit {
        Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::Undecided | Exit::ShadowOnly | Exit::Refused => StatusCode::CONFLICT,
        Exit::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
        Exit::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Exit::Done => StatusCode::OK,
    }
}

impl From<&Refusal> for Problem {
    fn from(refused: &Refusal) -> Self {
        let status = match refused {
            Refusal::Unknown { .. } => StatusCode::NOT_FOUND,
            Refusal::WrongRole { .. } | Refusal::OutOfBounds { .. } => StatusCode::FORBIDDEN,
            Refusal::KeyReused { .. } | Refusal::Incomplete { .. } | Refusal::Cycle { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Refusal::Held { .. }
            | Refusal::Busy { .. }
            | Refusal::StaleEpoch { .. }
            | Refusal::Expired { .. }
            | Refusal::Blocked { .. }
            | Refusal::NotOpen { .. }
            | Refusal::Overlapping { .. }
            | Refusal::Paused { .. }
            | Refusal::NothingReady { .. }
            | Refusal::Changed { .. } => StatusCode::CONFLICT,
        };
        Self::new(status, refusal::reason(refused), refusal::next(refused))
            .with_refused(&RefusalJson::from(refused))
    }
}

impl From<&Unproven> for Problem {
    fn from(reason: &Unproven) -> Self {
        Self::new(
            status_of(unproven::exit(reason)),
            unproven::problem(reason),
            unproven::next(reason),
        )
        .with_refused(&UnprovenJson::from(reason))
    }
}

impl From<&VoteRefusal> for Problem {
    fn from(refusal: &VoteRefusal) -> Self {
        Self::new(
            status_of(vote_refusal::exit(refusal)),
            vote_refusal::reason(refusal),
            vote_refusal::next(refusal),
        )
        .with_refused(&RefusedVoteJson::from(refusal))
    }
}

impl From<InvalidName> for Problem {
    fn from(error: InvalidName) -> Self {
        Self::malformed(error.to_string(), "Use another name.")
    }
}

impl From<adjutant_store::StoreError> for Problem {
    fn from(error: adjutant_store::StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = self.status();
        self.trace = telemetry::current().map(TraceContext::trace_id);
        if status.is_server_error() {
            tracing::error!(
                status = self.status,
                detail = self.detail,
                "a request failed"
            );
        }
        let mut response = (status, self.json()).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, PROBLEM_JSON);
        if let Some(because) = self.because() {
            response.extensions_mut().insert(because);
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
