//! All routes, each behind the doors.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use std::sync::LazyLock;
use std::time::Duration;

use crate::access::{Hosts, guard, same_site};
use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::{Reply, unless_known};
use crate::{Api, dashboard, door, events, health, mcp, metrics, openapi, resource, traces};

/// How long an operation may take. What runs checks takes minutes; everything else milliseconds.
const OPERATION_MAX: Duration = Duration::from_secs(30 * 60);

/// What a browser may do with an answer: nothing but show our own pages.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// Every operation below `/api/v1`.
pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = resource::operations();
    operations.extend(events::operations());
    operations.extend(door::operations());
    operations
}

pub(crate) fn router(api: &Api, hosts: Hosts) -> Router {
    let mut router = Router::new();
    for operation in operations() {
        let door = from_fn_with_state((api.clone(), operation.right), guard);
        let path = format!("/api/v1{}", operation.path);
        let route = if operation.is_tagged() {
            operation.route.layer(from_fn(unless_known))
        } else {
            operation.route
        };
        router = router.route(&path, route.layer(door));
    }
    router
        .route(
            "/api/v1/openapi.json",
            get(document).layer(from_fn(unless_known)),
        )
        .merge(health::routes())
        .merge(door::routes())
        .merge(dashboard::routes())
        .merge(metrics::routes(api))
        .merge(mcp::routes(api))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_this_way)
        .layer(from_fn(within_time))
        .layer(from_fn_with_state(api.clone(), metrics::watched))
        .layer(from_fn_with_state(hosts, same_site))
        .layer(middleware::map_response(harden))
        .layer(from_fn(traces::traced))
        .with_state(api.clone())
}

/// Written once: the table does not change while the program runs.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::document(&operations()));

async fn document() -> Reply {
    Reply::json_text(DOCUMENT.as_str())
}

async fn nowhere() -> Problem {
    Problem::unknown(
        "there is nothing at this address",
        "See /api/v1/openapi.json for what there is.",
    )
}

async fn not_this_way() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "nothing here answers to that method",
        "See /api/v1/openapi.json for what there is.",
    )
}

async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(OPERATION_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_late) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("no answer within {} minutes", OPERATION_MAX.as_secs() / 60),
            "Look at what became of it, and ask again.",
        )
        .into_response(),
    }
}

/// What every answer says to a browser.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if !headers.contains_key(header::CACHE_CONTROL) {
        let fresh = HeaderValue::from_static("private, no-cache");
        headers.insert(header::CACHE_CONTROL, fresh);
    }
    response
}
