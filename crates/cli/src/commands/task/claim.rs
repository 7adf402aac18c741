//! `adjutant task claim` and `adjutant task release`.

use adjutant_app::Home;
use adjutant_outbound::clock;
use adjutant_store::Written;
use adjutant_wire::{ReleasedJson, WonJson};
use adjutant_work::{Claim, ClaimRequest, OnOverlap, Target, Task, Won};

use super::holder;
use crate::arguments::{ClaimArguments, Format, HolderArguments, ReleaseArguments};
use crate::boundary;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn claim(arguments: &ClaimArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request = request(arguments, &home, settings)?;
    let claim = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::claim(&store, &home, &request, clock::now()).await?)
    })?;
    let format = arguments.format.format;
    match (claim, format) {
        (Claim::Refused(refused), _) => boundary::tell(&refused, format, &home, settings),
        (Claim::Won(won), Format::Json) => {
            streams::print_json(&WonJson::from(won.as_ref()))?;
            Ok(Exit::Done)
        }
        (Claim::Won(won), Format::Human) => {
            for overlap in &won.overlaps {
                streams::warn(&refusal::overlap_text(overlap));
            }
            streams::print(&text_of(&won))?;
            Ok(Exit::Done)
        }
    }
}

fn request(
    arguments: &ClaimArguments,
    home: &Home,
    settings: &Settings,
) -> Result<ClaimRequest, Failure> {
    let role = match &arguments.role {
        Some(name) => Some(adjutant_app::role_named(home, name)?.role),
        None => None,
    };
    let (agent, target) = if arguments.renew {
        let said = HolderArguments {
            task: arguments.task,
            epoch: arguments.epoch,
            agent: arguments.agent.clone(),
        };
        let holder = holder::resolve(&said, home, settings)?;
        (holder.agent, Target::Renewal(holder.task, holder.epoch))
    } else {
        let agent = match arguments.agent.clone() {
            Some(agent) => Some(agent),
            None => settings.agent()?,
        };
        let agent = agent.ok_or_else(|| {
            Failure::usage(
                "who claims is not said",
                "Add --agent NAME, or set ADJUTANT_AGENT.",
            )
        })?;
        (agent, arguments.id.map_or(Target::Next, Target::Task))
    };
    Ok(ClaimRequest {
        agent,
        role,
        target,
        lease_millis: arguments.lease,
        on_overlap: if arguments.advisory {
            OnOverlap::Warn
        } else {
            OnOverlap::Refuse
        },
        pauses: vec![],
        key: arguments.key.clone(),
    })
}

fn text_of(won: &Won) -> String {
    let (task, epoch) = (&won.task, won.lease.epoch);
    let lasts = refusal::time_text(won.lasts_millis);
    if won.renewed {
        return format!(
            "{}: the lease lasts {lasts} from now, epoch {epoch}\n",
            task.id
        );
    }
    format!(
        "{}: {}\nheld by {} for {lasts}, epoch {epoch}; adjutant task claim --renew keeps it\n\n\
         goal: {}\n{}",
        task.id,
        task.intake.title,
        won.lease.owner,
        task.intake.goal,
        criteria_of(task)
    )
}

fn criteria_of(task: &Task) -> String {
    let lines = task.intake.success_criteria.iter();
    lines
        .map(|criterion| format!("  - {criterion}\n"))
        .collect()
}

pub(super) fn release(arguments: &ReleaseArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let holder = holder::resolve(&arguments.holder, &home, settings)?;
    let written = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        let reason = &arguments.reason;
        Ok(adjutant_app::release(&store, &home, &holder, reason, clock::now()).await?)
    })?;
    let format = arguments.format.format;
    match (written, format) {
        (Written::Refused(refused), _) => refusal::tell(&refused, format),
        (Written::Task(task), Format::Json) => {
            streams::print_json(&ReleasedJson::from(task.as_ref()))?;
            Ok(Exit::Done)
        }
        (Written::Task(task), Format::Human) => {
            streams::print(&format!("{} is {} again\n", task.id, task.state.name()))?;
            Ok(Exit::Done)
        }
    }
}
