//! Handing a task to the role it belongs to.

use adjutant_app::{HandedOff, HandsOn, Portion, read_text};
use adjutant_outbound::clock;
use adjutant_wire::HandedOffJson;
use adjutant_work::{PartialHandoff, read_handoff};
use serde::Serialize;

use super::holder;
use crate::arguments::{Format, HandoffArguments};
use crate::boundary;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct IncompleteJson {
    refused: IncompleteReason,
    next: &'static str,
}

#[derive(Serialize)]
struct IncompleteReason {
    reason: &'static str,
    missing: Vec<&'static str>,
}

/// What an incomplete handoff is told.
const SAY_IT: &str = "Say it; \"none\" is an answer for open risks and unproven claims.";

pub(crate) fn hand_off(arguments: HandoffArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let keep = arguments.keep;
    let said = said(&arguments)?;
    let handoff = match said.complete() {
        Ok(handoff) => handoff,
        Err(incomplete) => return incomplete_handoff(&incomplete.missing, format),
    };
    let holder = &arguments.holder;
    // A task that is named without an epoch and that this work tree does not hold was stopped
    // before it was claimed.
    let from = match (holder::resolve(holder, &home, settings), holder.task) {
        (Ok(holder), _) => HandsOn::Holder { holder, keep },
        (Err(_), Some(task)) if holder.epoch.is_none() => HandsOn::Nobody(task),
        (Err(failure), _) => return Err(failure),
    };
    let portion = Portion {
        title: arguments.title,
        goal: arguments.goal,
        kind: arguments.kind,
        paths: arguments.paths,
    };
    let handed = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        let what = (&handoff, portion);
        Ok(adjutant_app::hand_off(&store, &home, &from, what, clock::now()).await?)
    })?;
    match handed {
        HandedOff::Refused(refused) => refusal::tell(&refused, format),
        HandedOff::Outside { task, outside } => boundary::stop(task, &outside, &[], format),
        HandedOff::Task { new, from } => {
            match format {
                Format::Json => streams::print_json(&HandedOffJson::new(from, new.as_ref()))?,
                Format::Human => {
                    let (id, to) = (new.id, &handoff.to);
                    let title = &new.intake.title;
                    streams::print(&format!(
                        "{id} {}: {title}, for {to}, from {from}\n",
                        new.state.name()
                    ))?;
                }
            }
            Ok(Exit::Done)
        }
    }
}

/// What the file and the options say together.
fn said(arguments: &HandoffArguments) -> Result<PartialHandoff, Failure> {
    let mut said = match &arguments.from {
        None => PartialHandoff::default(),
        Some(path) => read_handoff(&read_text(path)?).map_err(|error| {
            Failure::usage(
                format!("{}: {error}", path.display()),
                "Mend the line; adjutant handoff --help names the headings.",
            )
        })?,
    };
    said.to = arguments.to.clone().or(said.to);
    said.state = arguments.state.clone().or(said.state);
    said.next_command = arguments.next_command.clone().or(said.next_command);
    if !arguments.risk.is_empty() {
        said.open_risks.clone_from(&arguments.risk);
    }
    if !arguments.unproven.is_empty() {
        said.unproven_claims.clone_from(&arguments.unproven);
    }
    Ok(said)
}

fn incomplete_handoff(
    missing: &[adjutant_work::HandoffField],
    format: Format,
) -> Result<Exit, Failure> {
    let missing: Vec<&'static str> = missing.iter().map(|field| field.name()).collect();
    match format {
        Format::Json => streams::print_json(&IncompleteJson {
            refused: IncompleteReason {
                reason: "incomplete_handoff",
                missing,
            },
            next: SAY_IT,
        })?,
        Format::Human => {
            streams::tell(&format!(
                "refused: the handoff does not say: {}",
                missing.join(", ")
            ));
            streams::tell(&format!("next: {SAY_IT}"));
        }
    }
    Ok(Exit::Refused)
}
