//! `cargo xtask night [--only PART] [--skip PART]`: the random tests at the figures that a change
//! cannot wait for. Every part says how long it took.

use std::time::Instant;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::{prepare, value_of};

/// A test program, and what of it.
struct Part {
    name: &'static str,
    package: &'static str,
    /// `--lib`, or the name of an integration test.
    program: &'static str,
    /// All of the program where it is empty.
    filter: &'static str,
}

const PARTS: [Part; 14] = [
    Part {
        name: "simulation",
        package: "adjutant-work",
        program: "simulation",
        filter: "",
    },
    Part {
        name: "lease-clock",
        package: "adjutant-store",
        program: "--lib",
        filter: "lease_clock",
    },
    Part {
        name: "sequences",
        package: "adjutant-store",
        program: "it",
        filter: "sequences",
    },
    Part {
        name: "race",
        package: "adjutant-cli",
        program: "it",
        filter: "race",
    },
    Part {
        name: "looks",
        package: "adjutant-stats",
        program: "it",
        filter: "sixty_looks",
    },
    Part {
        name: "rollouts",
        package: "adjutant-rollout",
        program: "it",
        filter: "simulating",
    },
    Part {
        name: "killed",
        package: "adjutant-cli",
        program: "it",
        filter: "killed_at_any_effect",
    },
    Part {
        name: "server-killed",
        package: "adjutant-cli",
        program: "it",
        filter: "server_killed",
    },
    Part {
        name: "replicas",
        package: "adjutant-cli",
        program: "it",
        filter: "replicas",
    },
    Part {
        name: "failover",
        package: "adjutant-cli",
        program: "it",
        filter: "failover",
    },
    Part {
        name: "disk-full",
        package: "adjutant-cli",
        program: "it",
        filter: "disk_full",
    },
    Part {
        name: "requests",
        package: "adjutant-cli",
        program: "it",
        filter: "requests::",
    },
    Part {
        name: "noise",
        package: "adjutant-cli",
        program: "it",
        filter: "noise::",
    },
    Part {
        name: "load",
        package: "adjutant-cli",
        program: "it",
        filter: "load::",
    },
];

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let only = value_of("--only", arguments)?;
    let skip = value_of("--skip", arguments)?;
    for name in [only, skip].into_iter().flatten() {
        if PARTS.iter().all(|part| part.name != name) {
            let names = PARTS.map(|part| part.name).join(", ");
            bail!("there is no part {name:?}; there is {names}");
        }
    }
    prepare::run(shell)?;
    let _night = shell.push_env("ADJUTANT_NIGHT", "1");
    for part in PARTS {
        if only.is_some_and(|only| only != part.name) || skip == Some(part.name) {
            eprintln!("== {}: SKIPPED", part.name);
            continue;
        }
        part.run(shell)?;
    }
    Ok(())
}

impl Part {
    fn run(&self, shell: &Shell) -> Result<()> {
        eprintln!("== {}", self.name);
        let package = self.package;
        let target: &[&str] = match self.program {
            "--lib" => &["--lib"],
            name => &["--test", name],
        };
        let filter = Some(self.filter).filter(|filter| !filter.is_empty());
        let begin = Instant::now();
        cmd!(
            shell,
            "cargo test --quiet --release --locked --package {package} {target...} -- {filter...} --test-threads 1 --nocapture"
        )
        .quiet()
        .run()?;
        eprintln!("== {}: {} s", self.name, begin.elapsed().as_secs());
        Ok(())
    }
}
