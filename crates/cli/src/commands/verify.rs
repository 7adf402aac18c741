//! `adjutant verify`: does a report say what its evidence gives?

use adjutant_app::Verification;
use adjutant_outbound::files;
use adjutant_store::Store;
use serde::Serialize;

use super::{complete, find_home, open_store};
use crate::arguments::{Format, VerifyArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct VerificationJson {
    holds: bool,
    record: String,
    artifacts: usize,
    decision_differs: bool,
    problems: Vec<String>,
}

pub(super) fn verify(arguments: &VerifyArguments, settings: &Settings) -> Result<Exit, Failure> {
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
    let verification = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::verify(&store, &report)?)
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&VerificationJson {
            holds: verification.holds(),
            record: verification.record.to_string(),
            artifacts: verification.artifacts,
            decision_differs: verification.decision_differs,
            problems: problems(&verification),
        })?,
        Format::Human => streams::print(&human(&verification))?,
    }
    Ok(if verification.holds() {
        Exit::Done
    } else {
        Exit::Rejected
    })
}

fn problems(verification: &Verification) -> Vec<String> {
    let mut problems = Vec::new();
    if verification.decision_differs {
        problems.push("deciding again gives another decision than the recorded one".to_owned());
    }
    problems.extend(verification.discrepancies.iter().map(ToString::to_string));
    problems
}

fn human(verification: &Verification) -> String {
    let artifacts = verification.artifacts;
    if verification.holds() {
        return format!(
            "the report holds: {artifacts} artifacts reopened, every number recomputed \
             (decision record {})\n",
            verification.record.short()
        );
    }
    let problems = problems(verification);
    let lines: String = problems
        .iter()
        .map(|problem| format!("  {problem}\n"))
        .collect();
    format!(
        "the report does not hold: {} problems\n{lines}",
        problems.len()
    )
}
