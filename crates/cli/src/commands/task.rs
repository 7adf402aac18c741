//! `adjutant task`: one file a group of verbs.

mod intake;

use crate::arguments::TaskCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;

pub(super) fn run(command: TaskCommand, _settings: &Settings) -> Result<Exit, Failure> {
    match command {
        TaskCommand::Template(arguments) => intake::template(&arguments),
    }
}
