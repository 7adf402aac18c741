//! A server of the release program, with tasks that wait.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::processor;
use crate::python::succeed;

/// How many tasks one `adjutant task add` takes at most.
const TASKS_AT_ONCE: usize = 10_000;

pub(super) struct Served {
    process: Child,
    /// The process of the database, where it is not SQLite.
    database: Option<u32>,
    pub(super) address: SocketAddr,
    pub(super) token: String,
}

impl Served {
    /// Starts it in a new repository with so many tasks.
    pub(super) fn start(
        folder: &Path,
        adjutant: &Path,
        url: Option<&str>,
        tasks: usize,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        succeed(
            Command::new("git")
                .current_dir(folder)
                .args(["init", "--quiet"]),
        )?;
        let command = |words: &[&str]| {
            let mut command = Command::new(adjutant);
            command.current_dir(folder).args(words);
            command.envs(url.map(|url| ("ADJUTANT_DATABASE_URL", url)));
            command
        };
        for first in (0..tasks).step_by(TASKS_AT_ONCE) {
            let some = first..tasks.min(first + TASKS_AT_ONCE);
            file(command(&["task", "add", "--from", "-"]), some)?;
        }
        let mut process = command(&["serve", "--listen", "127.0.0.1:0", "--format", "json"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.as_mut().context("a pipe")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the server did not start")?;
        let text = |name: &str| {
            told[name]
                .as_str()
                .with_context(|| format!("no {name}: {line}"))
        };
        let address = text("server")?.trim_start_matches("http://").parse()?;
        Ok(Self {
            address,
            token: text("token")?.to_owned(),
            database: url.map(postmaster).transpose()?,
            process,
        })
    }

    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What the server and its database had of the processors.
    pub(super) fn processor_seconds(&self) -> Result<f64> {
        let own = processor::seconds(self.process_id())?;
        let of_database = self.database.map(processor::seconds).transpose()?;
        Ok(own + of_database.unwrap_or(0.0))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that ended by itself has nothing left to end.
        for ended in [self.process.kill(), self.process.wait().map(|_| ())] {
            if let Err(error) = ended {
                eprintln!("the server: {error}");
            }
        }
    }
}

fn file(mut import: Command, tasks: Range<usize>) -> Result<()> {
    let mut import = import.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut input = import.stdin.take().context("a pipe")?;
    for number in tasks {
        let task = json!({
            "title": format!("Task {number}"), "kind": "feature", "goal": "Fewer reads.",
            "context": "Slow.", "success_criteria": ["p95 below 40 ms"], "deliverables": ["code"],
            "non_goals": ["none"], "risks": [{ "risk": "stale", "mitigation": "a time limit" }],
            "test_hooks": ["cache tests"], "timebox": "S", "priority": "HIGH",
            "paths": [format!("src/part_{number}.rs")],
        });
        writeln!(input, "{task}")?;
    }
    drop(input);
    anyhow::ensure!(import.wait()?.success(), "the tasks cannot be filed");
    Ok(())
}

/// The process of the PostgreSQL whose socket the address names.
pub(super) fn postmaster(url: &str) -> Result<u32> {
    let socket = url
        .split(['@', '/'])
        .nth(3)
        .context("an address with a socket")?;
    let file = format!("{}/data/postmaster.pid", socket.replace("%2F", "/"));
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    Ok(text.lines().next().context("an empty file")?.parse()?)
}
