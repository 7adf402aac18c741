//! `/metrics` in the OpenMetrics format: what is stored, what waits, and how long requests took. Names
//! of people, agents and tasks never stand in it.

use std::time::Duration;

use adjutant_outbound::clock::Stopwatch;
use adjutant_store::StoreFigures;
use adjutant_work::access::Right;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::Api;
use crate::access::guard;
use crate::problem::Problem;
use crate::reply::Reply;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the classes of request times, in seconds: reads take a millisecond, checks minutes.
const CLASSES: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0,
];

type Labels = Vec<(&'static str, String)>;

/// What this process saw itself.
#[derive(Debug, Clone)]
pub(crate) struct RequestTimes(Family<Labels, Histogram>);

impl RequestTimes {
    pub(crate) fn new() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(CLASSES)))
    }

    fn observe(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = vec![
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.to_string()),
        ];
        self.0.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

pub(crate) fn routes(api: &Api) -> Router<Api> {
    let door = from_fn_with_state((api.clone(), Right::Read), guard);
    Router::new().route("/metrics", get(metrics).layer(door))
}

/// Takes the time of every request that has a route; the others would make a label each.
pub(crate) async fn timed(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    if let Some(route) = route {
        let status = response.status().as_u16();
        api.times()
            .observe(route.as_str(), method.as_str(), status, watch.elapsed());
    }
    response
}

async fn metrics(State(api): State<Api>) -> Result<Reply, Problem> {
    let figures = api
        .desks()
        .read(async |store| Ok(store.figures().await?))
        .await?;
    let mut registry = Registry::with_prefix("adjutant");
    register_stored(&mut registry, &figures);
    register_process(&mut registry, &api);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Problem::defect(&error))?;
    Ok(Reply::bytes(OPEN_METRICS, text.into_bytes()))
}

fn register_stored(registry: &mut Registry, figures: &StoreFigures) {
    let tasks = Family::<Labels, Gauge>::default();
    for (state, count) in &figures.tasks {
        set(&tasks, vec![("state", state.clone())], *count);
    }
    registry.register("tasks", "Tasks by state", tasks);
    let ready = Gauge::<i64>::default();
    ready.set(signed(figures.ready));
    registry.register("tasks_ready", "Tasks that can be claimed now", ready);
    let claims = Family::<Labels, Counter>::default();
    for (result, count) in &figures.claims {
        let labels = vec![("result", result.clone())];
        claims.get_or_create(&labels).inc_by(*count);
    }
    registry.register("claims", "Claims by what became of them", claims);
    let decisions = Family::<Labels, Counter>::default();
    for (gate, verdict, count) in &figures.decisions {
        let labels = vec![("gate", gate.clone()), ("verdict", verdict.clone())];
        decisions.get_or_create(&labels).inc_by(*count);
    }
    registry.register("gate_decisions", "Decisions by gate and verdict", decisions);
    let evidence = Counter::<u64>::default();
    evidence.inc_by(figures.evidence);
    registry.register("evidence", "Evidence that was stored", evidence);
    let journal = Counter::<u64>::default();
    journal.inc_by(figures.journal);
    registry.register("journal_entries", "Entries of the journal", journal);
}

fn register_process(registry: &mut Registry, api: &Api) {
    let (readers, writer) = api.desks().waiting();
    let waiting = Family::<Labels, Gauge>::default();
    for (desk, count) in [("reader", readers), ("writer", writer)] {
        set(&waiting, vec![("desk", desk.to_owned())], count as u64);
    }
    registry.register(
        "requests_waiting",
        "Requests that wait for the database",
        waiting,
    );
    let subscribers = Gauge::<i64>::default();
    subscribers.set(signed(api.events().subscribers() as u64));
    registry.register(
        "event_subscribers",
        "Open streams of live events",
        subscribers,
    );
    registry.register(
        "http_request_duration_seconds",
        "How long requests took",
        api.times().0.clone(),
    );
}

fn set(family: &Family<Labels, Gauge>, labels: Labels, count: u64) {
    family.get_or_create(&labels).set(signed(count));
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
