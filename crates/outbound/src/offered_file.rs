//! A file that came over the network: kept under its own name in a folder of its own until it is
//! read, and gone then.

use std::path::{Path, PathBuf};

/// The longest name.
const NAME_BYTES_MAX: usize = 100;

/// A file that could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum OfferedFileError {
    /// Its name could lead out of its folder, or mean something to a program.
    #[error("{0:?} is no name of a file that can be taken")]
    Name(String),
    /// It could not be written.
    #[error("the file cannot be kept")]
    Write(#[source] std::io::Error),
}

/// A file that is there for as long as this is.
#[derive(Debug)]
pub struct OfferedFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl OfferedFile {
    /// Keeps bytes under a name without folders.
    ///
    /// # Errors
    /// When the name is not plain, or the file cannot be written.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, OfferedFileError> {
        if !is_plain(name) {
            return Err(OfferedFileError::Name(name.to_owned()));
        }
        let folder = crate::files::scratch_folder().map_err(OfferedFileError::Write)?;
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(OfferedFileError::Write)?;
        Ok(Self {
            _folder: folder,
            path,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn is_plain(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins_well && name.len() <= NAME_BYTES_MAX && name.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_not_taken() {
        for name in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "/etc/passwd",
            "a\\b",
            "-rf",
            ".git",
            "a b",
            "a\0b",
            "ä",
            "http://x",
            "a%2fb",
            "a\nb",
            &"x".repeat(101),
        ] {
            assert!(OfferedFile::new(name, b"").is_err(), "{name:?}");
        }
        let kept = OfferedFile::new("k6-1.json", b"{}").unwrap();
        assert_eq!(std::fs::read(kept.path()).unwrap(), b"{}");
        let path = kept.path().to_owned();
        drop(kept);
        assert!(!path.exists());
    }
}
