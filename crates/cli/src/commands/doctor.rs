//! `adjutant doctor`.

use adjutant_app::Condition;
use adjutant_outbound::clock;

use super::{complete, find_home};
use crate::arguments::{Format, FormatArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;
use crate::wire::{self, FindingJson};

pub(super) fn doctor(arguments: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let findings = complete(settings.database_url.is_some(), async {
        Ok(adjutant_app::examine(&home, clock::now()).await?)
    })?;
    match arguments.format {
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
