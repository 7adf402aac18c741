//! `adjutant rollout`.

mod carrying;
mod history;
mod orders;
mod status;

use adjutant_app::{Effects, Ground, Home};

use crate::arguments::RolloutCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::this_program;
use crate::settings::{self, Settings};

pub(super) fn run(command: RolloutCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        RolloutCommand::Plan(arguments) => carrying::plan(&arguments.service, settings),
        RolloutCommand::Start(arguments) => carrying::start(&arguments, settings),
        RolloutCommand::Run(arguments) => carrying::carry_on(&arguments, settings),
        RolloutCommand::Status(arguments) => status::status(&arguments, settings),
        RolloutCommand::Promote(arguments) => orders::promote(&arguments, settings),
        RolloutCommand::Abort(arguments) => orders::abort(&arguments.order, settings),
        RolloutCommand::Pause(arguments) => orders::pause(&arguments.order, settings),
        RolloutCommand::Resume(arguments) => orders::resume(&arguments.order, settings),
        RolloutCommand::Undo(arguments) => orders::undo(&arguments, settings),
        RolloutCommand::Lift(arguments) => orders::lift(&arguments, settings),
        RolloutCommand::Down(arguments) => orders::down(&arguments.service, settings),
        RolloutCommand::History(arguments) => history::history(&arguments, settings),
    }
}

/// Where services run: beside the state, with this program.
pub(super) fn ground(home: &Home, settings: &Settings) -> Result<Ground, Failure> {
    Ok(Ground {
        folder: home.state.folder.join("services"),
        work_folder: home.top.clone(),
        program: this_program()?,
        environment: settings::program_environment(),
        logs: adjutant_app::LogMemory::default(),
        effects: Effects::dying_after(settings.dies_after),
    })
}
