//! `/metrics` in the OpenMetrics format: what is stored, what waits, and how long requests took. Names
//! of people and tasks never stand in it; those of agents do where Adjutant ran their program.

mod exposition;
mod services;
mod stored;

use adjutant_outbound::clock::Stopwatch;
use adjutant_work::access::Right;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use crate::Api;
use crate::access::guard;
use crate::problem::{Problem, RefusedBecause};
use crate::reply::Reply;
pub(crate) use exposition::Exposition;
use exposition::Labels;
use services::Remembered;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the classes of request times, in seconds: reads take a millisecond, checks minutes.
const CLASSES: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0,
];

/// What this process saw itself, and what it need not look for again.
pub(crate) struct Watched {
    times: Family<Labels, Histogram>,
    refusals: Family<Labels, Counter>,
    remembered: Remembered,
}

impl Watched {
    pub(crate) fn new() -> Self {
        Self {
            times: Family::new_with_constructor(|| Histogram::new(CLASSES)),
            refusals: Family::default(),
            remembered: Remembered::default(),
        }
    }
}

pub(crate) fn routes(api: &Api) -> Router<Api> {
    let door = from_fn_with_state((api.clone(), Right::Read), guard);
    Router::new().route("/metrics", get(metrics).layer(door))
}

/// Takes the time of every request that has a route; the others would make a label each.
pub(crate) async fn watched(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    let Some(route) = route else { return response };
    let labels = vec![
        ("route", route.as_str().to_owned()),
        ("method", method.to_string()),
        ("status", response.status().as_u16().to_string()),
    ];
    let seen = api.watched();
    let time = seen.times.get_or_create(&labels);
    time.observe(watch.elapsed().as_secs_f64());
    if let Some(because) = response.extensions().get() {
        count_refusal(&api, because);
    }
    response
}

/// Counts a refusal by its word.
pub(crate) fn count_refusal(api: &Api, RefusedBecause(reason): &RefusedBecause) {
    let labels = vec![("reason", reason.clone())];
    api.watched().refusals.get_or_create(&labels).inc();
}

async fn metrics(State(api): State<Api>) -> Result<Reply, Problem> {
    let figures = api
        .desks()
        .read(async |store| Ok(store.figures().await?))
        .await?;
    let services = services::services(&api, figures.service_events).await?;
    let objectives = services::objectives(&api).await;
    let mut exposition = Exposition::new();
    stored::tell(&mut exposition, &figures);
    services::tell(&mut exposition, &services, &objectives);
    tell_process(&mut exposition, &api);
    Ok(Reply::bytes(OPEN_METRICS, exposition.text()?.into_bytes()))
}

fn tell_process(exposition: &mut Exposition, api: &Api) {
    let (readers, writer) = api.desks().waiting();
    exposition.gauges(
        "requests_waiting",
        "Requests that wait for the database",
        [("reader", readers), ("writer", writer)]
            .map(|(desk, count)| (vec![("desk", desk.to_owned())], count as f64)),
    );
    api.reconciler_counts().tell(exposition);
    exposition.gauge(
        "event_subscribers",
        "Open streams of live events",
        api.events().subscribers() as f64,
    );
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    exposition.gauges("build_info", "The program that answers", [(version, 1.0)]);
    exposition.kept(
        "http_request_duration_seconds",
        "How long requests took",
        api.watched().times.clone(),
    );
    exposition.kept(
        "refusals",
        "Requests that this process refused, by why",
        api.watched().refusals.clone(),
    );
}
