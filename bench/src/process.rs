//! A whole process, from its start to its end: time, memory, exit code.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

use crate::timing::timed;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// The largest resident set, in bytes.
    pub(crate) memory: f64,
}

/// Runs `command` and measures it.
///
/// # Errors
/// When it cannot be started or its exit code is none of `accepted`.
pub(crate) fn run(command: &mut Command, accepted: &[i32]) -> Result<Cost> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let (seconds, used) = timed(|| command.spawn().and_then(|child| child.wait4()));
    let used = used.with_context(|| format!("{command:?}"))?;
    let is_accepted = used
        .status
        .code()
        .is_some_and(|code| accepted.contains(&code));
    ensure!(is_accepted, "{command:?} ended with {}", used.status);
    Ok(Cost {
        seconds,
        memory: used.rusage.maxrss as f64,
    })
}
