//! The table of operations: what the router serves, what the OpenAPI document says, and which right
//! each needs come from the same rows.

use adjutant_work::access::Right;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::Api;

/// Makes the schema of a shape, and of those that it is made of.
pub(crate) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What an operation answers with.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    /// JSON of this shape.
    Json(Shape),
    /// Bytes or text of one of these media types.
    Other(&'static [&'static str]),
    /// Events as they come, of which no answer is ever the same.
    Events,
}

/// One row.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    /// Below `/api/v1`; parameters in braces.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) right: Right,
    pub(crate) query: Option<Shape>,
    pub(crate) body: Option<Shape>,
    pub(crate) status: u16,
    /// It gives a list in parts.
    pub(crate) is_paged: bool,
    pub(crate) answers: Answers,
    pub(crate) route: MethodRouter<Api>,
}

/// An operation that changes nothing.
pub(crate) fn get<H, T>(
    (id, path): (&'static str, &'static str),
    summary: &'static str,
    right: Right,
    handler: H,
) -> Operation
where
    H: Handler<T, Api>,
    T: 'static,
{
    Operation {
        id,
        method: Method::GET,
        path,
        summary,
        right,
        query: None,
        body: None,
        status: 200,
        is_paged: false,
        answers: Answers::Other(&["text/plain"]),
        route: on(MethodFilter::GET, handler),
    }
}

/// An operation that does something. It takes an `Idempotency-Key`.
pub(crate) fn post<H, T>(
    name: (&'static str, &'static str),
    summary: &'static str,
    right: Right,
    handler: H,
) -> Operation
where
    H: Handler<T, Api> + Clone,
    T: 'static,
{
    Operation {
        method: Method::POST,
        route: on(MethodFilter::POST, handler.clone()),
        ..get(name, summary, right, handler)
    }
}

impl Operation {
    /// Takes these parameters in its query.
    pub(crate) fn asks<Q: JsonSchema>(mut self) -> Self {
        self.query = Some(Q::json_schema);
        self
    }

    /// Takes this body.
    pub(crate) fn takes<B: JsonSchema>(mut self) -> Self {
        self.body = Some(|generator| generator.subschema_for::<B>());
        self
    }

    /// Answers with JSON of this shape.
    pub(crate) fn answers<A: JsonSchema>(mut self) -> Self {
        self.answers = Answers::Json(|generator| generator.subschema_for::<A>());
        self
    }

    /// Gives a part of a list, and says where the next one begins.
    pub(crate) fn paged(mut self) -> Self {
        self.is_paged = true;
        self
    }

    /// Answers with other media types.
    pub(crate) fn answers_with(mut self, media: &'static [&'static str]) -> Self {
        self.answers = Answers::Other(media);
        self
    }

    /// Answers with server-sent events.
    pub(crate) fn answers_with_events(mut self) -> Self {
        self.answers = Answers::Events;
        self
    }

    /// Whether it changes nothing, so that an answer that is known need not be sent again.
    pub(crate) fn is_tagged(&self) -> bool {
        self.method == Method::GET && !matches!(self.answers, Answers::Events)
    }

    /// Answers that something new is there.
    pub(crate) fn creates(mut self) -> Self {
        self.status = 201;
        self
    }
}
