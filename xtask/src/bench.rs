//! `cargo xtask bench`: the side-by-side comparisons, into `bench/RESULTS.md`.

use anyhow::Result;
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli"
    )
    .run()?;
    cmd!(
        shell,
        "cargo run --release --locked --package adjutant-bench -- {arguments...}"
    )
    .run()?;
    Ok(())
}
