//! Whether this run of the program tells what it does, and to whom. Nothing is set up where nobody
//! asked: most commands take milliseconds.

use std::time::Duration;

use adjutant_outbound::telemetry::{
    self, Collector, LevelFilter, LogFormat, Telemetry, TelemetryError, TelemetrySettings,
};
use adjutant_outbound::trace_context::TraceContext;
use tracing::info_span;

use crate::arguments::{Arguments, Command, LogFormatArgument};
use crate::commands;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::settings::{Settings, TelemetryVariables};
use crate::streams;

/// How long a collector has to answer where nothing else is said, as OpenTelemetry has it.
const COLLECTOR_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a command, and tells of it as it was asked to.
pub(crate) fn run(name: &str, arguments: Arguments, settings: &Settings) -> Result<Exit, Failure> {
    let serves = matches!(arguments.command, Command::Serve(_));
    let Some(wanted) = wanted(arguments.log, serves, &settings.telemetry)? else {
        return commands::run(arguments, settings);
    };
    let Some(telemetry) = begin(wanted) else {
        return commands::run(arguments, settings);
    };
    let ran = if serves {
        // Each of its requests is a trace, not all of them together.
        commands::run(arguments, settings)
    } else {
        let span = info_span!("command", otel.name = format!("adjutant {name}"));
        span.in_scope(|| commands::run(arguments, settings))
    };
    telemetry.end();
    ran
}

/// What cannot be set up is said, and stops nothing.
fn begin(settings: TelemetrySettings) -> Option<Telemetry> {
    let without = TelemetrySettings {
        collector: None,
        ..settings
    };
    let warn = |error: &TelemetryError| streams::warn(&chain(error));
    match telemetry::begin(settings) {
        Ok(telemetry) => Some(telemetry),
        Err(error) => {
            warn(&error);
            telemetry::begin(without).inspect_err(warn).ok()
        }
    }
}

fn wanted(
    format: Option<LogFormatArgument>,
    serves: bool,
    variables: &TelemetryVariables,
) -> Result<Option<TelemetrySettings>, Failure> {
    let level = level(variables.level.as_deref())?;
    // A server says what failed; whoever asks for a log wants to know more.
    let level = level.or(match (format, serves) {
        (Some(_), _) => Some(LevelFilter::INFO),
        (None, true) => Some(LevelFilter::WARN),
        (None, false) => None,
    });
    let format = match format {
        Some(LogFormatArgument::Json) => LogFormat::Json,
        Some(LogFormatArgument::Text) | None => LogFormat::Text,
    };
    let collector = collector(variables);
    if level.is_none() && collector.is_none() {
        return Ok(None);
    }
    Ok(Some(TelemetrySettings {
        log: level.map(|level| (format, level)),
        collector,
        parent: variables.parent.as_deref().and_then(TraceContext::read),
    }))
}

fn level(given: Option<&str>) -> Result<Option<LevelFilter>, Failure> {
    let level = given.map(|given| {
        given.parse().map_err(|_no_level| {
            Failure::usage(
                format!("ADJUTANT_LOG: {given:?} is no level"),
                "Say off, error, warn, info, debug or trace.",
            )
        })
    });
    level.transpose()
}

fn collector(variables: &TelemetryVariables) -> Option<Collector> {
    if variables.is_disabled {
        return None;
    }
    let below = |endpoint: &String| format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let traces = variables.traces_endpoint.clone();
    let url = traces.or_else(|| variables.endpoint.as_ref().map(below))?;
    if let Some(protocol) = &variables.protocol
        && protocol != "http/protobuf"
    {
        streams::warn(&format!(
            "OTEL_EXPORTER_OTLP_PROTOCOL: {protocol:?} is not spoken, http/protobuf is: no span is sent"
        ));
        return None;
    }
    let timeout = variables.timeout.as_ref().and_then(|ms| ms.parse().ok());
    Some(Collector {
        url,
        headers: headers(variables.headers.as_deref().unwrap_or_default()),
        timeout: timeout.map_or(COLLECTOR_TIMEOUT, Duration::from_millis),
        service: variables
            .service
            .clone()
            .unwrap_or_else(|| "adjutant".to_owned()),
    })
}

/// `name=value,name=value`, with `%XX` in values.
fn headers(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), decoded(value.trim())))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        (rest, _) = match byte.filter(|_| *first == b'%') {
            Some(byte) => (&after[2..], bytes.push(byte)),
            None => (after, bytes.push(*first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> TelemetryVariables {
        TelemetryVariables {
            endpoint: Some("http://127.0.0.1:4318/".to_owned()),
            headers: Some("authorization=Basic%20eDp5, x-team = a=b%".to_owned()),
            ..TelemetryVariables::default()
        }
    }

    #[test]
    fn a_collector_is_named_as_opentelemetry_says() {
        let named = collector(&variables()).unwrap();
        assert_eq!(named.url, "http://127.0.0.1:4318/v1/traces");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("authorization", "Basic eDp5"), pair("x-team", "a=b%")];
        assert_eq!(named.headers, expected);
        assert_eq!(
            (named.service.as_str(), named.timeout),
            ("adjutant", COLLECTOR_TIMEOUT)
        );
        let off = TelemetryVariables {
            is_disabled: true,
            ..variables()
        };
        assert!(collector(&off).is_none());
        let grpc = TelemetryVariables {
            protocol: Some("grpc".to_owned()),
            ..variables()
        };
        assert!(collector(&grpc).is_none());
    }

    #[test]
    fn nothing_is_set_up_where_nobody_asked() {
        let none = TelemetryVariables::default();
        assert!(wanted(None, false, &none).unwrap().is_none());
        let served = wanted(None, true, &none).unwrap().unwrap();
        assert_eq!(served.log, Some((LogFormat::Text, LevelFilter::WARN)));
        let asked = wanted(Some(LogFormatArgument::Json), false, &none).unwrap();
        assert_eq!(
            asked.unwrap().log,
            Some((LogFormat::Json, LevelFilter::INFO))
        );
        let wrong = TelemetryVariables {
            level: Some("loud".to_owned()),
            ..none
        };
        assert!(wanted(None, false, &wrong).is_err());
    }
}
