//! `adjutant init`: files to start from. What is there already stays as it is.

mod clients;

use std::io::{ErrorKind, Write};
use std::path::Path;

use adjutant_app::{Home, SETTINGS_FILE};
use adjutant_work::ISSUE_FORM;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
use crate::settings::Settings;
use crate::streams;

const SETTINGS: &str = include_str!("../adjutant.toml");

/// What loads the recipes; a justfile of the user's own gets this line from the user.
const IMPORT: &str = "import 'adjutant.just'";

/// The files beside the settings, relative to the top of the work tree.
const FILES: [(&str, &str); 3] = [
    (".github/ISSUE_TEMPLATE/ai-task.yml", ISSUE_FORM),
    (
        ".github/workflows/ai-task.yml",
        include_str!("../starter/ai-task-workflow.yml"),
    ),
    ("adjutant.just", include_str!("../starter/adjutant.just")),
];

/// The names under which `just` finds its file.
const JUSTFILES: [&str; 4] = ["justfile", "Justfile", "JUSTFILE", ".justfile"];

pub(super) fn init(settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let path = home
        .settings
        .unwrap_or_else(|| home.top.join(SETTINGS_FILE));
    begin(&path, SETTINGS)?;
    for (name, text) in FILES {
        begin(&home.top.join(name), text)?;
    }
    let theirs = JUSTFILES.map(|name| home.top.join(name));
    match theirs.iter().find(|path| path.exists()) {
        None => begin(&home.top.join(JUSTFILES[0]), &format!("{IMPORT}\n"))?,
        Some(path) => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let is_imported = text.lines().any(|line| line.trim() == IMPORT);
            streams::tell(&format!("{} is there already", path.display()));
            if !is_imported {
                streams::tell(&format!("for the recipes, add this line to it: {IMPORT}"));
            }
        }
    }
    clients::join(&home.top)?;
    Ok(Exit::Done)
}

/// Only the settings, where there are none: for who did not ask for files.
pub(super) fn begin_settings(home: &Home) -> Result<(), Failure> {
    let path = home.top.join(SETTINGS_FILE);
    write_new(&path, SETTINGS)
        .map_err(unwritten(&path))
        .map(|()| streams::tell(&format!("wrote {}", path.display())))
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::File::create_new(path)?.write_all(text.as_bytes())
}

fn unwritten(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        Failure::usage(
            format!("{path} cannot be written: {error}"),
            "Check the folder's permissions.",
        )
    }
}

/// Writes a file where there is none.
fn begin(path: &Path, text: &str) -> Result<(), Failure> {
    match write_new(path, text) {
        Ok(()) => streams::print(&format!("{}\n", path.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            streams::tell(&format!("{} is there already", path.display()));
            Ok(())
        }
        Err(error) => Err(unwritten(path)(error)),
    }
}
