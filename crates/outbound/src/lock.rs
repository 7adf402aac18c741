//! One at a time among all processes of a machine: a file that is locked. The lock ends with its
//! holder, however that ends.

use std::fs::{File, TryLockError};
use std::path::Path;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

/// Takes the lock of a file, which is made, with its folder, when it is not there. `None`: someone else holds it.
///
/// # Errors
/// When the file cannot be opened or locked.
pub fn try_hold(path: &Path) -> std::io::Result<Option<FileLock>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(FileLock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adjutant/merge.lock");
        let held = try_hold(&path).unwrap().unwrap();
        assert!(try_hold(&path).unwrap().is_none());
        drop(held);
        assert!(try_hold(&path).unwrap().is_some());
    }
}
