//! Reads how a version of the service is started on this machine.

use serde::{Deserialize, Serialize};

use super::field::{Field, Read};

/// How a version of the service is started and watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePlan {
    /// The program and its arguments; `{artifact}` and `{port}` are filled in.
    pub command: Vec<String>,
    /// The path that answers 2xx when the service is well.
    pub health: String,
    /// How often it is asked.
    pub health_every_ms: i64,
    /// How long it has to become well.
    pub start_ms_max: i64,
    /// How long it has to finish its requests when it is stopped.
    pub drain_ms: i64,
    /// How many ends within `crash_window_ms` make a crash loop.
    pub crashes_max: u32,
    /// The time in which they are counted.
    pub crash_window_ms: i64,
}

pub(super) fn service(field: &Field<'_>) -> Read<ServicePlan> {
    let keys = field.keys()?;
    let listed = keys.need("command")?;
    let command = listed
        .items()?
        .iter()
        .map(|word| word.text().map(str::to_owned))
        .collect::<Read<Vec<_>>>()?;
    if command.is_empty() || !command.iter().any(|word| word.contains("{port}")) {
        return Err(listed.complain("the command needs {port}: the port on which it shall listen"));
    }
    let health = keys.need("health")?;
    let path = health.text()?;
    if !path.starts_with('/') {
        return Err(health.complain("a path such as \"/healthz\" is needed here"));
    }
    let duration = |key: &str, default: i64| {
        keys.get(key)
            .map_or(Ok(default), |field| field.duration_ms())
    };
    let service = ServicePlan {
        health: path.to_owned(),
        health_every_ms: duration("healthEvery", 1_000)?.max(50),
        start_ms_max: duration("startWithin", 30_000)?,
        drain_ms: duration("drain", 10_000)?,
        crash_window_ms: duration("crashWindow", 60_000)?,
        crashes_max: keys
            .get("crashesMax")
            .map_or(Ok(3), |field| field.whole(1, 100).map(|n| n as u32))?,
        command,
    };
    keys.refuse_others()?;
    Ok(service)
}
