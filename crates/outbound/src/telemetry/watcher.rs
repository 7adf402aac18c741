//! Watches the spans and events of this program: gives each span its place in a trace, writes events
//! to the log, and hands spans over to the exporter when they end.

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::export::{FinishedSpan, SpanSender};
use super::field::Fields;
use super::log::{Line, Log};
use crate::clock::{self, Stopwatch};
use crate::trace_context::{HEADER, TraceContext};

/// What the targets of our own spans and events begin with.
const OURS: &str = "adjutant";

pub(super) struct Watcher {
    log: Option<Log>,
    sender: Option<SpanSender>,
    parent: Option<TraceContext>,
}

/// A span that goes on.
#[derive(Debug)]
pub(super) struct SpanState {
    context: TraceContext,
    /// The span that it is a part of; nothing at the root of a trace.
    parent: Option<TraceContext>,
    began: u64,
    watch: Stopwatch,
    fields: Fields,
}

impl SpanState {
    pub(super) fn context(&self) -> TraceContext {
        self.context
    }
}

impl Watcher {
    pub(super) fn new(
        log: Option<Log>,
        sender: Option<SpanSender>,
        parent: Option<TraceContext>,
    ) -> Self {
        Self {
            log,
            sender,
            parent,
        }
    }

    fn log_level(&self) -> LevelFilter {
        self.log.as_ref().map_or(LevelFilter::OFF, Log::level)
    }
}

fn context_of<S>(
    span: Option<&tracing_subscriber::registry::SpanRef<'_, S>>,
) -> Option<TraceContext>
where
    S: for<'a> LookupSpan<'a>,
{
    let extensions = span?.extensions();
    extensions.get::<SpanState>().map(SpanState::context)
}

impl<S> Layer<S> for Watcher
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// Spans are there whatever the log's level is: they carry the trace.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        if !metadata.target().starts_with(OURS) {
            return false;
        }
        metadata.is_span() && *metadata.level() <= Level::INFO
            || *metadata.level() <= self.log_level()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.log_level().max(LevelFilter::INFO))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let named = fields.take(HEADER);
        let parent = named
            .and_then(|text| TraceContext::read(&text))
            .or_else(|| context_of(span.parent().as_ref()))
            .or(self.parent);
        span.extensions_mut().insert(SpanState {
            context: parent.map_or_else(TraceContext::root, TraceContext::child),
            parent,
            began: clock::unix_nanos(),
            watch: Stopwatch::start(),
            fields,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(state) = span.extensions_mut().get_mut::<SpanState>() {
            values.record(&mut state.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(log) = &self.log else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        log.write(&Line {
            at: clock::now(),
            level: *metadata.level(),
            target: metadata.target(),
            message: fields.take("message").unwrap_or_default(),
            context: context_of(context.event_span(event).as_ref()).or(self.parent),
            fields,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let (Some(sender), Some(span)) = (&self.sender, context.span(&id)) else {
            return;
        };
        let Some(mut state) = span.extensions_mut().remove::<SpanState>() else {
            return;
        };
        if !state.context.is_sampled() {
            return;
        }
        let lasted = u64::try_from(state.watch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        sender.send(FinishedSpan {
            name: state.fields.take("otel.name"),
            otherwise: span.name(),
            kind: state.fields.take("otel.kind"),
            failed: state.fields.take("otel.status_description"),
            context: state.context,
            parent: state.parent,
            began: state.began,
            ended: state.began.saturating_add(lasted),
            fields: state.fields,
        });
    }
}
