//! The focus file of a work tree, what was compiled into it last, and the line that keeps it out
//! of git. It does not know what they mean.
//!
//! Git has no exclude file for one work tree alone: `info/exclude` is shared by all. That is what
//! is wanted here, because every work tree may have a focus file of its own and none may be
//! tracked.

use std::io::Write;
use std::path::Path;

use crate::files::{FileError, FileProblem};

/// A focus file is read by an agent at every start; 4 MiB of notes is far beyond that.
const BYTES_MAX: u64 = 4 << 20;

/// The text of a file, if there is one.
///
/// # Errors
/// When it is too large, not UTF-8, or cannot be read.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    let unreadable = |source| FileError::new(path, FileProblem::Unreadable(source));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unreadable(source)),
        Ok(metadata) if metadata.len() > BYTES_MAX => {
            let bytes = metadata.len();
            return Err(FileError::new(path, FileProblem::TooLarge { bytes }));
        }
        Ok(_) => {}
    }
    std::fs::read_to_string(path).map(Some).map_err(unreadable)
}

/// Makes sure that an exclude file has these lines.
///
/// # Errors
/// When it cannot be read or written.
pub fn exclude(path: &Path, patterns: &[&str]) -> Result<(), FileError> {
    let text = read(path)?.unwrap_or_default();
    let missing: Vec<&str> = patterns
        .iter()
        .copied()
        .filter(|pattern| text.lines().all(|line| line.trim_end() != *pattern))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let begin = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let lines = format!("{begin}{}\n", missing.join("\n"));
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Appended in one write, so that two programs at once lose no line.
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)?;
        file.write_all(lines.as_bytes())
    };
    write().map_err(|source| FileError::new(path, FileProblem::Unwritable(source)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::replace;

    #[test]
    fn lines_are_excluded_once_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("info/exclude");
        exclude(&path, &["/a"]).unwrap();
        std::fs::write(&path, "# mine\n/a\n*.log").unwrap();
        exclude(&path, &["/a", "/b"]).unwrap();
        exclude(&path, &["/a", "/b"]).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), "# mine\n/a\n*.log\n/b\n");
    }

    #[test]
    fn a_text_takes_a_files_place_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("AGENT_FOCUS.md");
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, "one\n").unwrap();
        replace(&path, "two\n").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), "two\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
