//! Load from outside: as much as goes, and so much and no more.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::contender::pinned;
use crate::python::succeed;

/// Connections of the load that is not as much as goes.
const CLIENTS: u32 = 16;

/// The processor that makes the load.
const PROCESSOR: u32 = 1;

/// How load is made.
pub(crate) struct Load {
    /// Where logs go.
    pub(crate) folder: PathBuf,
    /// How long a turn is.
    pub(crate) seconds: u32,
}

impl Load {
    /// Requests a second when every connection always has one on its way.
    pub(crate) fn closed(&self, url: &str, connections: u32) -> Result<f64> {
        let mut wrk = pinned(PROCESSOR, "wrk");
        wrk.arg("-t1")
            .arg(format!("-c{connections}"))
            .arg(format!("-d{}s", self.seconds))
            .arg(url);
        let told = printed(&mut wrk)?;
        ensure!(!told.contains("Non-2xx"), "{told}");
        let rate = told
            .lines()
            .find_map(|line| line.strip_prefix("Requests/sec:"))
            .context("wrk told no rate")?;
        Ok(rate.trim().parse()?)
    }

    /// The 99th percentile in seconds when so many requests with these headers come in a second.
    pub(crate) fn open_p99(&self, url: &str, rate: f64, headers: &[&str]) -> Result<f64> {
        let log = self.folder.join("requests.tsv");
        if log.exists() {
            std::fs::remove_file(&log)?;
        }
        let mut h2load = pinned(PROCESSOR, "h2load");
        h2load
            .args(["--h1", "-t1", "--warm-up-time=1"])
            .arg(format!("-c{CLIENTS}"))
            .arg(format!("-D{}", self.seconds))
            .arg(format!("--rps={:.0}", rate / f64::from(CLIENTS)))
            .arg("--log-file")
            .arg(&log)
            .args(headers.iter().flat_map(|header| ["-H", header]))
            .arg(url);
        succeed(&mut h2load)?;
        let text = std::fs::read_to_string(&log)?;
        let mut micros = text.lines().map(taken).collect::<Result<Vec<u64>>>()?;
        micros.sort_unstable();
        let expected = rate * f64::from(self.seconds);
        ensure!(
            micros.len() as f64 > 0.9 * expected,
            "{} requests were answered of {expected:.0}",
            micros.len()
        );
        let rank = (micros.len() as f64 * 0.99) as usize;
        Ok(micros[rank.min(micros.len() - 1)] as f64 / 1e6)
    }
}

/// The microseconds of a line: when it began, status, how long it took.
fn taken(line: &str) -> Result<u64> {
    let mut fields = line.split('\t').skip(1);
    let status = fields.next();
    ensure!(status == Some("200"), "a request failed: {line}");
    let micros = fields.next().context("a line without a time")?;
    Ok(micros.parse()?)
}

fn printed(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(succeed(command)?.stdout)?)
}
