//! The `adjutant` program: arguments in, an exit code out.
//!
//! **Invariant.** This is the only crate that knows clap and reads the environment. It decides
//! nothing: it calls one use case of `app`, lets `report` write the answer, and turns the answer
//! into an exit code.

mod arguments;
mod boundary;
mod client_config;
mod commands;
mod focus_refusal;
mod home;
mod pairs;
mod refusal;
mod routine_json;
mod runtime;
mod settings;
mod streams;
mod table;
mod telemetry;
mod unproven;

use adjutant_outbound::{instance, process};
use adjutant_wire::{exit, failure};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use mimalloc::MiMalloc;

use arguments::Arguments;
use settings::Settings;

/// It asks the system for huge pages, so that millions of values cost few page faults
/// (docs/decisions/0007).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    if let Some(arguments) = process::keeper_arguments(std::env::args_os()) {
        return process::keep(&arguments).into();
    }
    if let Some(folder) = instance::instance_argument(std::env::args_os()) {
        return instance::keep_instance(&folder, &settings::program_environment()).into();
    }
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let name = name_of(&matches);
    let ran = Settings::from_environment()
        .and_then(|settings| telemetry::run(&name, arguments, &settings));
    match ran {
        Ok(exit) => exit.into(),
        Err(failure) => {
            streams::tell_failure(&failure);
            failure.exit().into()
        }
    }
}

/// The words of a command, such as `task claim`.
fn name_of(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut below = matches.subcommand();
    while let Some((word, inner)) = below {
        words.push(word);
        below = inner.subcommand();
    }
    words.join(" ")
}
