//! Who holds the task that a command is about.

use adjutant_app::{Home, SaidHolder, find_holder};
use adjutant_store::Holder;

use crate::arguments::HolderArguments;
use crate::failure::Failure;
use crate::settings::Settings;

/// The holder that the arguments, the environment and the work tree name together.
pub(crate) fn resolve(
    arguments: &HolderArguments,
    home: &Home,
    settings: &Settings,
) -> Result<Holder, Failure> {
    let agent = match &arguments.agent {
        Some(agent) => Some(agent.clone()),
        None => settings.agent()?,
    };
    let said = SaidHolder {
        task: arguments.task,
        epoch: arguments.epoch,
        agent,
    };
    find_holder(home, &said)?.ok_or_else(|| {
        Failure::usage(
            "no task was claimed in this work tree",
            "Claim one with adjutant task claim, or name it: --task T-17 --epoch 3 --agent NAME.",
        )
    })
}
