//! `cargo xtask night`: the tests of the queue at the figures that a change cannot wait for.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::prepare;

/// What is run: a package, its test program, and what of it.
const PARTS: [(&str, &str, &str); 4] = [
    ("adjutant-work", "simulation", "simulation"),
    ("adjutant-store", "lib", "lease_clock"),
    ("adjutant-store", "it", "sequences"),
    ("adjutant-cli", "it", "race"),
];

pub(crate) fn run(shell: &Shell) -> Result<()> {
    prepare::run(shell)?;
    let _night = shell.push_env("ADJUTANT_NIGHT", "1");
    for (package, program, part) in PARTS {
        eprintln!("== {package}: {part}");
        let target: &[&str] = match program {
            "lib" => &["--lib"],
            name => &["--test", name],
        };
        // Of the simulation everything is run: its name is that of the program.
        let filter = if program == part { None } else { Some(part) };
        cmd!(
            shell,
            "cargo test --quiet --release --locked --package {package} {target...} -- {filter...} --test-threads 1"
        )
        .quiet()
        .run()?;
    }
    Ok(())
}
