//! Files that a caller names: their bytes, their name, and when they were written. It does not
//! know what they mean.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use adjutant_domain::Timestamp;

use crate::clock;

/// The largest file that is read whole, 1 GiB. An artifact is held in memory while it is read and
/// stored; beyond this it is a log, not a summary of one.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// How much of a file is enough to recognise its format, 64 KiB.
pub const HEAD_BYTES: u64 = 64 * 1_024;

/// The content of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file's name, without folders.
    pub name: String,
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// When it was last written; for a pipe, when it was read.
    pub taken_at: Timestamp,
}

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub problem: FileProblem,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It is a folder.
    #[error("this is a folder, not a file")]
    Folder,
    /// It is larger than is read; for a pipe, the size is what was read before giving up.
    #[error("the file has {bytes} bytes, more than the {FILE_BYTES_MAX} that are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The operating system refused.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// The operating system refused to write it.
    #[error("the file cannot be written: {0}")]
    Unwritable(std::io::Error),
}

impl FileError {
    pub(crate) fn new(path: &Path, problem: FileProblem) -> Self {
        Self {
            path: path.to_owned(),
            problem,
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self.problem {
            FileProblem::Missing => "Check the path.",
            FileProblem::Folder => "Name a file inside it.",
            FileProblem::TooLarge { .. } => "Give the tool's summary, or fewer samples.",
            FileProblem::Unreadable(_) => "Check the file's permissions.",
            FileProblem::Unwritable(_) => "Check the folder's permissions and the free space.",
        }
    }
}

/// Reads a whole file, after checking its size.
///
/// # Errors
/// When it is missing, a folder, larger than [`FILE_BYTES_MAX`], or cannot be read.
pub fn read(path: &Path) -> Result<Content, FileError> {
    let (file, taken_at) = open(path)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a pipe, or a file that grows, from one that fits.
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(path, source))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let bytes = bytes.len() as u64;
        return Err(FileError::new(path, FileProblem::TooLarge { bytes }));
    }
    Ok(Content {
        name: name_of(path),
        bytes,
        taken_at,
    })
}

/// The first [`HEAD_BYTES`] of a file: enough to recognise its format.
///
/// # Errors
/// When it is missing, a folder, or cannot be read.
pub fn read_head(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let mut bytes = Vec::new();
    file.take(HEAD_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(path, source))?;
    Ok(bytes)
}

/// The files of a folder and its folders whose names end like this, sorted; `None` when it is no
/// folder.
///
/// # Errors
/// When it, or a folder in it, cannot be read.
pub fn files_in(folder: &Path, ending: &str) -> Result<Option<Vec<PathBuf>>, FileError> {
    let metadata = std::fs::metadata(folder).map_err(|error| unreadable(folder, error))?;
    if !metadata.is_dir() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(&entry.path(), error))?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if entry.path().to_string_lossy().ends_with(ending) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(Some(found))
}

/// Puts a text in a file's place: after a crash there is the old one or the new one, whole.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(|source| FileError::new(path, FileProblem::Unwritable(source)))
}

/// A private folder for temporary files, gone when it is dropped.
///
/// # Errors
/// When it cannot be made.
pub fn scratch_folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("adjutant-").tempdir()
}

/// Copies the files `names`, relative to `from`, into the folder `to`, which is made; where each
/// of them is now. Two files of one name are told apart by their folders.
///
/// # Errors
/// When one is missing or cannot be copied.
pub fn copy_each(from: &Path, names: &[String], to: &Path) -> Result<Vec<PathBuf>, FileError> {
    names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let path = from.join(name);
            let folder = to.join(number.to_string());
            let copy = folder.join(name_of(&path));
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::copy(&path, &copy))
                .map_err(|error| unreadable(&path, error))?;
            Ok(copy)
        })
        .collect()
}

/// The file's name without folders.
pub fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn open(path: &Path) -> Result<(File, Timestamp), FileError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
    if metadata.is_dir() {
        return Err(FileError::new(path, FileProblem::Folder));
    }
    if metadata.len() > FILE_BYTES_MAX {
        let bytes = metadata.len();
        return Err(FileError::new(path, FileProblem::TooLarge { bytes }));
    }
    let taken_at = match metadata.modified() {
        Ok(time) if metadata.is_file() => clock::from_system_time(time),
        Ok(_) | Err(_) => clock::now(),
    };
    Ok((file, taken_at))
}

pub(crate) fn unreadable(path: &Path, error: std::io::Error) -> FileError {
    let problem = if error.kind() == std::io::ErrorKind::NotFound {
        FileProblem::Missing
    } else if error.kind() == std::io::ErrorKind::IsADirectory {
        FileProblem::Folder
    } else {
        FileProblem::Unreadable(error)
    };
    FileError::new(path, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_bytes_its_name_and_the_time_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latency.csv");
        std::fs::write(&path, "latency_ms\n1\n").unwrap();
        let written = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(written)
            .unwrap();

        let content = read(&path).unwrap();

        assert_eq!(content.name, "latency.csv");
        assert_eq!(content.bytes, b"latency_ms\n1\n");
        assert_eq!(content.taken_at.to_string(), "1970-01-02T00:00:00Z");
    }

    #[test]
    fn a_ten_gigabyte_file_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.csv");
        File::create(&path)
            .unwrap()
            .set_len(10_000_000_000)
            .unwrap();
        assert!(matches!(
            read(&path).unwrap_err().problem,
            FileProblem::TooLarge {
                bytes: 10_000_000_000
            }
        ));
    }

    #[test]
    fn a_missing_file_and_a_folder_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.csv");
        let problem = |path: &Path| read(path).unwrap_err().problem;
        assert!(matches!(problem(&missing), FileProblem::Missing));
        assert!(matches!(problem(folder.path()), FileProblem::Folder));
    }
}
