//! A file read line by line, however long it is. It does not know what the lines mean.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::files::{self, FileError, FileProblem};

/// How much is read at once.
const BUFFER_BYTES: usize = 1024 * 1024;

/// An open file, at the beginning of a line.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    line_bytes_max: usize,
}

/// Opens a file or a pipe whose lines have at most `line_bytes_max` bytes; of a longer line one
/// byte more is given, so that who reads it can refuse it.
///
/// # Errors
/// When it is missing, a folder, or cannot be read.
pub fn open(path: &Path, line_bytes_max: usize) -> Result<LineFile, FileError> {
    let file = File::open(path).map_err(|error| files::unreadable(path, error))?;
    let metadata = file
        .metadata()
        .map_err(|error| files::unreadable(path, error))?;
    if metadata.is_dir() {
        return Err(FileError::new(path, FileProblem::Folder));
    }
    Ok(LineFile {
        path: path.to_owned(),
        reader: BufReader::with_capacity(BUFFER_BYTES, file),
        line: Vec::new(),
        line_bytes_max,
    })
}

impl LineFile {
    /// The next line without its end; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, FileError> {
        self.line.clear();
        // The end of the line takes a byte too.
        let limit = self.line_bytes_max as u64 + 2;
        let read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| files::unreadable(&self.path, error))?;
        if read == 0 {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_by_one_and_a_long_one_is_cut_where_it_can_be_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (text, expected) in [
            ("", vec![]),
            ("one\r\n\ntwo", vec!["one", "", "two"]),
            ("12345678\n", vec!["12345678"]),
            ("123456789abc\n", vec!["123456789a"]),
        ] {
            std::fs::write(&path, text).unwrap();
            let mut file = open(&path, 8).unwrap();
            let mut lines = Vec::new();
            while let Some(line) = file.next_line().unwrap() {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
                if lines.last().is_some_and(|line| line.len() > 8) {
                    break;
                }
            }
            assert_eq!(lines, expected, "{text:?}");
        }
        assert!(open(folder.path(), 8).is_err());
    }
}
