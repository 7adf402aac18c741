//! `adjutant verify`: does a report say what its evidence gives? Does a task's proof still hold?

use std::path::Path;

use adjutant_app::{Verification, VerifyError};
use adjutant_domain::TaskId;
use adjutant_outbound::files;
use adjutant_store::Store;
use serde::Serialize;

use super::{complete, find_home, open_store};
use crate::arguments::{Format, VerifyArguments, VerifyTaskArguments};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct Answer {
    holds: bool,
    record: Option<String>,
    artifacts: Option<usize>,
    problems: Vec<String>,
}

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
            Ok(verification) => Ok(Answer::from(&verification)),
            Err(error @ VerifyError::Render(_)) => Err(Failure::defect(&error)),
            Err(error @ (VerifyError::NoRecord | VerifyError::Record(_))) => {
                Ok(Answer::broken(chain(&error)))
            }
        }
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&answer)?,
        Format::Human => streams::print(&answer.human())?,
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

impl Answer {
    /// The record, or an artifact of it, is not what it was.
    fn broken(problem: String) -> Self {
        Self {
            holds: false,
            record: None,
            artifacts: None,
            problems: vec![problem],
        }
    }

    fn human(&self) -> String {
        if let (true, Some(record), Some(artifacts)) = (self.holds, &self.record, self.artifacts) {
            return format!(
                "the report holds: {artifacts} artifacts reopened, every number recomputed\n\
                 decision record {record}\n"
            );
        }
        let lines: String = self
            .problems
            .iter()
            .map(|problem| format!("  {problem}\n"))
            .collect();
        format!(
            "the report does not hold: {} problems\n{lines}",
            self.problems.len()
        )
    }
}

impl From<&Verification> for Answer {
    fn from(verification: &Verification) -> Self {
        let mut problems = Vec::new();
        if verification.decision_differs {
            problems.push("deciding again gives another decision than the recorded one".to_owned());
        }
        problems.extend(verification.discrepancies.iter().map(ToString::to_string));
        Self {
            holds: verification.holds(),
            record: Some(verification.record.to_string()),
            artifacts: Some(verification.artifacts),
            problems,
        }
    }
}
