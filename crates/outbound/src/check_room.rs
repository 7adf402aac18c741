//! Rooms for checks: fresh work trees of one commit, in private folders where no agent works. A
//! room is gone when it is dropped; one that a killed Adjutant left is swept by the next.

mod half_made;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use adjutant_domain::ObjectId;

use self::half_made::without_half_made;
use crate::git::{Git, GitError, ListedWorkTree};

/// How a room's folder begins; the number of the process that owns it follows.
const PREFIX: &str = "adjutant-check-";

/// A fresh work tree of one commit.
#[derive(Debug)]
pub struct CheckRoom {
    repository: Git,
    folder: tempfile::TempDir,
    tree: ObjectId,
}

/// A room that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// A private folder could not be made.
    #[error("a private folder for a check could not be made")]
    Folder(#[source] std::io::Error),
    /// Git could not do its part.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl CheckRoom {
    /// A fresh work tree of `commit`, whose tree is `tree`.
    ///
    /// # Errors
    /// When the folder or the work tree cannot be made.
    pub fn open(repository: &Git, commit: &ObjectId, tree: &ObjectId) -> Result<Self, RoomError> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .tempdir()
            .map_err(RoomError::Folder)?;
        std::fs::create_dir(folder.path().join("tmp")).map_err(RoomError::Folder)?;
        let room = Self {
            repository: repository.clone(),
            folder,
            tree: tree.clone(),
        };
        without_half_made(repository, || {
            repository.add_detached(&room.work_tree(), commit)
        })?;
        Ok(room)
    }

    /// The top of the work tree.
    pub fn work_tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// A folder for temporary files, gone with the room.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Where the output of a program in the room is kept, outside the work tree.
    pub fn output_file(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// The tracked files that are no longer what the commit holds.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_files(&self) -> Result<Vec<String>, RoomError> {
        let git = Git::at(self.work_tree());
        let now = git.tracked_tree(&self.tree, self.folder.path())?;
        if now == self.tree {
            return Ok(vec![]);
        }
        let changes = git.changes(&self.tree, &now, None)?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }
}

impl Drop for CheckRoom {
    fn drop(&mut self) {
        // What stays is swept by the next room; the folder itself goes with `folder`.
        if let Err(error) = self.repository.remove_work_tree(&self.work_tree()) {
            debug_assert!(!self.work_tree().join(".git").exists(), "{error}");
        }
    }
}

/// All work trees of a repository, the main one first, whatever a killed Adjutant left half made.
///
/// # Errors
/// When the folder lies in no repository.
pub fn work_trees(repository: &Git) -> Result<Vec<ListedWorkTree>, GitError> {
    without_half_made(repository, || repository.work_trees())
}

/// A server checks several works at once; two that sweep would be in each other's way.
static SWEEPING: Mutex<()> = Mutex::new(());

/// Removes the rooms that a killed Adjutant left in the repository. How many there were.
///
/// # Errors
/// When git fails.
pub fn sweep(repository: &Git) -> Result<u32, RoomError> {
    // Nothing is changed under the lock that a panic could leave half done.
    let _one_at_a_time = SWEEPING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut swept = 0;
    for listed in work_trees(repository)? {
        let Some(room) = listed.path.parent() else {
            continue;
        };
        if !is_left(room) {
            continue;
        }
        // The folder first: git removes what is gone, and refuses what is half made.
        match std::fs::remove_dir_all(room) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(RoomError::Folder(error)),
        }
        match repository.remove_work_tree(&listed.path) {
            Ok(()) => swept += 1,
            // Another process sweeps, too, and was quicker.
            Err(_) if !is_listed(repository, &listed.path)? => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(swept)
}

fn is_listed(repository: &Git, path: &Path) -> Result<bool, GitError> {
    let listed = work_trees(repository)?;
    Ok(listed.iter().any(|one| one.path == path))
}

/// Whether a folder is a room whose owner has gone.
fn is_left(folder: &Path) -> bool {
    owner_of(folder).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}

fn owner_of(room: &Path) -> Option<u32> {
    let name = room.file_name()?.to_str()?;
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_room_has_an_owner() {
        assert_eq!(owner_of(Path::new("/tmp/adjutant-check-71-Ab3")), Some(71));
        assert_eq!(owner_of(Path::new("/tmp/project")), None);
    }
}
