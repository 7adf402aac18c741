//! Sends spans to a collector, from a thread of its own. Whoever ends a span never waits: when the
//! line is full, or the collector is away, slow or refuses, spans are dropped, and a line of the log
//! says how many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::field::Fields;
use super::{Collector, TelemetryError, protobuf};
use crate::inquiry::{self, InquiryError};
use crate::trace_context::TraceContext;

/// Spans that may wait: two seconds of a thousand requests.
const WAITING_MAX: usize = 2_048;

/// Spans of one request, as the specification's batch processor has it.
const BATCH_MAX: usize = 512;

/// How long spans wait for others to be sent with.
const BATCH_WAIT: Duration = Duration::from_secs(1);

/// How long the end of a command waits for the collector to take what is left.
const FLUSH_MAX: Duration = Duration::from_secs(1);

/// A span that ended.
#[derive(Debug)]
pub(super) struct FinishedSpan {
    pub(super) name: Option<String>,
    /// Its name where it has no other.
    pub(super) otherwise: &'static str,
    pub(super) kind: Option<String>,
    /// Why it failed, if it did.
    pub(super) failed: Option<String>,
    pub(super) context: TraceContext,
    pub(super) parent: Option<TraceContext>,
    /// In nanoseconds of Unix.
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) fields: Fields,
}

enum Message {
    Span(FinishedSpan),
    /// Send what is there, and say so.
    Flush(SyncSender<()>),
}

/// Where spans are handed over.
#[derive(Debug, Clone)]
pub(super) struct SpanSender {
    line: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

impl SpanSender {
    pub(super) fn send(&self, span: FinishedSpan) {
        match self.line.try_send(Message::Span(span)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The thread that sends.
#[derive(Debug)]
pub(super) struct Exporter(SpanSender);

impl Exporter {
    pub(super) fn start(collector: Collector) -> Result<Self, TelemetryError> {
        let (line, waiting) = sync_channel(WAITING_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(TelemetryError::Thread)?;
        let sending = Sending {
            client: client(&collector)?,
            collector,
            dropped: Arc::clone(&dropped),
            is_away: false,
        };
        std::thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || runtime.block_on(sending.run(&waiting)))
            .map_err(TelemetryError::Thread)?;
        Ok(Self(SpanSender { line, dropped }))
    }

    pub(super) fn sender(&self) -> SpanSender {
        self.0.clone()
    }

    pub(super) fn flush(self) {
        let (done, is_done) = sync_channel(1);
        if self.0.line.try_send(Message::Flush(done)).is_ok() {
            // Later than this, what is left is lost: a command does not wait for its collector.
            match is_done.recv_timeout(FLUSH_MAX) {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

fn client(collector: &Collector) -> Result<Client, TelemetryError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-protobuf"),
    );
    for (name, value) in &collector.headers {
        let header = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        );
        let (Ok(name), Ok(mut value)) = header else {
            let name = name.clone();
            return Err(TelemetryError::Header { name });
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let client = inquiry::builder()
        .timeout(collector.timeout)
        .default_headers(headers);
    Ok(client.build().map_err(InquiryError::Client)?)
}

struct Sending {
    client: Client,
    collector: Collector,
    dropped: Arc<AtomicU64>,
    is_away: bool,
}

impl Sending {
    /// Sends until nobody hands spans over any more.
    async fn run(mut self, waiting: &Receiver<Message>) {
        let mut batch = Vec::new();
        loop {
            let flush = match waiting.recv_timeout(BATCH_WAIT) {
                Ok(Message::Span(span)) => {
                    batch.push(span);
                    if batch.len() < BATCH_MAX {
                        continue;
                    }
                    None
                }
                Ok(Message::Flush(done)) => Some(done),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if !batch.is_empty() {
                self.send(&batch).await;
                batch.clear();
            }
            if let Some(done) = flush
                && done.send(()).is_err()
            {
                // Whoever waited had no more time.
                return;
            }
        }
    }

    async fn send(&mut self, batch: &[FinishedSpan]) {
        let body = protobuf::request(&self.collector.service, batch);
        let sent = self.client.post(&self.collector.url).body(body).send();
        let refused = match sent.await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status().as_u16())),
            Err(error) if error.is_timeout() => Some("no answer in time".to_owned()),
            Err(_unreached) => Some("it cannot be reached".to_owned()),
        };
        let Some(because) = refused else {
            self.is_away = false;
            return;
        };
        let count = batch.len() as u64;
        let dropped = self.dropped.fetch_add(count, Ordering::Relaxed) + count;
        if !self.is_away {
            tracing::warn!(because, dropped, "the collector does not take spans");
        }
        self.is_away = true;
    }
}
