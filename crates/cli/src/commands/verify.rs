//! `adjutant verify`: does a report say what its evidence gives? Does a task's proof still hold?

use std::path::Path;

use adjutant_app::VerifyError;
use adjutant_domain::TaskId;
use adjutant_outbound::files;
use adjutant_store::Store;
use adjutant_wire::VerificationJson;

use crate::arguments::{Format, VerifyArguments, VerifyTaskArguments};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn verify(arguments: &VerifyArguments, settings: &Settings) -> Result<Exit, Failure> {
    if let Some(task) = task_named(&arguments.report) {
        let format = arguments.format;
        return super::task::verify(&VerifyTaskArguments { task, format }, settings);
    }
    let home = find_home(settings)?;
    let bytes = files::read(&arguments.report)?.bytes;
    let report = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(
            format!("{}: byte {at} is not UTF-8", arguments.report.display()),
            "Give a report that adjutant report deployment wrote.",
        )
    })?;
    if !Store::exists(&home.state) {
        return Err(Failure::usage(
            "there is no state here to verify against",
            "Verify in the repository whose gate decided.",
        ));
    }
    let answer = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        match adjutant_app::verify(&store, &report) {
            Ok(verification) => Ok(VerificationJson::from(&verification)),
            Err(error @ VerifyError::Render(_)) => Err(Failure::defect(&error)),
            Err(error @ (VerifyError::NoRecord | VerifyError::Record(_))) => {
                Ok(VerificationJson::broken(chain(&error)))
            }
        }
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&answer)?,
        Format::Human => streams::print(&human(&answer))?,
    }
    Ok(if answer.holds {
        Exit::Done
    } else {
        Exit::Rejected
    })
}

/// The task that is meant, unless a file has its name.
fn task_named(report: &Path) -> Option<TaskId> {
    let task = report.to_str()?.parse().ok()?;
    (!report.exists()).then_some(task)
}

fn human(answer: &VerificationJson) -> String {
    if let (true, Some(record), Some(artifacts)) = (answer.holds, &answer.record, answer.artifacts)
    {
        return format!(
            "the report holds: {artifacts} artifacts reopened, every number recomputed\n\
             decision record {record}\n"
        );
    }
    let lines: String = answer
        .problems
        .iter()
        .map(|problem| format!("  {problem}\n"))
        .collect();
    format!(
        "the report does not hold: {} problems\n{lines}",
        answer.problems.len()
    )
}
