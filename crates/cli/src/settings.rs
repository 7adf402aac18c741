//! The environment, read once, here and nowhere else; and the settings file's own keys.

use std::io::IsTerminal;

use adjutant_domain::AgentName;
use adjutant_outbound::process::Environment;
use adjutant_report::{Color, Terminal};

use crate::failure::Failure;

/// The tables that `adjutant.toml` may hold.
const TABLES: [&str; 11] = [
    "announce",
    "deps",
    "focus",
    "gate",
    "merge",
    "north_star",
    "objective",
    "portfolio",
    "role",
    "rollout",
    "verify",
];

/// The variable that names a PostgreSQL server.
pub(crate) const DATABASE_URL: &str = "ADJUTANT_DATABASE_URL";

/// The variable by which a test ends the program.
const DIES_AFTER: &str = "ADJUTANT_DIES_AFTER";

/// What the environment says.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `ADJUTANT_DATABASE_URL`: a PostgreSQL server in place of SQLite.
    pub(crate) database_url: Option<String>,
    /// `ADJUTANT_AGENT`: who works here, as it was given.
    agent: Option<String>,
    /// What standard output can show.
    pub(crate) terminal: Terminal,
    /// Whether a person watches standard error.
    pub(crate) is_watched: bool,
    /// `ADJUTANT_DIES_AFTER`, for tests: after how many effects of a rollout the program ends as by
    /// kill -9.
    pub(crate) dies_after: Option<u32>,
    /// `VISUAL`, or else `EDITOR`.
    pub(crate) editor: Option<String>,
    /// What is told of the work, and to whom.
    pub(crate) telemetry: TelemetryVariables,
}

/// What the environment says of logs and traces, as it was given.
#[derive(Clone, Default)]
pub(crate) struct TelemetryVariables {
    /// `ADJUTANT_LOG`.
    pub(crate) level: Option<String>,
    /// `TRACEPARENT`.
    pub(crate) parent: Option<String>,
    /// `OTEL_SDK_DISABLED`.
    pub(crate) is_disabled: bool,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub(crate) traces_endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) protocol: Option<String>,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: they may hold secrets.
    pub(crate) headers: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds.
    pub(crate) timeout: Option<String>,
    /// `OTEL_SERVICE_NAME`.
    pub(crate) service: Option<String>,
}

impl std::fmt::Debug for TelemetryVariables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TelemetryVariables").finish_non_exhaustive()
    }
}

impl TelemetryVariables {
    fn from_environment() -> Self {
        Self {
            level: variable("ADJUTANT_LOG"),
            parent: variable("TRACEPARENT"),
            is_disabled: variable("OTEL_SDK_DISABLED").is_some_and(|text| text == "true"),
            endpoint: variable("OTEL_EXPORTER_OTLP_ENDPOINT"),
            traces_endpoint: variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
            protocol: variable("OTEL_EXPORTER_OTLP_PROTOCOL"),
            headers: variable("OTEL_EXPORTER_OTLP_HEADERS"),
            timeout: variable("OTEL_EXPORTER_OTLP_TIMEOUT"),
            service: variable("OTEL_SERVICE_NAME"),
        }
    }
}

impl Settings {
    pub(crate) fn from_environment() -> Result<Self, Failure> {
        let is_terminal = std::io::stdout().is_terminal();
        let no_color = variable("NO_COLOR").is_some();
        let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let columns = variable("COLUMNS")
            .and_then(|columns| columns.parse().ok())
            .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        let color = if is_terminal && !no_color && !is_dumb {
            Color::Always
        } else {
            Color::Never
        };
        Ok(Self {
            database_url: variable(DATABASE_URL),
            agent: variable("ADJUTANT_AGENT"),
            terminal: Terminal {
                columns: columns.unwrap_or(Terminal::PLAIN.columns),
                color,
            },
            is_watched: std::io::stderr().is_terminal(),
            dies_after: variable(DIES_AFTER)
                .map(|count| number(DIES_AFTER, &count))
                .transpose()?,
            editor: variable("VISUAL").or_else(|| variable("EDITOR")),
            telemetry: TelemetryVariables::from_environment(),
        })
    }
}

/// Everything, for programs that get a part of it.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
pub(crate) fn all_variables() -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os().collect()
}

impl Settings {
    /// Who works here, where the environment says so.
    pub(crate) fn agent(&self) -> Result<Option<AgentName>, Failure> {
        let agent = self.agent.as_ref();
        Ok(agent.map(|name| name.parse()).transpose()?)
    }
}

/// A variable that is set and not empty.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The secret that a variable of the user's choice holds.
pub(crate) fn secret(name: &str) -> Option<String> {
    variable(name)
}

fn number(name: &str, given: &str) -> Result<u32, Failure> {
    given.parse().map_err(|_not_a_number| {
        Failure::usage(
            format!("{name}: {given:?} is not a whole number"),
            format!("Unset {name}, or give it a number of effects."),
        )
    })
}

/// What the programs that Adjutant runs see of the environment.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
pub(crate) fn program_environment() -> Environment {
    Environment::allowed(std::env::vars_os())
}

/// Tables and keys of a settings text that mean nothing, one sentence each. A text that is not
/// TOML has none: its reader says so.
pub(crate) fn unknown_keys(text: &str) -> Vec<String> {
    let Ok(table) = toml::de::DeTable::parse(text) else {
        return vec![];
    };
    let mut unknown: Vec<_> = table
        .get_ref()
        .keys()
        .filter(|key| !TABLES.contains(&key.get_ref().as_ref()))
        .map(|key| (key.span().start, key.get_ref().to_string()))
        .collect();
    unknown.sort();
    unknown
        .into_iter()
        .map(|(at, key)| {
            let line = text[..at].matches('\n').count() + 1;
            format!(
                "line {line}: {key} is not a setting; known are {}",
                TABLES.join(", ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_tables_are_named_with_their_line() {
        let text = "colour = 1\n[gate.mine]\n[databse]\nurl = \"x\"\n";
        assert_eq!(
            unknown_keys(text),
            [
                "line 1: colour is not a setting; known are announce, deps, focus, gate, merge, \
                 north_star, objective, portfolio, role, rollout, verify",
                "line 3: databse is not a setting; known are announce, deps, focus, gate, merge, \
                 north_star, objective, portfolio, role, rollout, verify",
            ]
        );
    }
}
