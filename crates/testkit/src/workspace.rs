//! Folders to work in: empty ones, and git repositories.
#![allow(
    clippy::disallowed_methods,
    reason = "repositories are made by the git program"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A temporary folder that is gone when the last who shares it has ended.
#[derive(Clone)]
pub struct Workspace {
    _root: Arc<tempfile::TempDir>,
    folder: PathBuf,
}

impl Workspace {
    /// An empty folder outside any repository.
    ///
    /// # Panics
    /// When it cannot be created.
    pub fn empty() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// An empty folder on a file system in memory, where this machine has one: for tests that
    /// repeat so many writes that the disk would be all they wait for.
    ///
    /// # Panics
    /// When it cannot be created.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            Self::below(memory)
        } else {
            Self::empty()
        }
    }

    fn below(parent: &Path) -> Self {
        let root = tempfile::Builder::new()
            .prefix("adjutant-test-")
            .tempdir_in(parent)
            .unwrap_or_else(|error| panic!("a temporary folder: {error}"));
        let folder = std::fs::canonicalize(root.path())
            .unwrap_or_else(|error| panic!("a temporary folder: {error}"))
            .join("work");
        std::fs::create_dir(&folder).unwrap_or_else(|error| panic!("a folder: {error}"));
        Self {
            _root: Arc::new(root),
            folder,
        }
    }

    /// A git repository with one empty commit.
    ///
    /// # Panics
    /// When git fails.
    pub fn repository() -> Self {
        let workspace = Self::empty();
        workspace.git(&["init", "-q", "-b", "main"]);
        workspace.git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
        workspace
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a file below the folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
        }
        std::fs::write(&path, content).unwrap_or_else(|error| panic!("{name}: {error}"));
        path
    }

    /// Reads a file below the folder.
    ///
    /// # Panics
    /// When it is not there or not text.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs git in the folder and gives what it printed.
    ///
    /// # Panics
    /// When git fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &self.folder)
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("git: {error}"));
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
