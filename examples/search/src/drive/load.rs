//! Sends planned requests at their planned times and records what came back.
//!
//! A thread of its own sleeps until each time, because the runtime's timer only knows whole
//! milliseconds. Latency is completion minus the *planned* time: waiting for a connection, for
//! a free slot or for a driver that overslept counts, so nothing is hidden by omission.

use super::client::{Client, search_uri};
use super::schedule::{Arm, Shot};
use adjutant_example_search::judge::LabelledQuery;
use anyhow::{Context, Result};
use hyper::Uri;
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Requests in flight per arm; later ones wait, and their waiting counts. Keeps a service that
/// stands still from eating every file handle of the machine.
const IN_FLIGHT_MAX: usize = 256;
/// A request that takes longer, from its planned time, has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Results asked for under load, as a shopper's page shows.
const RESULTS: usize = 10;
/// From the plan's making to its start, so that the first request is not late.
pub(crate) const LEAD: Duration = Duration::from_millis(50);

/// A request that was sent and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// What was planned.
    pub(crate) shot: Shot,
    /// How much later than planned the driver let it go, in ms.
    pub(crate) late_ms: f64,
    /// When it was over, in ms from the start.
    pub(crate) completed_ms: f64,
    /// Completion minus planned time, in ms.
    pub(crate) latency_ms: f64,
    /// The HTTP status, 0 when there was no answer.
    pub(crate) status: u16,
}

/// Sends all shots to the addresses of baseline and candidate; returns them by completion.
pub(crate) async fn send(
    client: &Client,
    addresses: &[String; 2],
    queries: &[LabelledQuery],
    shots: Vec<Shot>,
) -> Result<Vec<Sent>> {
    let [baseline, candidate] = addresses;
    let targets = Targets {
        baseline: searches(baseline, queries)?,
        candidate: searches(candidate, queries)?,
    };
    let slots = [slots(), slots()];
    let start = Instant::now() + LEAD;
    let (release, mut released) = mpsc::unbounded_channel();
    let timer = std::thread::spawn(move || {
        for shot in shots {
            let due = start + shot.at;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if release.send(shot).is_err() {
                break;
            }
        }
    });
    let mut flights = JoinSet::new();
    let mut sent = Vec::new();
    while let Some(shot) = released.recv().await {
        let uri = targets
            .uri(&shot)
            .context("a planned query does not exist")?
            .clone();
        let slot = match shot.arm {
            Arm::Baseline => Arc::clone(&slots[0]),
            Arm::Candidate => Arc::clone(&slots[1]),
        };
        flights.spawn(fly(client.clone(), uri, slot, shot, start));
        while let Some(landed) = flights.try_join_next() {
            sent.push(landed.context("a request's task failed")?);
        }
    }
    while let Some(landed) = flights.join_next().await {
        sent.push(landed.context("a request's task failed")?);
    }
    if timer.join().is_err() {
        anyhow::bail!("the driver's timer failed");
    }
    sent.sort_by(|a, b| a.completed_ms.total_cmp(&b.completed_ms));
    Ok(sent)
}

/// The address of each query on each arm.
struct Targets {
    baseline: Vec<Uri>,
    candidate: Vec<Uri>,
}

impl Targets {
    fn uri(&self, shot: &Shot) -> Option<&Uri> {
        match shot.arm {
            Arm::Baseline => self.baseline.get(shot.query),
            Arm::Candidate => self.candidate.get(shot.query),
        }
    }
}

async fn fly(client: Client, uri: Uri, slot: Arc<Semaphore>, shot: Shot, start: Instant) -> Sent {
    let answered = ask(&client, uri, &slot, start + shot.at).await;
    Sent {
        late_ms: milliseconds(answered.late),
        completed_ms: milliseconds(shot.at + answered.latency),
        latency_ms: milliseconds(answered.latency),
        status: answered.status,
        shot,
    }
}

/// The address of each query.
pub(crate) fn searches(address: &str, queries: &[LabelledQuery]) -> Result<Vec<Uri>> {
    queries
        .iter()
        .map(|query| search_uri(address, &query.text, RESULTS))
        .collect()
}

/// Slots for the requests in flight to one address.
pub(crate) fn slots() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(IN_FLIGHT_MAX))
}

/// What became of a request.
pub(crate) struct Answered {
    /// How much later than planned the driver let it go.
    late: Duration,
    /// Completion minus planned time.
    pub(crate) latency: Duration,
    /// The HTTP status, 0 when there was no answer, or none in time.
    pub(crate) status: u16,
    /// What was answered.
    pub(crate) body: Bytes,
}

/// Sends a request that was planned for some time.
pub(crate) async fn ask(
    client: &Client,
    uri: Uri,
    slots: &Semaphore,
    planned: Instant,
) -> Answered {
    let late = planned.elapsed();
    let exchange = async {
        let _permit = slots.acquire().await?;
        client.get(uri).await
    };
    let deadline = tokio::time::Instant::from_std(planned + TIMEOUT);
    let (status, body) = match tokio::time::timeout_at(deadline, exchange).await {
        Ok(Ok(page)) => (page.status.as_u16(), page.body),
        Ok(Err(_)) | Err(_) => (0, Bytes::new()),
    };
    Answered {
        late,
        latency: planned.elapsed(),
        status,
        body,
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
