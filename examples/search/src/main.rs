//! The command line of the example: serve one version, drive load on two, visit
//! one through a proxy, prepare the data.

mod arguments;
mod drive;
mod package;
mod prepare;
mod start;
mod stopping;
mod visit;

use arguments::Command;
use std::io::Write;
use std::process::ExitCode;

/// A wrong command line.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match arguments::read(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(problem) => {
            say(&format!("{problem}\n\n{}", arguments::USAGE));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let outcome = match command {
        Command::Help => {
            say(arguments::USAGE);
            Ok(())
        }
        Command::Serve(settings) => start::run(&settings),
        Command::Package(settings) => package::run(&settings),
        Command::Drive(settings) => drive::run(&settings),
        Command::Visit(settings) => visit::run(&settings),
        Command::Prepare(settings) => prepare::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("search: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person at the terminal. Nobody can be told that standard error is closed.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
