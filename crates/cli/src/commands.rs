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
mod policy;
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

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;

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
