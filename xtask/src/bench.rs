//! `cargo xtask bench [PART]`: the side-by-side comparisons, each part into its page in `bench/`.

use anyhow::Result;
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli --package adjutant-example-search"
    )
    .run()?;
    cmd!(
        shell,
        "cargo run --release --locked --package adjutant-bench -- {arguments...}"
    )
    .run()?;
    Ok(())
}
