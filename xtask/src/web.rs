//! The dashboard: built and tried where Node is there, else it is said what is missing.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::prepare;

/// Where Debian's Chromium is.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Builds the dashboard, which the next build of the program embeds.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    if prepare::find("npm").is_none() {
        eprintln!("the dashboard is NOT BUILT: npm is not installed (Node 20.19 or newer)");
        return Ok(());
    }
    cmd!(shell, "npm --prefix web ci --no-progress --loglevel=error")
        .quiet()
        .run()?;
    cmd!(shell, "npm --prefix web run --silent build")
        .quiet()
        .ignore_stdout()
        .run()?;
    Ok(())
}

/// Opens every page of a built dashboard in a browser.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    if prepare::find("npm").is_none() || !Path::new(CHROMIUM).exists() {
        eprintln!("the dashboard is NOT TRIED: it needs npm (Node 20.19 or newer) and {CHROMIUM}");
        return Ok(());
    }
    build(shell)?;
    cmd!(shell, "cargo build --quiet --locked --package adjutant-cli")
        .quiet()
        .run()?;
    cmd!(shell, "npm --prefix web test").quiet().run()?;
    Ok(())
}
