//! `adjutant journal verify`.

use adjutant_store::JournalCheck;
use adjutant_wire::JournalCheckJson;

use crate::arguments::{Format, JournalCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: &JournalCommand, settings: &Settings) -> Result<Exit, Failure> {
    let JournalCommand::Verify(arguments) = command;
    let home = find_home(settings)?;
    let check = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(store.verify_journal().await?)
    })?;
    let holds = check.problems.is_empty();
    match arguments.format {
        Format::Json => streams::print_json(&JournalCheckJson::from(&check))?,
        Format::Human => streams::print(&human(&check))?,
    }
    Ok(if holds { Exit::Done } else { Exit::Rejected })
}

fn human(check: &JournalCheck) -> String {
    if check.problems.is_empty() {
        return format!(
            "the journal holds: {} entries, the last one {}\n",
            check.entries, check.head
        );
    }
    let lines: String = check
        .problems
        .iter()
        .map(|problem| format!("  {problem}\n"))
        .collect();
    format!(
        "the journal does not hold: {} problems\n{lines}",
        check.problems.len()
    )
}
