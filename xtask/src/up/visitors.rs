//! Those who use the example's service while it is rolled out.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

/// A program that asks the service until its input ends.
pub(super) struct Visitors(Child);

impl Visitors {
    /// Visitors come once somebody answers.
    pub(super) fn start(search: &Path, address: &str) -> Result<Self> {
        let visitors = Command::new(search)
            .args(["visit", "--address", address, "--stop-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        visitors.map(Self).context("the visitors cannot be started")
    }

    /// How it went for them. One who was not answered well is a failure.
    pub(super) fn leave(self) -> Result<Json> {
        let Self(mut child) = self;
        drop(child.stdin.take());
        let output = child
            .wait_with_output()
            .context("the visitors do not end")?;
        let told = || {
            format!(
                "the visitors said {:?}",
                String::from_utf8_lossy(&output.stdout)
            )
        };
        let visited: Json = serde_json::from_slice(&output.stdout).with_context(told)?;
        let came = visited["requests"].as_u64() > Some(0);
        ensure!(
            output.status.success() || !came,
            "not every visitor got an answer: {visited}"
        );
        Ok(visited)
    }
}
