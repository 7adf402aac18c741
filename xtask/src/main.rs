//! Developer commands: `cargo xtask test | night | up | bench | fuzz | fresh | tidy`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's command talks to its terminal"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a developer's command reads the environment and starts processes"
)]

mod bench;
mod fresh;
mod fuzz;
mod night;
mod prepare;
mod test;
mod tidy;
mod up;
mod web;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use xshell::Shell;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  up [--candidate slow] [--seconds N]   build, measure the bundled example, gate it, report it
  test                                  prepare this machine, then formatting, clippy, tidy, all tests
  night [--only PART] [--skip PART]     the random tests at their large figures: hours
  tidy                                  only the checks of the house: lengths, layers, names, links
  bench [PART] [--quick]                the side-by-side comparisons, into bench/RESULTS*.md; rollouts
                                        takes --faulty N --healthy N --lanes N
  fuzz --minutes N                      every parser of outside bytes, N minutes shared between them
  fresh                                 the README's two commands in a fresh clone in an empty folder";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let shell = Shell::new()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the repository")?;
    shell.change_dir(root);
    match command.as_deref() {
        Some("night") => night::run(&shell, &rest),
        Some("up") => up::run(&shell, &rest),
        Some("test") => test::run(&shell),
        Some("tidy") => tidy::run(&shell),
        Some("bench") => bench::run(&shell, &rest),
        Some("fuzz") => fuzz::run(&shell, &rest),
        Some("fresh") => fresh::run(&shell),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => bail!("there is no command {other:?}\n\n{USAGE}"),
        None => bail!("{USAGE}"),
    }
}

/// The value that follows `flag`, when the flag is there.
fn value_of<'a>(flag: &str, arguments: &'a [String]) -> Result<Option<&'a str>> {
    match arguments.iter().position(|argument| argument == flag) {
        None => Ok(None),
        Some(at) => match arguments.get(at + 1) {
            Some(value) => Ok(Some(value)),
            None => bail!("{flag} needs a value"),
        },
    }
}
