//! `cargo xtask fuzz --minutes N`: every parser of outside bytes, N minutes shared between them.

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::{prepare, value_of};

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let minutes: f64 = value_of("--minutes", arguments)?
        .unwrap_or("10")
        .parse()
        .context("--minutes takes a number")?;
    ensure!(minutes > 0.0, "--minutes takes a number above 0");
    if prepare::find("cargo-fuzz").is_none() {
        eprintln!("installing cargo-fuzz");
        cmd!(shell, "cargo install --quiet --locked cargo-fuzz").run()?;
    }
    // libFuzzer's coverage instrumentation is an unstable flag of the pinned compiler.
    let _unstable = shell.push_env("RUSTC_BOOTSTRAP", "1");
    let listing = cmd!(shell, "cargo fuzz list").quiet().read()?;
    let targets: Vec<&str> = listing.lines().collect();
    ensure!(!targets.is_empty(), "there are no fuzz targets");
    let seconds = (minutes * 60.0 / targets.len() as f64).ceil().to_string();
    let mut executions = 0;
    for target in &targets {
        executions += fuzz_one(shell, target, &seconds)?;
    }
    println!("{} targets, {executions} inputs, no panic", targets.len());
    Ok(())
}

/// Runs one target and returns how many inputs it was given.
fn fuzz_one(shell: &Shell, target: &str, seconds: &str) -> Result<u64> {
    let corpus = format!("fuzz/corpus/{target}");
    let seeds = format!("fuzz/seeds/{target}");
    shell.create_dir(&corpus)?;
    let seeds = shell.path_exists(&seeds).then_some(seeds);
    let options = ["-print_final_stats=1", "-max_len=4096", "-verbosity=0"];
    let time = format!("-max_total_time={seconds}");
    let run = cmd!(
        shell,
        "cargo fuzz run --sanitizer none {target} {corpus} {seeds...} -- {time} {options...}"
    );
    let output = run.quiet().ignore_status().output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{target} failed:\n{log}");
    let executed = log
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let executions = executed
        .context("libFuzzer printed no count")?
        .trim()
        .parse()?;
    eprintln!("{target}: {executions} inputs");
    Ok(executions)
}
