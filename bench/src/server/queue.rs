//! Queues from npm, each worked off by a process of its own (`peers/queues/queues.mjs`).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::clients::Cycles;
use super::processor;
use super::served::postmaster;
use crate::python::succeed;

const FILES: [&str; 2] = ["package.json", "queues.mjs"];

/// A queue, and how many jobs it takes and completes at a time.
pub(super) struct Contender {
    pub(super) engine: &'static str,
    pub(super) batch: usize,
}

impl Contender {
    pub(super) fn told(&self) -> String {
        match self.batch {
            1 => format!("{}, one at a time", self.engine),
            batch => format!("{}, {batch} at a time", self.engine),
        }
    }
}

pub(super) struct Queues {
    folder: PathBuf,
}

/// What the worker's process prints.
#[derive(Deserialize)]
struct Done {
    done: usize,
    seconds: f64,
    processor_seconds: f64,
}

impl Queues {
    pub(super) fn install(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/queues");
        for file in FILES {
            std::fs::copy(sources.join(file), folder.join(file))?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(folder);
        npm.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ]);
        succeed(&mut npm).context("npm is needed (Debian: nodejs and npm)")?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    pub(super) fn versions(&self) -> Result<String> {
        let node = succeed(Command::new("node").arg("--version"))?;
        let text = std::fs::read_to_string(self.folder.join("package.json"))?;
        let package: serde_json::Value = serde_json::from_str(&text)?;
        let version = |name: &str| format!("{name} {}", package["dependencies"][name]);
        let (boss, worker) = (version("pg-boss"), version("graphile-worker"));
        let node = String::from_utf8(node.stdout)?;
        Ok(format!("{boss}, {worker}, Node {}, PostgreSQL 15", node.trim()).replace('"', ""))
    }

    /// Works a queue of jobs off.
    pub(super) fn work(
        &self,
        contender: &Contender,
        url: &str,
        jobs: usize,
        at_once: usize,
    ) -> Result<Cycles> {
        let engine = contender.engine;
        let mut worker = Command::new("node")
            .current_dir(&self.folder)
            .args(["queues.mjs", contender.engine, url])
            .args([jobs, at_once, contender.batch].map(|number| number.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node is needed")?;
        let mut lines = BufReader::new(worker.stdout.take().context("a pipe")?).lines();
        let mut line = || {
            lines
                .next()
                .with_context(|| format!("{engine} ended"))?
                .context("a line")
        };
        ensure!(line()? == "ready", "{engine} is not ready");
        let database = postmaster(url)?;
        let before = processor::seconds(database)?;
        worker.stdin.take().context("a pipe")?.write_all(b"go\n")?;
        let done: Done = serde_json::from_str(&line()?)?;
        let of_database = processor::seconds(database)? - before;
        ensure!(
            worker.wait()?.success() && done.done == jobs,
            "{engine} did {} of {jobs}",
            done.done
        );
        Ok(Cycles {
            count: done.done,
            seconds: done.seconds,
            processor_seconds: done.processor_seconds + of_database,
        })
    }
}
