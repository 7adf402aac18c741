//! Each request is a span: of the trace that its `traceparent` names, or of one of its own.

use adjutant_outbound::clock::Stopwatch;
use adjutant_outbound::trace_context::HEADER;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, info, info_span};

/// The outermost of all layers: what others refuse is told as well.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    // Routes, never addresses: a query may hold the code of a link.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let given = request.headers().get(HEADER);
    let span = info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        traceparent = given.and_then(|given| given.to_str().ok()),
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        otel.status_description = Empty,
    );
    let watch = Stopwatch::start();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_description", status.as_str());
    }
    let _inside = span.enter();
    let took_ms = watch.elapsed().as_secs_f64() * 1_000.0;
    info!(method, route, status = status.as_u16(), took_ms, "answered");
    response
}
