//! A collector of traces: OpenTelemetry's own classes decode what it is sent.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// A running collector.
pub(crate) struct Collector {
    program: Child,
    pub(crate) endpoint: String,
    spans: Receiver<Value>,
}

/// A program of the virtual environment with MLflow, which needs OpenTelemetry's classes as well, and
/// with schemathesis.
#[allow(
    clippy::disallowed_methods,
    reason = "where the tests' tools are is told by the environment"
)]
pub(crate) fn venv(program: &str) -> PathBuf {
    let venv = std::env::var("ADJUTANT_TEST_VENV").map_or_else(
        |_unset| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv"),
        PathBuf::from,
    );
    let program = venv.join("bin").join(program);
    assert!(
        program.exists(),
        "{} is missing: cargo xtask prepare makes it",
        program.display()
    );
    program
}

impl Collector {
    /// One that answers so: `take`, `refuse` or `stall`.
    #[allow(clippy::disallowed_methods, reason = "a test's own server")]
    pub(crate) fn start(manner: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/collector.py");
        let mut program = Command::new(venv("python"))
            .args([script, manner])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap();
        let (told, spans) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if told.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            program,
            endpoint: format!("http://127.0.0.1:{port}"),
            spans,
        }
    }

    /// The spans that come until one is `last`.
    pub(crate) fn until(&self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut spans = Vec::new();
        while !spans.last().is_some_and(&last) {
            match self.spans.recv_timeout(Duration::from_secs(60)) {
                Ok(span) => spans.push(span),
                Err(error) => panic!("{error} after {spans:#?}"),
            }
        }
        spans
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}
