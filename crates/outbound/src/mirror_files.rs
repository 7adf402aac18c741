//! The files of a mirror: listed, replaced whole, moved without hiding another one. What they mean
//! is for others to say.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use adjutant_domain::TaskId;
use serde::{Deserialize, Serialize};

use crate::files::{FileError, FileProblem};

/// The newest version of the record's JSON.
const VERSION: u32 = 1;

/// The largest record that is read: the numbers of a million tasks.
const RECORD_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

/// How the name of a file begins that is still being written.
const BEGUN: &str = ".adjutant-";

/// A file of a folder, and its bytes where it is not too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its bytes; `None` when there are more than were asked for.
    pub bytes: Option<Vec<u8>>,
}

/// The Markdown files of a folder, by name: no hidden ones, no links, nobody's `README.md`. A
/// folder that is not there has none.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn list(folder: &Path, bytes_max: u64) -> Result<Vec<Listed>, FileError> {
    let unreadable = |source| FileError::new(folder, FileProblem::Unreadable(source));
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(unreadable(error)),
        Ok(entries) => entries,
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let is_file = entry.file_type().map_err(unreadable)?.is_file();
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if !is_file || !name.ends_with(".md") || name.starts_with('.') || name == "README.md" {
            continue;
        }
        let path = entry.path();
        let unreadable = |source| FileError::new(&path, FileProblem::Unreadable(source));
        let size = entry.metadata().map_err(unreadable)?.len();
        let bytes = if size > bytes_max {
            None
        } else {
            Some(std::fs::read(&path).map_err(unreadable)?)
        };
        listed.push(Listed { name, bytes });
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// Removes what a program that was killed left half-written in a folder. Whoever calls it makes
/// sure that nobody writes there.
///
/// # Errors
/// When the folder cannot be read, or a file in it cannot be removed.
pub fn clear(folder: &Path) -> Result<(), FileError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries,
    };
    let clear = || {
        for entry in entries? {
            let entry = entry?;
            let is_ours = entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(BEGUN.as_bytes());
            if is_ours && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    clear().map_err(|error| FileError::new(folder, FileProblem::Unwritable(error)))
}

/// Writes a file, with its folder. At every moment there is the old file or the new one, whole.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(BEGUN)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(|error| FileError::new(path, FileProblem::Unwritable(error)))
}

/// Whether anything is at this place.
///
/// # Errors
/// When that cannot be seen.
pub fn is_taken(path: &Path) -> Result<bool, FileError> {
    path.try_exists()
        .map_err(|error| FileError::new(path, FileProblem::Unreadable(error)))
}

/// Moves a file. Whatever is at its new place already is not replaced: then this fails.
///
/// # Errors
/// When it cannot be moved.
pub fn move_to(from: &Path, to: &Path) -> Result<(), FileError> {
    let rename = || {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let here = rustix::fs::CWD;
        rustix::fs::renameat_with(here, from, here, to, rustix::fs::RenameFlags::NOREPLACE)?;
        Ok(())
    };
    rename().map_err(|error| FileError::new(to, FileProblem::Unwritable(error)))
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    folder: PathBuf,
    tasks: BTreeSet<TaskId>,
}

/// The tasks whose files were in the mirror at `folder` when it was last brought into step.
///
/// # Errors
/// When the record is there and cannot be read.
pub fn read_record(path: &Path, folder: &Path) -> Result<BTreeSet<TaskId>, FileError> {
    let unreadable = |source| FileError::new(path, FileProblem::Unreadable(source));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(source) => return Err(unreadable(source)),
        Ok(metadata) if metadata.len() > RECORD_BYTES_MAX => {
            let bytes = metadata.len();
            return Err(FileError::new(path, FileProblem::TooLarge { bytes }));
        }
        Ok(_) => {}
    }
    let text = std::fs::read(path).map_err(unreadable)?;
    match serde_json::from_slice::<Record>(&text) {
        Ok(record) if record.version > VERSION => Err(unreadable(std::io::Error::other(format!(
            "version {} was written by a newer Adjutant",
            record.version
        )))),
        Ok(record) if record.folder == folder => Ok(record.tasks),
        Ok(_) => Ok(BTreeSet::new()),
        Err(error) => Err(unreadable(std::io::Error::other(error))),
    }
}

/// Remembers which tasks have files in the mirror at `folder`.
///
/// # Errors
/// When the record cannot be written.
pub fn write_record(path: &Path, folder: &Path, tasks: BTreeSet<TaskId>) -> Result<(), FileError> {
    let record = Record {
        version: VERSION,
        folder: folder.to_owned(),
        tasks,
    };
    let text = serde_json::to_string(&record).map_err(|error| {
        FileError::new(path, FileProblem::Unwritable(std::io::Error::other(error)))
    })?;
    replace(path, &(text + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_markdown_files_of_the_folder_itself_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(list(&at("none"), 10).unwrap(), []);
        for name in ["b.md", "a.md", ".hidden.md", "README.md", "note.txt"] {
            std::fs::write(at(name), name).unwrap();
        }
        std::fs::write(at("large.md"), "12345678901").unwrap();
        std::fs::create_dir(at("folder.md")).unwrap();
        std::os::unix::fs::symlink(at("a.md"), at("link.md")).unwrap();
        let listed: Vec<_> = list(folder.path(), 10)
            .unwrap()
            .into_iter()
            .map(|file| (file.name, file.bytes.is_some()))
            .collect();
        let expected = [("a.md", true), ("b.md", true), ("large.md", false)];
        assert_eq!(
            listed,
            expected.map(|(name, whole)| (name.to_owned(), whole))
        );
    }

    #[test]
    fn only_what_was_left_half_written_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        clear(&folder.path().join("none")).unwrap();
        for name in [".adjutant-x1Y2z3", ".hidden", "a.md"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        clear(folder.path()).unwrap();
        let left = |name: &str| folder.path().join(name).exists();
        assert!(!left(".adjutant-x1Y2z3") && left(".hidden") && left("a.md"));
    }

    #[test]
    fn a_file_is_replaced_whole_and_moved_only_to_a_free_place() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        replace(&at("pending/a.md"), "one").unwrap();
        replace(&at("pending/a.md"), "two").unwrap();
        move_to(&at("pending/a.md"), &at("completed/a.md")).unwrap();
        assert_eq!(
            std::fs::read_to_string(at("completed/a.md")).unwrap(),
            "two"
        );
        replace(&at("pending/a.md"), "three").unwrap();
        assert!(move_to(&at("pending/a.md"), &at("completed/a.md")).is_err());
        assert_eq!(
            std::fs::read_to_string(at("completed/a.md")).unwrap(),
            "two"
        );
        assert_eq!(std::fs::read_dir(at("pending")).unwrap().count(), 1);
    }

    #[test]
    fn the_record_is_of_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mirror.json");
        let tasks: BTreeSet<TaskId> = [TaskId::from_number(17)].into();
        write_record(&path, Path::new("/queue"), tasks.clone()).unwrap();
        assert_eq!(read_record(&path, Path::new("/queue")).unwrap(), tasks);
        assert_eq!(
            read_record(&path, Path::new("/other")).unwrap(),
            BTreeSet::new()
        );
    }
}
