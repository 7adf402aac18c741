//! A whole process, from its start to its end: time, memory, exit code.
//!
//! A process is started by a small helper (this program, called again), because Linux counts the
//! memory of whoever starts a process as that process's own.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use wait4::Wait4;

use crate::python::succeed;
use crate::timing::timed;

/// The argument that makes this program the helper.
pub(crate) const HELPER: &str = "--helper";

/// Set this where other work keeps the machine busy: contenders then run with real-time priority
/// (`chrt`), so that they share the processors with nothing else.
const REALTIME: &str = "ADJUTANT_BENCH_REALTIME";

/// Whether contenders run with real-time priority.
pub(crate) fn is_realtime() -> bool {
    std::env::var_os(REALTIME).is_some()
}

/// What one run took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// What it and the processes it waited for had of the processors: on a busy machine, this says
    /// more than the time that went by.
    pub(crate) processor_seconds: f64,
    /// The largest resident set, in bytes.
    pub(crate) memory: f64,
    code: i32,
}

impl Cost {
    /// A cost made of the parts of several.
    pub(crate) fn of_parts(seconds: f64, memory: f64) -> Self {
        Self {
            seconds,
            processor_seconds: f64::NAN,
            memory,
            code: 0,
        }
    }
}

/// Runs `program` in `folder` and measures it.
///
/// # Errors
/// When it cannot be started or its exit code is none of `accepted`.
pub(crate) fn run(
    folder: &Path,
    program: &Path,
    arguments: &[OsString],
    accepted: &[i32],
) -> Result<Cost> {
    let mut helper = Command::new(std::env::current_exe()?);
    helper
        .current_dir(folder)
        .arg(HELPER)
        .args(
            is_realtime()
                .then_some(["chrt", "--rr", "1"])
                .iter()
                .flatten(),
        )
        .arg(program)
        .args(arguments);
    let printed = succeed(&mut helper)?.stdout;
    let cost: Cost = serde_json::from_slice(&printed)?;
    ensure!(
        accepted.contains(&cost.code),
        "{} {arguments:?} ended with {}",
        program.display(),
        cost.code
    );
    Ok(cost)
}

/// The helper: runs a command and prints its cost as JSON.
pub(crate) fn help(mut command: impl Iterator<Item = OsString>) -> Result<String> {
    let program = command.next().context("the helper needs a program")?;
    let mut child = Command::new(&program);
    child.args(command);
    child
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let (seconds, used) = timed(|| child.spawn().and_then(|child| child.wait4()));
    let used = used.with_context(|| format!("{program:?}"))?;
    let Some(code) = used.status.code() else {
        bail!("{program:?} ended with {}", used.status);
    };
    let memory = used.rusage.maxrss as f64;
    let processor = used.rusage.utime + used.rusage.stime;
    Ok(serde_json::to_string(&Cost {
        seconds,
        processor_seconds: processor.as_secs_f64(),
        memory,
        code,
    })?)
}
