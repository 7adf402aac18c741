//! `adjutant doctor`.

use adjutant_app::{Condition, Depth};
use adjutant_outbound::clock;

use crate::arguments::{DoctorArguments, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::streams;
use crate::table::table;
use adjutant_wire::{self as wire, FindingJson};

pub(super) fn doctor(arguments: &DoctorArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let depth = if arguments.deep {
        Depth::Runs
    } else {
        Depth::Programs
    };
    let environment = settings::program_environment();
    let findings = complete(true, async {
        let now = clock::now();
        let mut findings = adjutant_app::examine(&home, now).await?;
        // Where the state cannot be opened, there are no tasks to look at.
        if findings
            .iter()
            .all(|found| found.condition != Condition::Bad)
        {
            let checks = adjutant_app::examine_checks(&home, &environment, depth, now);
            findings.extend(checks.await?);
        }
        Ok(findings)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<FindingJson> = findings.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let rows: Vec<Vec<String>> = findings
                .iter()
                .map(|finding| {
                    vec![
                        finding.what.to_owned(),
                        wire::condition(finding.condition).to_owned(),
                        finding.seen.clone(),
                    ]
                })
                .collect();
            streams::print(&table(&rows))?;
        }
    }
    let is_bad = findings
        .iter()
        .any(|finding| finding.condition == Condition::Bad);
    Ok(if is_bad { Exit::Internal } else { Exit::Done })
}
