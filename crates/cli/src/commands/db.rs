//! `adjutant db copy`.

use std::path::PathBuf;

use adjutant_app::Home;
use adjutant_outbound::clock;
use adjutant_store::{Copied, CopyRefusal, Location, Store};
use adjutant_wire::JournalCheckJson;
use serde_json::json;

use crate::arguments::{CopyDbArguments, DbCommand, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
use crate::runtime::complete;
use crate::settings::{DATABASE_URL, Settings};
use crate::streams;

pub(super) fn run(command: DbCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        DbCommand::Copy(arguments) => copy(&arguments, settings),
    }
}

fn copy(arguments: &CopyDbArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let from = place(&arguments.from, &home)?;
    let to = place(&arguments.to, &home)?;
    if from == to {
        return Err(Failure::usage(
            "both places are the same",
            "Name another one: adjutant db copy --help.",
        ));
    }
    if !Store::exists(&from) {
        return Err(Failure::no_data(
            format!("there is no database in {}", from.folder.display()),
            "Name the place where the team is with --from.",
        ));
    }
    let answer = complete(true, async {
        let now = clock::now();
        let (source, target) = (Store::open(&from, now).await?, Store::open(&to, now).await?);
        let copied = source.copy_into(&target).await?;
        Ok(copied.map(|copied| (copied, target.database().to_owned())))
    })?;
    match answer {
        Ok((copied, database)) => tell(&copied, &database, arguments.format.format),
        Err(refusal) => Ok(refuse(&refusal)),
    }
}

/// The place that a word or an address names.
fn place(word: &str, home: &Home) -> Result<Location, Failure> {
    let folder = home.state.folder.clone();
    let at = |postgres: Option<String>| Location {
        folder: folder.clone(),
        postgres,
    };
    match word {
        "sqlite" => Ok(at(None)),
        "postgres" => match &home.state.postgres {
            Some(url) => Ok(at(Some(url.clone()))),
            None => Err(Failure::usage(
                format!("{DATABASE_URL} is not set"),
                format!(
                    "Set it to the server's address: {DATABASE_URL}=postgres://USER@HOST/NAME."
                ),
            )),
        },
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(at(Some(url.to_owned())))
        }
        other => match other.strip_prefix("sqlite:") {
            Some(folder) => Ok(Location {
                folder: PathBuf::from(folder),
                postgres: None,
            }),
            None => Err(Failure::usage(
                format!("{other:?} is no place of a database"),
                "Name sqlite, postgres, postgres://USER@HOST/NAME or sqlite:FOLDER.",
            )),
        },
    }
}

fn tell(copied: &Copied, database: &str, format: Format) -> Result<Exit, Failure> {
    let rows: u64 = copied.tables.iter().map(|(_, rows)| rows).sum();
    match format {
        Format::Json => {
            let tables = copied.tables.iter().cloned();
            streams::print_json(&json!({
                "database": database,
                "rows": rows,
                "tables": tables.collect::<std::collections::BTreeMap<_, _>>(),
                "artifacts": copied.artifacts,
                "journal": JournalCheckJson::from(&copied.journal),
            }))?;
        }
        Format::Human => {
            for (table, rows) in copied.tables.iter().filter(|(_, rows)| *rows > 0) {
                streams::print(&format!("{rows:>8}  {table}\n"))?;
            }
            streams::print(&format!(
                "{rows:>8}  rows, and {} artifacts, are now in {database}\n\
                 the journal holds on both sides: {} entries, the last one {}\n",
                copied.artifacts, copied.journal.entries, copied.journal.head
            ))?;
        }
    }
    streams::tell("what is written to the source from now on is not in the copy");
    Ok(Exit::Done)
}

fn refuse(refusal: &CopyRefusal) -> Exit {
    streams::tell(&format!("refused: {refusal}"));
    let (remedy, exit) = match refusal {
        CopyRefusal::NotEmpty { .. } => ("Name an empty database with --to.", Exit::Refused),
        CopyRefusal::BrokenJournal(_) => (
            "See adjutant journal verify; a broken journal is not carried elsewhere.",
            Exit::Rejected,
        ),
        CopyRefusal::Differs(_) => ("Report this: it is a defect.", Exit::Rejected),
    };
    streams::tell(&format!("remedy: {remedy}"));
    exit
}
