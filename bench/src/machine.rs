//! The machine and the versions that a figure belongs to.

use std::process::Command;

use anyhow::Result;

use crate::python::succeed;

/// What is written above the figures.
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) hardware: String,
    pub(crate) versions: String,
    pub(crate) load: String,
}

/// Asks the machine. `peers` are the names and versions of what is measured beside ours.
pub(crate) fn describe(peers: &str) -> Result<Machine> {
    let rustc = succeed(Command::new("rustc").arg("--version"))?;
    let rustc = String::from_utf8(rustc.stdout)?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(Machine {
        date: adjutant_outbound::clock::now().to_string(),
        hardware: format!(
            "{}, {} cores, {} of memory",
            line_of("/proc/cpuinfo", "model name"),
            std::thread::available_parallelism()?,
            line_of("/proc/meminfo", "MemTotal"),
        ),
        versions: format!(
            "Adjutant {}, {}, {peers}",
            env!("CARGO_PKG_VERSION"),
            rustc.trim(),
        ),
        load: load.split(' ').next().unwrap_or("unknown").to_owned(),
    })
}

/// The value of the first line `key: value` of a file of the kernel.
fn line_of(path: &str, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key));
    let value = line
        .and_then(|line| line.split_once(':'))
        .map(|(_, value)| value.trim());
    value.unwrap_or("unknown").to_owned()
}
