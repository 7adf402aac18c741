//! The processes of nginx: its master, its workers, and those that an earlier order left behind.

use std::path::Path;

use adjutant_rollout::NginxPlan;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};

use super::NAME;
use crate::EngineError;

const RELOAD: &str = "nginx.json";

/// The last signal that was sent. It is written before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reload {
    pub(super) generation: u64,
    /// When, in milliseconds since 1970.
    pub(super) signalled_at: i64,
    /// The workers that were there then: they finish what they have, by the order before.
    pub(super) workers_before: Vec<i32>,
}

/// The running master.
pub(super) fn master(plan: &NginxPlan) -> Result<Pid, EngineError> {
    let failed = |source| EngineError::Unreachable {
        engine: NAME,
        at: plan.pid.clone(),
        source,
    };
    let text = std::fs::read_to_string(&plan.pid).map_err(failed)?;
    let number = text.trim().parse().ok().and_then(Pid::from_raw);
    let pid = number.ok_or_else(|| EngineError::Unreadable {
        engine: NAME,
        problem: format!("{} holds no process id", plan.pid),
    })?;
    test_kill_process(pid).map_err(|error| failed(error.into()))?;
    Ok(pid)
}

/// The workers of a master, old and new.
pub(super) fn of(master: Pid) -> Result<Vec<i32>, EngineError> {
    let id = master.as_raw_nonzero();
    let path = format!("/proc/{id}/task/{id}/children");
    let text = std::fs::read_to_string(&path).map_err(|source| EngineError::File {
        path: path.into(),
        action: "read",
        source,
    })?;
    Ok(text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect())
}

/// Whether a worker still finishes what an earlier order sent it.
pub(super) fn are_old_ones_left(master: Pid, reload: Option<&Reload>) -> Result<bool, EngineError> {
    let now = of(master)?;
    let is_old = |worker: &i32| {
        reload.is_some_and(|reload| reload.workers_before.contains(worker))
            || is_shutting_down(*worker)
    };
    Ok(now.iter().any(is_old))
}

/// A worker's title says so. One that ended meanwhile has none.
fn is_shutting_down(worker: i32) -> bool {
    std::fs::read(format!("/proc/{worker}/cmdline"))
        .is_ok_and(|title| String::from_utf8_lossy(&title).contains("is shutting down"))
}

/// Lets the master read its configuration again.
pub(super) fn reload(master: Pid) -> Result<(), EngineError> {
    kill_process(master, Signal::HUP).map_err(|error| EngineError::Disobeyed {
        engine: NAME,
        words: format!("it cannot be signalled: {error}"),
    })
}

pub(super) fn read_reload(folder: &Path) -> Result<Option<Reload>, EngineError> {
    let path = folder.join(RELOAD);
    let read = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(std::io::Error::from),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error),
    };
    read.map(Some).map_err(|source| EngineError::File {
        path,
        action: "read",
        source,
    })
}

pub(super) fn write_reload(folder: &Path, reload: &Reload) -> Result<(), EngineError> {
    let path = folder.join(RELOAD);
    let written = serde_json::to_vec(reload)
        .map_err(std::io::Error::from)
        .and_then(|bytes| super::write_whole(&path, &bytes));
    written.map_err(|source| EngineError::File {
        path,
        action: "written",
        source,
    })
}
