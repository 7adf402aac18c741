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

/// What one run took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// The largest resident set, in bytes.
    pub(crate) memory: f64,
    code: i32,
}

impl Cost {
    /// A cost made of the parts of several.
    pub(crate) fn of_parts(seconds: f64, memory: f64) -> Self {
        Self {
            seconds,
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
    Ok(serde_json::to_string(&Cost {
        seconds,
        memory,
        code,
    })?)
}
