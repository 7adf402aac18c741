//! `adjutant init`: a commented settings file to start from.

use std::io::Write;

use adjutant_app::SETTINGS_FILE;

use super::find_home;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

const SETTINGS: &str = include_str!("../adjutant.toml");

pub(super) fn init(settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let path = home
        .settings
        .unwrap_or_else(|| home.top.join(SETTINGS_FILE));
    let written =
        std::fs::File::create_new(&path).and_then(|mut file| file.write_all(SETTINGS.as_bytes()));
    match written {
        Ok(()) => streams::print(&format!("{}\n", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            streams::tell(&format!("{} is there already", path.display()));
        }
        Err(error) => {
            return Err(Failure::usage(
                format!("{} cannot be written: {error}", path.display()),
                "Check the folder's permissions.",
            ));
        }
    }
    Ok(Exit::Done)
}
