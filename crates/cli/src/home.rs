//! Where a command works: the settings and the state, and the program itself.

use std::path::PathBuf;

use adjutant_app::{AnnounceError, Home, locate};
use adjutant_outbound::clock;
use adjutant_store::Store;

use crate::failure::{Failure, chain};
use crate::settings::Settings;
use crate::streams;

/// Where the settings and the state are, seen from the current folder.
pub(crate) fn find_home(settings: &Settings) -> Result<Home, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        Failure::usage(
            format!("the current folder cannot be read: {error}"),
            "Change to a folder that exists.",
        )
    })?;
    Ok(locate(&folder, settings.database_url.clone())?)
}

/// Where this program is, for those that start it again.
pub(crate) fn this_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::machine(
            format!("this program does not know where it is: {error}"),
            "Start it by its path.",
        )
    })
}

/// Opens the state, and has the announcements go to whom the settings name now.
pub(crate) async fn open_store(home: &Home) -> Result<Store, Failure> {
    let now = clock::now();
    let store = Store::open(&home.state, now).await?;
    match adjutant_app::register_receivers(&store, home, now).await {
        Ok(()) => Ok(store),
        Err(AnnounceError::Store(error)) => Err(error.into()),
        // Nobody stops working because a chat cannot be told of it.
        Err(error) => {
            streams::warn(&format!(
                "nobody new is told of anything: {}",
                chain(&error)
            ));
            Ok(store)
        }
    }
}
