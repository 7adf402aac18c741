//! What the program tells of its own work while it does it: lines of a log, and spans of traces, which
//! a collector may be sent (OTLP). Only our own words are told, never those of a library, which may
//! know headers and addresses with secrets in them.

mod export;
mod field;
mod log;
mod protobuf;
mod watcher;

use std::time::Duration;

pub use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::inquiry::InquiryError;
use crate::trace_context::TraceContext;
use export::Exporter;
use log::Log;
use watcher::{SpanState, Watcher};

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

/// What is told, and to whom.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// How lines are written, and from which level on.
    pub log: Option<(LogFormat, LevelFilter)>,
    /// The collector.
    pub collector: Option<Collector>,
    /// The span that this process is a part of.
    pub parent: Option<TraceContext>,
}

/// Who is sent the spans.
#[derive(Clone)]
pub struct Collector {
    /// The whole address for traces.
    pub url: String,
    /// Headers of each request, which may hold secrets.
    pub headers: Vec<(String, String)>,
    /// How long it has to answer.
    pub timeout: Duration,
    /// What this program is called there.
    pub service: String,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Telemetry that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The collector cannot be spoken to at all.
    #[error("spans cannot be sent to the collector")]
    Collector(#[from] InquiryError),
    /// A header is none.
    #[error("{name:?} is no header")]
    Header {
        /// Its name; the value may be a secret.
        name: String,
    },
    /// The thread that sends cannot be started.
    #[error("no thread can be started that sends spans")]
    Thread(#[source] std::io::Error),
    /// Something else in this process listens already.
    #[error("the log was set up twice")]
    Twice(#[source] tracing::subscriber::SetGlobalDefaultError),
}

/// Telemetry of this process, until it is ended.
#[derive(Debug)]
pub struct Telemetry(Option<Exporter>);

impl Telemetry {
    /// Sends what was not sent yet, as far as the collector takes it at once.
    pub fn end(self) {
        if let Some(exporter) = self.0 {
            exporter.flush();
        }
    }
}

/// Tells from now on.
///
/// # Errors
/// When it cannot be set up; nothing is told then, and nothing else is harmed.
pub fn begin(settings: TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    let exporter = settings.collector.map(Exporter::start).transpose()?;
    let watcher = Watcher::new(
        settings.log.map(|(format, level)| Log::new(format, level)),
        exporter.as_ref().map(Exporter::sender),
        settings.parent,
    );
    let subscriber = Registry::default().with(watcher);
    tracing::subscriber::set_global_default(subscriber).map_err(TelemetryError::Twice)?;
    Ok(Telemetry(exporter))
}

/// The span that goes on here; nothing where nobody listens.
pub fn current() -> Option<TraceContext> {
    let context = tracing::Span::current().with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        let extensions = span.extensions();
        extensions.get::<SpanState>().map(SpanState::context)
    });
    context.flatten()
}
