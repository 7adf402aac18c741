//! One at a time among all processes of a machine: a file that is locked. The lock ends with its
//! holder, however that ends.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    file: File,
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
        Ok(()) => Ok(Some(FileLock { file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl FileLock {
    /// Writes into the locked file what others may read while it is held.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

/// What the holder of a lock told; nothing when nobody holds it.
///
/// # Errors
/// When the file cannot be opened, locked or read.
pub fn told_by_holder(path: &Path) -> std::io::Result<Option<String>> {
    match try_hold(path)? {
        Some(_free) => Ok(None),
        None => std::fs::read_to_string(path).map(Some),
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
        let mut held = held;
        held.tell("http://127.0.0.1:1").unwrap();
        let told = told_by_holder(&path).unwrap();
        assert_eq!(told.as_deref(), Some("http://127.0.0.1:1"));
        drop(held);
        assert_eq!(told_by_holder(&path).unwrap(), None);
        assert!(try_hold(&path).unwrap().is_some());
    }
}
