//! Visitors: they ask the labelled queries at one address, in open loop, and say how it went. They
//! know nothing of versions; whoever splits the traffic does.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use adjutant_example_search::judge::read_queries;
use adjutant_example_search::rank::Version;
use anyhow::{Context, Result, ensure};
use hyper::Uri;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::arguments::VisitSettings;
use crate::drive::client::{Answer, Client};
use crate::drive::load::{Answered, LEAD, ask, milliseconds, searches, slots};
use crate::drive::runtime;
use crate::drive::schedule::visits;
use crate::stopping::at_end_of_input;

/// How often an address that does not answer yet is tried.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// How the visits went.
#[derive(Serialize)]
struct Visited {
    requests: usize,
    /// No answer, or none within 10 s.
    unanswered: usize,
    /// Answered with another status than 200.
    refused: usize,
    /// Answered by another version than the one that was asked for.
    strange: usize,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
}

pub(crate) fn run(settings: &VisitSettings) -> Result<()> {
    let visited = runtime()?.block_on(visit(settings))?;
    let text = serde_json::to_string(&visited).context("cannot write how it went")?;
    writeln!(std::io::stdout(), "{text}").context("cannot print how it went")?;
    ensure!(
        visited.requests > 0,
        "nobody answered at {}",
        settings.address
    );
    ensure!(
        visited.unanswered + visited.refused + visited.strange == 0,
        "{} requests got no answer, {} a refusal, {} one of another version",
        visited.unanswered,
        visited.refused,
        visited.strange
    );
    Ok(())
}

async fn visit(settings: &VisitSettings) -> Result<Visited> {
    let queries = read_queries(&settings.data)?;
    let uris = searches(&settings.address, &queries)?;
    let client = Client::new();
    let is_over = Arc::new(AtomicBool::new(false));
    if settings.stop_with_stdin {
        let is_over = Arc::clone(&is_over);
        at_end_of_input(move || is_over.store(true, Ordering::Relaxed));
    }
    let length = settings
        .seconds
        .map(|seconds| Duration::from_secs(u64::from(seconds)));
    let first = uris.first().context("there are no queries")?;
    if !is_there(&client, first, length, &is_over).await {
        return Ok(told(&[]));
    }
    let start = Instant::now() + LEAD;
    let planned = visits(settings.rate, settings.seed, uris.len())
        .take_while(move |(at, _)| length.is_none_or(|length| *at < length));
    let (release, mut released) = mpsc::unbounded_channel();
    // A thread of its own, because the runtime's timer only knows whole milliseconds.
    let timer = std::thread::spawn(move || {
        for (at, query) in planned {
            let due = start + at;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if is_over.load(Ordering::Relaxed) || release.send((due, query)).is_err() {
                break;
            }
        }
    });
    let slots = slots();
    let mut flights = JoinSet::new();
    let mut visits = Vec::new();
    let version = settings.version;
    while let Some((due, query)) = released.recv().await {
        let uri = uris.get(query).context("a planned query does not exist")?;
        let (client, uri, slots) = (client.clone(), uri.clone(), Arc::clone(&slots));
        flights.spawn(async move { Visit::of(&ask(&client, uri, &slots, due).await, version) });
        while let Some(landed) = flights.try_join_next() {
            visits.push(landed.context("a request's task failed")?);
        }
    }
    while let Some(landed) = flights.join_next().await {
        visits.push(landed.context("a request's task failed")?);
    }
    ensure!(timer.join().is_ok(), "the visitors' timer failed");
    Ok(told(&visits))
}

/// Waits until somebody answers there; not longer than the visits were to last.
async fn is_there(
    client: &Client,
    uri: &Uri,
    length: Option<Duration>,
    is_over: &AtomicBool,
) -> bool {
    let began = Instant::now();
    while !is_over.load(Ordering::Relaxed) && length.is_none_or(|length| began.elapsed() < length) {
        if matches!(client.get(uri.clone()).await, Ok(page) if page.status.is_success()) {
            return true;
        }
        tokio::time::sleep(TRY_EVERY).await;
    }
    false
}

/// What is kept of a visit.
struct Visit {
    latency_ms: f64,
    end: VisitEnd,
}

#[derive(Clone, Copy, PartialEq)]
enum VisitEnd {
    Good,
    Unanswered,
    Refused,
    Strange,
}

impl Visit {
    fn of(answered: &Answered, version: Option<Version>) -> Self {
        let is_of = |version: Version| {
            let answer: Result<Answer, _> = serde_json::from_slice(&answered.body);
            answer.is_ok_and(|answer| answer.version == version.name())
        };
        let end = match answered.status {
            0 => VisitEnd::Unanswered,
            200 if version.is_none_or(is_of) => VisitEnd::Good,
            200 => VisitEnd::Strange,
            _ => VisitEnd::Refused,
        };
        Self {
            latency_ms: milliseconds(answered.latency),
            end,
        }
    }
}

fn told(visits: &[Visit]) -> Visited {
    let mut latencies: Vec<f64> = visits.iter().map(|visit| visit.latency_ms).collect();
    latencies.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = (latencies.len() as f64 * share).ceil() as usize;
        latencies.get(rank.saturating_sub(1)).copied()
    };
    let count = |end| visits.iter().filter(|visit| visit.end == end).count();
    Visited {
        requests: visits.len(),
        unanswered: count(VisitEnd::Unanswered),
        refused: count(VisitEnd::Refused),
        strange: count(VisitEnd::Strange),
        p50_ms: at(0.5),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
        max_ms: at(1.0),
    }
}
