//! A run's folder of MLflow's local file store (`mlruns/EXPERIMENT/RUN/`) as one artifact:
//! `{"source": "mlflow-files", "files": {path: text}}`. The run's own artifacts stay where they are.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// What of the folder is kept.
const PARTS: [&str; 3] = ["metrics", "params", "tags"];

/// How many files a run may have: MLflow keeps one a metric, parameter and tag.
const FILES_MAX: usize = 10_000;

/// How many bytes they may have together: a million points of a metric are 40 MB.
const BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// How deep a metric's key may nest folders.
const DEPTH_MAX: usize = 32;

/// A folder that is no run of MLflow.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not UTF-8 text.
    #[error("{} is not UTF-8 text", _0.display())]
    NotText(PathBuf),
    /// There is too much of it.
    #[error("{} holds more than {FILES_MAX} files, {DEPTH_MAX} levels or {} MiB", _0.display(), BYTES_MAX / 1_024 / 1_024)]
    TooLarge(PathBuf),
    /// The bundle cannot be written as JSON.
    #[error("the bundle cannot be written")]
    Bundle(#[source] serde_json::Error),
}

impl FolderError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            FolderError::Unreadable { .. } | FolderError::NotText(_) => {
                "Name the folder of one run, mlruns/EXPERIMENT/RUN, as MLflow wrote it."
            }
            FolderError::TooLarge(_) => "Log fewer metrics, or ask the MLflow server for the run.",
            FolderError::Bundle(_) => "Report this as a bug.",
        }
    }
}

#[derive(Serialize)]
struct Bundle {
    source: &'static str,
    files: BTreeMap<String, String>,
}

/// Whether a folder looks like a run's.
pub fn is_run_folder(folder: &Path) -> bool {
    folder.join("meta.yaml").is_file() && folder.join("metrics").is_dir()
}

/// The run's facts, metrics, parameters and tags as one JSON document; equal folders give equal
/// bytes.
///
/// # Errors
/// When a file cannot be read, is not text, or there is too much.
pub fn bundle(folder: &Path) -> Result<Vec<u8>, FolderError> {
    let mut reading = Reading {
        folder,
        bytes_left: BYTES_MAX,
        files: BTreeMap::new(),
    };
    reading.take_file("meta.yaml")?;
    for part in PARTS {
        if folder.join(part).is_dir() {
            reading.take_folder(part, 1)?;
        }
    }
    let bundle = Bundle {
        source: "mlflow-files",
        files: reading.files,
    };
    serde_json::to_vec(&bundle).map_err(FolderError::Bundle)
}

struct Reading<'a> {
    folder: &'a Path,
    bytes_left: u64,
    files: BTreeMap<String, String>,
}

impl Reading<'_> {
    /// Takes the files below `path`; links are not followed, so nothing outside the folder is read.
    fn take_folder(&mut self, path: &str, depth: usize) -> Result<(), FolderError> {
        let folder = self.folder.join(path);
        if depth > DEPTH_MAX {
            return Err(FolderError::TooLarge(folder));
        }
        let unreadable = |source| FolderError::Unreadable {
            path: folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name();
            let name = name
                .to_str()
                .ok_or_else(|| FolderError::NotText(entry.path()))?;
            let path = format!("{path}/{name}");
            if kind.is_dir() {
                self.take_folder(&path, depth + 1)?;
            } else if kind.is_file() {
                self.take_file(&path)?;
            }
        }
        Ok(())
    }

    fn take_file(&mut self, path: &str) -> Result<(), FolderError> {
        let full = self.folder.join(path);
        let unreadable = |source| FolderError::Unreadable {
            path: full.clone(),
            source,
        };
        let file = std::fs::File::open(&full).map_err(unreadable)?;
        let mut bytes = Vec::new();
        // One byte more than is left tells a file that fits from one that does not.
        let read = file.take(self.bytes_left + 1).read_to_end(&mut bytes);
        let read = read.map_err(unreadable)? as u64;
        if read > self.bytes_left || self.files.len() >= FILES_MAX {
            return Err(FolderError::TooLarge(self.folder.to_owned()));
        }
        self.bytes_left -= read;
        let text = String::from_utf8(bytes).map_err(|_not_text| FolderError::NotText(full))?;
        self.files.insert(path.to_owned(), text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_folder_becomes_one_document_and_links_stay_outside() {
        let home = tempfile::tempdir().unwrap();
        let run = home.path().join("run");
        std::fs::create_dir_all(run.join("metrics/val")).unwrap();
        std::fs::write(run.join("meta.yaml"), "run_id: ab\n").unwrap();
        std::fs::write(run.join("metrics/val/loss"), "1 0.5 0\n").unwrap();
        std::fs::write(home.path().join("outside"), "secret").unwrap();
        std::os::unix::fs::symlink(home.path().join("outside"), run.join("metrics/link")).unwrap();
        assert!(is_run_folder(&run));
        let text = String::from_utf8(bundle(&run).unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"source":"mlflow-files","files":{"meta.yaml":"run_id: ab\n","metrics/val/loss":"1 0.5 0\n"}}"#
        );
    }

    #[test]
    fn a_folder_that_is_no_run_is_refused() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_run_folder(home.path()));
        let error = bundle(home.path()).unwrap_err();
        assert!(
            error.to_string().ends_with("meta.yaml cannot be read"),
            "{error}"
        );
        std::fs::write(home.path().join("meta.yaml"), b"\xff").unwrap();
        let error = bundle(home.path()).unwrap_err();
        assert!(matches!(error, FolderError::NotText(_)), "{error}");
    }
}
