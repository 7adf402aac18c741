//! Where Adjutant is at home: the settings file, and the folder of the state.

use std::path::{Path, PathBuf};

use adjutant_outbound::repository::{self, RepositoryError};
use adjutant_store::Location;

/// The file of the settings.
pub const SETTINGS_FILE: &str = "adjutant.toml";

/// The state's folder outside a repository.
const STATE_FOLDER: &str = ".adjutant";

/// Where things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The folder that the command was started in.
    pub folder: PathBuf,
    /// The top of the work tree; the folder itself outside a repository.
    pub top: PathBuf,
    /// The settings, where there are any.
    pub settings: Option<PathBuf>,
    /// A folder of this work tree's own; outside a repository the state's.
    pub private: PathBuf,
    /// Where the state lives: shared by all linked work trees of the repository.
    pub state: Location,
}

/// Finds the home of a command that was started in `folder`, an absolute path.
///
/// # Errors
/// When a `.git` file is found that cannot be followed.
pub fn locate(folder: &Path, postgres: Option<String>) -> Result<Home, RepositoryError> {
    let repository = repository::discover(folder)?;
    let top = repository.as_ref().map(|found| found.top.as_path());
    let settings = repository::find_upwards(folder, top, SETTINGS_FILE);
    let beside_settings = settings.as_deref().and_then(Path::parent);
    let state = match &repository {
        Some(found) => found.common_dir.join("adjutant"),
        None => beside_settings.unwrap_or(folder).join(STATE_FOLDER),
    };
    let private = repository
        .as_ref()
        .map_or_else(|| state.clone(), |found| found.git_dir.join("adjutant"));
    Ok(Home {
        private,
        folder: folder.to_owned(),
        top: top.or(beside_settings).unwrap_or(folder).to_owned(),
        settings,
        state: Location {
            folder: state,
            postgres,
        },
    })
}
