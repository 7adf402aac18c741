//! One function a command: arguments in, a use case called, its answer written.

mod agent;
mod announce;
mod compare;
mod db;
mod deps;
mod directives;
mod doctor;
mod evidence;
mod focus;
mod gate;
mod incident;
mod init;
mod journal;
mod mcp;
mod model;
mod north_star;
mod objective;
mod reconciling;
mod report;
mod risk;
mod role;
mod rollout;
mod routine;
mod schema;
mod self_test;
mod selftest;
mod serve;
mod shadow;
mod task;
mod token;
mod traffic;
mod verify;
mod vote;

use std::future::Future;
use std::path::PathBuf;

use adjutant_app::{AnnounceError, Home, locate};
use adjutant_outbound::clock;
use adjutant_store::Store;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::settings::Settings;
use crate::streams;

pub(crate) fn run(arguments: Arguments, settings: &Settings) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Init => init::init(settings),
        Command::Run(arguments) => directives::run(&arguments, settings),
        Command::Evidence(command) => evidence::run(command, settings),
        Command::Task(command) => task::run(command, settings),
        Command::Agent(command) => agent::run(command, settings),
        Command::Handoff(arguments) => task::hand_off(*arguments, settings),
        Command::Role(command) => role::run(command, settings),
        Command::Focus(command) => focus::run(command, settings),
        Command::Routine(command) => routine::run(command, settings),
        Command::NorthStar(command) => north_star::run(command, settings),
        Command::Objective(command) => objective::run(command, settings),
        Command::Gate(arguments) => gate::run(arguments, settings),
        Command::Compare(arguments) => compare::compare(&arguments, settings),
        Command::Deps(command) => deps::run(command, settings),
        Command::Model(command) => model::run(command, settings),
        Command::Schema(command) => schema::run(command, settings),
        Command::Risk(arguments) => risk::run(&arguments, settings),
        Command::Shadow(command) => shadow::run(command, settings),
        Command::Rollout(command) => rollout::run(*command, settings),
        Command::Vote(arguments) => vote::run(*arguments, settings),
        Command::Traffic(command) => traffic::run(command, settings),
        Command::Incident(command) => incident::run(command, settings),
        Command::Announce(command) => announce::run(command, settings),
        Command::Report(command) => report::run(command, settings),
        Command::Verify(arguments) => verify::verify(&arguments, settings),
        Command::Journal(command) => journal::run(&command, settings),
        Command::Doctor(arguments) => doctor::doctor(&arguments, settings),
        Command::Up(arguments) => serve::up(&arguments, settings),
        Command::Serve(arguments) => serve::serve(&arguments, settings),
        Command::Mcp(arguments) => mcp::serve(arguments, settings),
        Command::Db(command) => db::run(command, settings),
        Command::Token(command) => token::run(command, settings),
        Command::Selftest(command) => selftest::run(command, settings),
    }
}

/// Where the settings and the state are, seen from the current folder.
fn find_home(settings: &Settings) -> Result<Home, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        Failure::usage(
            format!("the current folder cannot be read: {error}"),
            "Change to a folder that exists.",
        )
    })?;
    Ok(locate(&folder, settings.database_url.clone())?)
}

/// Where this program is, for those that start it again.
fn this_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::machine(
            format!("this program does not know where it is: {error}"),
            "Start it by its path.",
        )
    })
}

pub(crate) async fn open_store(home: &Home) -> Result<Store, Failure> {
    let now = clock::now();
    let store = Store::open(&home.state, now).await?;
    match adjutant_app::register_receivers(&store, home, now).await {
        Ok(()) => Ok(store),
        Err(AnnounceError::Store(error)) => Err(error.into()),
        // Nobody stops working because a chat cannot be told of it.
        Err(error) => {
            streams::warn(&format!(
                "nobody new is told of anything: {}",
                chain(&error)
            ));
            Ok(store)
        }
    }
}

/// What looks at north-star gates talks to the network: an objective may be counted by a Prometheus.
const ASKS_NORTH_STARS: bool = true;

/// Runs a use case to its end on this thread. The part of the runtime that talks to the network
/// is only built for those that need it.
pub(crate) fn complete<T>(
    needs_network: bool,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if needs_network {
        builder.enable_all();
    }
    let runtime = builder.build().map_err(|error| {
        Failure::machine(
            format!("no runtime can be built: {error}"),
            "Close other programs and try again.",
        )
    })?;
    let done = runtime.block_on(work);
    // A name that is still being looked up for nobody holds nothing up.
    runtime.shutdown_background();
    done
}
