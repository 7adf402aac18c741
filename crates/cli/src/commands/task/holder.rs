//! Who says that a task is theirs: the arguments, else the environment, else the lease that was
//! claimed in this work tree.

use adjutant_app::Home;
use adjutant_domain::{AgentName, Epoch, TaskId};
use adjutant_outbound::files::{self, FileProblem};
use adjutant_outbound::git::Git;
use adjutant_store::Holder;
use serde::Deserialize;

use crate::arguments::HolderArguments;
use crate::failure::Failure;
use crate::settings::Settings;

/// The lease file of a work tree.
#[derive(Deserialize)]
struct LeaseFile {
    task: TaskId,
    epoch: Epoch,
    agent: AgentName,
}

/// The holder that the arguments name.
///
/// # Errors
/// When something is not said anywhere.
pub(super) fn resolve(
    arguments: &HolderArguments,
    home: &Home,
    settings: &Settings,
) -> Result<Holder, Failure> {
    let agent = match &arguments.agent {
        Some(agent) => Some(agent.clone()),
        None => settings.agent()?,
    };
    if let (Some(task), Some(epoch), Some(agent)) = (arguments.task, arguments.epoch, &agent) {
        return Ok(Holder {
            task,
            epoch,
            agent: agent.clone(),
        });
    }
    let lease = lease_file(home)?;
    Ok(Holder {
        task: arguments.task.unwrap_or(lease.task),
        epoch: arguments.epoch.unwrap_or(lease.epoch),
        agent: agent.unwrap_or(lease.agent),
    })
}

fn lease_file(home: &Home) -> Result<LeaseFile, Failure> {
    let missing = || {
        Failure::usage(
            "no lease was claimed in this work tree",
            "Give --task, --epoch and --agent, or claim a task here.",
        )
    };
    let Ok(git_dir) = Git::at(&home.top).git_dir() else {
        return Err(missing());
    };
    match files::read(&git_dir.join("adjutant/lease.json")) {
        Ok(content) => serde_json::from_slice(&content.bytes)
            .map_err(|error| Failure::usage(format!("lease.json: {error}"), "Claim it again.")),
        Err(error) if matches!(error.problem, FileProblem::Missing) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}
