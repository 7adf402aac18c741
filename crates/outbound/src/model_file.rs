//! A model file, open to be read at any place. However large it is, only what is asked for is
//! read.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use adjutant_supply::Blob;

use crate::files::{self, FileError, FileProblem};

/// An open file whose length was taken once.
#[derive(Debug)]
pub struct ModelFile {
    file: File,
    length: u64,
}

/// Opens a file.
///
/// # Errors
/// When it is missing, no regular file, or cannot be read.
pub fn open(path: &Path) -> Result<ModelFile, FileError> {
    let file = File::open(path).map_err(|error| files::unreadable(path, error))?;
    let metadata = file
        .metadata()
        .map_err(|error| files::unreadable(path, error))?;
    if metadata.is_dir() {
        return Err(FileError::new(path, FileProblem::Folder));
    }
    if !metadata.is_file() {
        let error = std::io::Error::other("it is a pipe or a device, and is read at any place");
        return Err(FileError::new(path, FileProblem::Unreadable(error)));
    }
    Ok(ModelFile {
        file,
        length: metadata.len(),
    })
}

impl Blob for ModelFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_terabyte_is_read_only_where_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.bin");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let file = open(&path).unwrap();
        let mut buffer = [1; 4];
        assert_eq!(file.length(), 1 << 40);
        assert_eq!(file.read_at((1 << 40) - 2, &mut buffer).unwrap(), 2);
        assert_eq!(buffer, [0, 0, 1, 1]);
    }

    #[test]
    fn a_folder_and_a_missing_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let problem = |path: &Path| open(path).unwrap_err().problem;
        assert!(matches!(problem(folder.path()), FileProblem::Folder));
        let missing = folder.path().join("none.pt");
        assert!(matches!(problem(&missing), FileProblem::Missing));
    }
}
