//! Rooms that git was killed over: it keeps what it knows of a work tree in a folder, which it fills
//! file by file, and refuses everything about work trees while it cannot read one of those files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{RoomError, is_left};
use crate::git::{Git, GitError};

/// The file that names the repository, and that git cannot do without.
const COMMON: &str = "commondir";

/// A git that fills a folder writes this file within microseconds; on a loaded machine within many.
const ATTEMPTS_MAX: u32 = 100;
const AGAIN: Duration = Duration::from_millis(20);

/// Does what git refuses while a folder is half filled: another git goes on with it, or its owner was
/// killed, and then it goes.
pub(super) fn without_half_made<T>(
    repository: &Git,
    attempt: impl Fn() -> Result<T, GitError>,
) -> Result<T, GitError> {
    for _ in 1..ATTEMPTS_MAX {
        match attempt() {
            Err(GitError::Failed { said, .. }) if said.contains(COMMON) => {
                // Where a folder cannot be removed, git says in the end what it cannot read.
                match remove(repository) {
                    Ok(()) | Err(_) => std::thread::sleep(AGAIN),
                }
            }
            done => return done,
        }
    }
    attempt()
}

/// Removes what is known of rooms that were half made when their owner was killed.
fn remove(repository: &Git) -> Result<(), RoomError> {
    let common = repository.line(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
    let known = match std::fs::read_dir(PathBuf::from(common).join("worktrees")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        known => known.map_err(RoomError::Folder)?,
    };
    for known in known {
        let known = known.map_err(RoomError::Folder)?.path();
        if !content(&known.join(COMMON))?.is_empty() {
            continue;
        }
        if let Some(room) = room_of(&known)?.filter(|room| is_left(room)) {
            gone(std::fs::remove_dir_all(&room))?;
            gone(std::fs::remove_dir_all(&known))?;
        }
    }
    Ok(())
}

/// The room of a folder in which git keeps what it knows of a work tree.
fn room_of(known: &Path) -> Result<Option<PathBuf>, RoomError> {
    let link = PathBuf::from(content(&known.join("gitdir"))?.trim_end());
    let work_tree = link.parent();
    Ok(work_tree.and_then(Path::parent).map(Path::to_owned))
}

/// Nothing where there is no file.
fn content(path: &Path) -> Result<String, RoomError> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        content => content.map_err(RoomError::Folder),
    }
}

/// Another process may sweep, too.
fn gone(removed: std::io::Result<()>) -> Result<(), RoomError> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(RoomError::Folder),
    }
}
