//! A folder with measured files, and the program to run in it.

use std::path::Path;
use std::process::{Command, Output};

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// A repository with files to measure.
pub(crate) struct Stage {
    pub(crate) workspace: Workspace,
}

/// What messages to the receivers of a test are signed with.
pub(crate) const HOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A gate that two CSV files can answer.
pub(crate) const POLICY: &str = r#"
[gate.smoke]
title = "Is it fast and does it work?"
stale_after = "24h"

[[gate.smoke.criteria]]
id = "p95"
measure = "p95"
rise_at_most = "10%"

[[gate.smoke.criteria]]
id = "errors"
measure = "error-rate"
at_most = "1%"
confidence = "95% one-sided"
"#;

impl Stage {
    /// A repository with the gate `smoke`, and three versions: `baseline.csv`, `same.csv` (as
    /// fast), `slow.csv` (30 % slower).
    pub(crate) fn new() -> Self {
        let workspace = Workspace::repository();
        workspace.write("adjutant.toml", POLICY);
        for (name, seed, factor) in [
            ("baseline.csv", 1, 1.0),
            ("same.csv", 2, 1.0),
            ("slow.csv", 3, 1.3),
        ] {
            workspace.write(name, latencies(1_000, seed, factor));
        }
        Self { workspace }
    }

    /// The same, with more in its settings.
    pub(crate) fn with_settings(more: &str) -> Self {
        let stage = Self::new();
        stage
            .workspace
            .write("adjutant.toml", POLICY.to_owned() + more);
        stage
    }

    /// Has the gate decide: that is announced.
    pub(crate) fn decide(&self) {
        let baseline = ["gate", "smoke", "--evidence", "baseline=baseline.csv"];
        let arguments = [baseline.as_slice(), &["--evidence", "candidate=same.csv"]];
        self.answer(0, &arguments.concat());
    }

    pub(crate) fn path(&self) -> &Path {
        self.workspace.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::command(PROGRAM, self.path(), arguments);
        command.env("HOOK_SECRET", HOOK_SECRET);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a shell script; the program is `$0`.
    #[allow(clippy::disallowed_methods, reason = "a test's own process")]
    pub(crate) fn shell(&self, script: &str) -> Output {
        Command::new("/bin/sh")
            .args(["-c", script, PROGRAM])
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .output()
            .unwrap()
    }

    /// The whole outcome, without what differs from run to run.
    pub(crate) fn outcome(&self, arguments: &[&str]) -> String {
        self.told(&self.run(arguments))
    }

    pub(crate) fn told(&self, output: &Output) -> String {
        let outcome = program::outcome(output, self.path(), &[]);
        program::without_times_and_digests(&outcome)
    }

    pub(crate) fn code(&self, arguments: &[&str]) -> i32 {
        self.run(arguments).status.code().unwrap()
    }

    /// Standard output of a command that must succeed with `code`.
    pub(crate) fn answer(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// `n` requests at 200 a second, log-normal around 20 ms, all answered.
pub(crate) fn latencies(n: usize, seed: u64, factor: f64) -> String {
    let mut state = seed;
    let mut uniform = || {
        // Knuth's MMIX generator: enough for a shape, the same on every machine.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut csv = String::from("timestamp_ms,latency_ms,status\n");
    for row in 0..n {
        let normal: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let latency = 20.0 * factor * (0.3 * normal).exp();
        csv.push_str(&format!("{},{latency:.3},200\n", row * 5));
    }
    csv
}
