//! `adjutant run`: what a planning team asks for is carried out.

use adjutant_app::{DirectiveStep, DirectivesRequest, DirectivesRun, Home, PlannedDirectives};
use adjutant_outbound::clock;
use adjutant_report::directives as written;
use adjutant_work::directive::{DirectiveOutcome, DirectiveStanding, DirectivesProgress};

use super::{announce, rollout};
use crate::arguments::{Format, RunArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::streams;

pub(super) fn run(arguments: &RunArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request = DirectivesRequest {
        file: &arguments.file,
        progress: &arguments.progress,
        environment: &settings::program_environment(),
        ground: &rollout::ground(&home, settings)?,
    };
    let format = arguments.format.format;
    if arguments.dry_run {
        return plan(&home, &request, format);
    }
    let ran = complete(true, async {
        let store = open_store(&home).await?;
        let running = adjutant_app::run_directives(&store, &home, &request, tell);
        Ok(announce::beside(&home, &store, running).await??)
    })?;
    let progress = match ran {
        DirectivesRun::Ended(progress) => progress,
        DirectivesRun::HeldByAnother => {
            streams::tell("refused: another adjutant run is at work");
            streams::tell("next: Wait until it has ended; its progress file says how far it is.");
            return Ok(Exit::Refused);
        }
    };
    streams::print(&match format {
        Format::Json => written::json(&progress).map_err(|error| Failure::defect(&error))?,
        Format::Human => written::human(&progress),
    })?;
    Ok(exit_of(&progress))
}

/// Says what would be carried out.
fn plan(home: &Home, request: &DirectivesRequest<'_>, format: Format) -> Result<Exit, Failure> {
    let PlannedDirectives {
        progress,
        worst_cases,
    } = complete(true, async {
        let store = open_store(home).await?;
        Ok(adjutant_app::plan_directives(&store, home, request, clock::now()).await?)
    })?;
    streams::print(&match format {
        Format::Json => written::planned_json(&progress, &worst_cases)
            .map_err(|error| Failure::defect(&error))?,
        Format::Human => written::planned(&progress, &worst_cases),
    })?;
    Ok(Exit::Done)
}

fn tell(step: DirectiveStep<'_>) {
    streams::tell(&match step {
        DirectiveStep::Waits(left) => format!(
            "another adjutant run is at work, or was killed: looking again in {:.1} s",
            left.as_secs_f64()
        ),
        DirectiveStep::Begun(directive, attempt) => {
            format!("{}: begins (attempt {attempt})", directive.id)
        }
        DirectiveStep::Ended(directive, outcome, record) => {
            let outcome = match outcome {
                DirectiveOutcome::Done => "done",
                DirectiveOutcome::Unproven => "carried out, not proven",
                DirectiveOutcome::Failed => "failed",
            };
            format!("{}: {outcome}: {}", directive.id, record.result)
        }
    });
}

fn exit_of(progress: &DirectivesProgress) -> Exit {
    let any = |standing| {
        let mut all = progress.directives.iter();
        all.any(|one| one.standing == standing)
    };
    let all_done = progress
        .directives
        .iter()
        .all(|one| one.standing == DirectiveStanding::Ended(DirectiveOutcome::Done));
    if any(DirectiveStanding::Ended(DirectiveOutcome::Failed)) {
        Exit::Rejected
    } else if all_done && progress.refused.is_empty() {
        Exit::Done
    } else {
        Exit::Undecided
    }
}
