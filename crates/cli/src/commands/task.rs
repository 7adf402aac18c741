//! `adjutant task`: one file a group of verbs.

mod claim;
mod competition;
pub(super) mod conflicts;
mod drafting;
mod handoff;
pub(crate) mod holder;
mod intake;
mod looking;
mod mirror;
mod proof;
mod watching;

pub(super) use handoff::hand_off;

use adjutant_app::Disposal;

pub(super) use proof::verify;

use crate::arguments::TaskCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;

pub(super) fn run(command: TaskCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        TaskCommand::Template(arguments) => intake::template(&arguments),
        TaskCommand::Add(arguments) => intake::add(*arguments, settings),
        TaskCommand::List(arguments) => looking::list(arguments, settings),
        TaskCommand::Show(arguments) => looking::show(&arguments, settings),
        TaskCommand::Edit(arguments) => intake::edit(*arguments, settings),
        TaskCommand::Drop(arguments) => intake::dispose(&arguments, Disposal::Drop, settings),
        TaskCommand::Reopen(arguments) => intake::dispose(&arguments, Disposal::Reopen, settings),
        TaskCommand::Complete(arguments) => proof::finish(arguments, settings),
        TaskCommand::Compete(arguments) => competition::run(&arguments, settings),
        TaskCommand::Merge(arguments) => proof::merge(&arguments, settings),
        TaskCommand::Verify(arguments) => proof::verify(&arguments, settings),
        TaskCommand::Claim(arguments) => claim::claim(&arguments, settings),
        TaskCommand::Mirror(arguments) => mirror::mirror(arguments, settings),
        TaskCommand::Release(arguments) => claim::release(&arguments, settings),
        TaskCommand::Conflicts(arguments) => {
            let format = arguments.format.format;
            if arguments.watch {
                watching::watch(format, settings)
            } else {
                conflicts::conflicts(format, settings)
            }
        }
    }
}
