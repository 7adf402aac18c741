//! Lines of the log, on standard error, each written whole.

use std::collections::BTreeMap;
use std::io::Write;

use adjutant_domain::Timestamp;
use serde::Serialize;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::LogFormat;
use super::field::{FieldValue, Fields};
use crate::trace_context::TraceContext;

/// How lines are written, and from which level on.
#[derive(Debug)]
pub(super) struct Log {
    format: LogFormat,
    level: LevelFilter,
}

/// A line, before it is written.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    /// Which part of the program tells it.
    pub(super) target: &'static str,
    pub(super) message: String,
    pub(super) context: Option<TraceContext>,
    pub(super) fields: Fields,
}

#[derive(Serialize)]
struct LineJson<'a> {
    at: Timestamp,
    level: &'a str,
    target: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<String>,
    #[serde(flatten)]
    fields: BTreeMap<&'a str, &'a FieldValue>,
}

impl Log {
    pub(super) fn new(format: LogFormat, level: LevelFilter) -> Self {
        Self { format, level }
    }

    pub(super) fn level(&self) -> LevelFilter {
        self.level
    }

    #[allow(
        clippy::unused_result_ok,
        reason = "when standard error is closed there is nobody left to tell"
    )]
    pub(super) fn write(&self, line: &Line) {
        let mut text = match self.format {
            LogFormat::Text => line.text(),
            LogFormat::Json => line.json(),
        };
        text.push('\n');
        std::io::stderr().lock().write_all(text.as_bytes()).ok();
    }
}

impl Line {
    /// Texts are quoted: a line break in one begins no other line.
    fn text(&self) -> String {
        let mut text = format!("{} {:5} {}", self.at, self.level.as_str(), self.message);
        for (name, value) in self.fields.iter() {
            let value = match value {
                FieldValue::Text(value) => format!("{value:?}"),
                FieldValue::Integer(value) => value.to_string(),
                FieldValue::Real(value) => value.to_string(),
                FieldValue::Flag(value) => value.to_string(),
            };
            text.push_str(&format!(" {name}={value}"));
        }
        if let Some(context) = self.context {
            text.push_str(&format!(" trace={}", context.trace_id()));
        }
        text
    }

    fn json(&self) -> String {
        let json = LineJson {
            at: self.at,
            level: self.level.as_str(),
            target: self.target,
            message: &self.message,
            trace: self.context.map(TraceContext::trace_id),
            span: self.context.map(TraceContext::span_id),
            fields: self.fields.iter().collect(),
        };
        serde_json::to_string(&json).unwrap_or_else(|error| {
            format!("{{\"message\":\"a line cannot be written: {error}\"}}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str) -> Line {
        Line {
            at: Timestamp::from_unix_millis(0),
            level: Level::INFO,
            target: "adjutant",
            message: message.to_owned(),
            context: TraceContext::read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            fields: Fields::of("said", "one\n1970-01-01T00:00:01Z ERROR forged\u{1b}[2J"),
        }
    }

    #[test]
    fn a_text_begins_no_line_of_its_own() {
        let text = line("heard").text();
        assert_eq!(
            text,
            "1970-01-01T00:00:00Z INFO  heard said=\"one\\n1970-01-01T00:00:01Z ERROR \
             forged\\u{1b}[2J\" trace=0af7651916cd43dd8448eb211c80319c"
        );
        let json = line("heard").json();
        assert!(!json.contains('\n') && !json.contains('\u{1b}'), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["trace"], "0af7651916cd43dd8448eb211c80319c");
        assert!(
            read["said"]
                .as_str()
                .is_some_and(|said| said.contains("forged"))
        );
    }
}
