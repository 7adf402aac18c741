//! `adjutant task conflicts --watch`: goes on looking, and tells only what changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use adjutant_app::{Conflicts, HeldTasks, Home, find_conflicts, folders_to_watch, read_held_tasks};
use adjutant_outbound::clock;
use adjutant_outbound::file_watch::FileWatch;
use serde::Serialize;

use super::conflicts::{drift_told, not_compared, overlap_told, owners, plain, unseen_told};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

/// How often the store is asked whether leases changed: nothing tells of that.
const STORE_EVERY: Duration = Duration::from_secs(5);

/// How many times the store is asked before everything is looked at even though no file was seen
/// to change: a folder that nobody could watch yet may have been filled.
const LOOK_EVERY: u32 = 12;

/// What changed between two looks.
#[derive(Serialize)]
struct ChangesJson<'a> {
    appeared: Vec<&'a String>,
    gone: Vec<&'a String>,
}

/// Never ends by itself.
pub(super) fn watch(format: Format, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let mut watch = match FileWatch::new() {
        Ok(watch) => Some(watch),
        Err(error) => {
            streams::warn(&format!(
                "files cannot be watched, so they are looked at: {error}"
            ));
            None
        }
    };
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut is_first = true;
    loop {
        let tasks = tasks(&home, settings)?;
        let found = find_conflicts(&home, &tasks, clock::now())?;
        let now = findings(&found);
        tell(&told, &now, is_first, format)?;
        is_first = false;
        told = now;
        let folders = folders_to_watch(&home, &found)?;
        wait(&mut watch, &folders, &home, settings, &tasks)?;
    }
}

fn tasks(home: &Home, settings: &Settings) -> Result<HeldTasks, Failure> {
    complete(settings.database_url.is_some(), async {
        let store = open_store(home).await?;
        Ok(read_held_tasks(&store).await?)
    })
}

/// Returns when there may be something new to see.
fn wait(
    watch: &mut Option<FileWatch>,
    folders: &BTreeSet<PathBuf>,
    home: &Home,
    settings: &Settings,
    known: &HeldTasks,
) -> Result<(), Failure> {
    let mut has_new_folders = false;
    if let Some(files) = watch {
        match files.set(folders) {
            Ok(is_new) => has_new_folders = is_new,
            Err(error) => {
                let count = folders.len();
                streams::warn(&format!(
                    "{count} folders are more than this system watches, so they are looked at: \
                     {error} (see fs.inotify.max_user_watches)"
                ));
                *watch = None;
            }
        }
    }
    // What changed before they were watched was not seen.
    if has_new_folders {
        return Ok(());
    }
    for _ in 0..LOOK_EVERY {
        let is_change = match watch {
            Some(files) => files.wait(STORE_EVERY).map_err(|error| {
                Failure::machine(format!("files cannot be watched: {error}"), "Start again.")
            })?,
            None => {
                std::thread::sleep(STORE_EVERY);
                false
            }
        };
        if is_change || tasks(home, settings)? != *known {
            return Ok(());
        }
    }
    Ok(())
}

/// Each finding in one line.
fn findings(found: &Conflicts) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut files: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for pair in &found.pairs {
        let paths = pair.files.iter().map(|file| plain(&file.path));
        files.entry(owners(found, pair)).or_default().extend(paths);
    }
    for ((ours, theirs), paths) in files {
        for path in paths {
            lines.insert(format!("CONFLICT {path}: {ours} and {theirs}"));
        }
    }
    let line = |text: String| text.trim_end().to_owned();
    lines.extend(found.overlaps.iter().map(overlap_told).map(line));
    let pairs = found.not_compared.iter();
    lines.extend(pairs.map(|pair| not_compared(found, pair)).map(line));
    for tree in &found.work_trees {
        lines.extend(drift_told(tree).map(line));
        lines.extend(unseen_told(tree).map(line));
    }
    lines
}

fn tell(
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
    is_first: bool,
    format: Format,
) -> Result<(), Failure> {
    let changes = ChangesJson {
        appeared: now.difference(before).collect(),
        gone: before.difference(now).collect(),
    };
    let is_change = !changes.appeared.is_empty() || !changes.gone.is_empty();
    if !is_change && !is_first {
        return Ok(());
    }
    match format {
        Format::Json => streams::print_json_line(&changes),
        Format::Human if !is_change => streams::print("nothing is in each other's way\n"),
        Format::Human => {
            let signed = |sign: char, lines: Vec<&String>| {
                lines
                    .iter()
                    .map(|line| format!("{sign} {line}\n"))
                    .collect::<String>()
            };
            streams::print(&(signed('+', changes.appeared) + &signed('-', changes.gone)))
        }
    }
}
