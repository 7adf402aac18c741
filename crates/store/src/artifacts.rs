//! Artifacts: files named by the SHA-256 of their bytes. Written once, never changed, and checked
//! on every reading. It does not know what is in them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use adjutant_domain::sha256;
use adjutant_domain::{Digest, Timestamp};

use crate::StoreError;

/// A file that a killed process left half-written is removed once it is this old. No write takes
/// that long.
const LEFTOVER_AGE: Duration = Duration::from_secs(3_600);

/// Tells apart the files that one process writes at once.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// The folder of the artifacts.
#[derive(Debug)]
pub(crate) struct Artifacts {
    folder: PathBuf,
    incoming: PathBuf,
}

/// A file that is being written. It ends with this value, unless it got its artifact's name: on a
/// full disk, half of a file would be in the way of what comes next.
#[derive(Debug)]
struct Incoming {
    path: PathBuf,
    file: File,
}

impl Incoming {
    fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(failed(&self.path, "written"))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // What cannot be removed is removed by a later write, as what a killed process left.
        match std::fs::remove_file(&self.path) {
            Ok(()) | Err(_) => {}
        }
    }
}

impl Artifacts {
    /// The artifacts below `folder`, which is created where it is missing.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let incoming = folder.join("incoming");
        if !incoming.is_dir() {
            std::fs::create_dir_all(&incoming).map_err(failed(&incoming, "created"))?;
            for ancestor in incoming.ancestors().skip(1).take(3) {
                sync_folder(ancestor)?;
            }
        }
        Ok(Self { folder, incoming })
    }

    pub(crate) fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }

    /// Writes artifacts that are not there yet. When it returns they survive a power cut.
    pub(crate) fn write_all(
        &self,
        artifacts: &[(Digest, &[u8])],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut missing: Vec<_> = artifacts
            .iter()
            .filter(|(digest, bytes)| !self.holds(*digest, bytes))
            .collect();
        missing.sort_by_key(|(digest, _)| *digest);
        missing.dedup_by_key(|(digest, _)| *digest);
        if missing.is_empty() {
            return Ok(());
        }
        self.remove_leftovers(now)?;
        let written = missing
            .iter()
            .map(|(digest, bytes)| self.write_incoming(*digest, bytes))
            .collect::<Result<Vec<_>, _>>()?;
        sync_all(&written)?;
        for ((digest, _), incoming) in missing.iter().zip(&written) {
            let path = self.path(*digest);
            std::fs::rename(&incoming.path, &path).map_err(failed(&path, "written"))?;
        }
        sync_folder(&self.folder)
    }

    /// The bytes of an artifact, after checking that they are the ones that were stored.
    pub(crate) fn read(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::ArtifactMissing(digest));
            }
            Err(source) => return Err(failed(&path, "read")(source)),
        };
        let found = sha256::digest_of(&bytes);
        if found == digest {
            Ok(bytes)
        } else {
            Err(StoreError::ArtifactChanged {
                expected: digest,
                found,
            })
        }
    }

    /// Whether the artifact is there, byte for byte. One that was damaged is written anew.
    fn holds(&self, digest: Digest, bytes: &[u8]) -> bool {
        let path = self.path(digest);
        let same_size =
            std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() == bytes.len() as u64);
        same_size && std::fs::read(&path).is_ok_and(|stored| stored == bytes)
    }

    /// Writes into a folder beside the artifacts, so that the renaming stays on one file system
    /// and nothing half-written ever has an artifact's name.
    fn write_incoming(&self, digest: Digest, bytes: &[u8]) -> Result<Incoming, StoreError> {
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let path = self.incoming.join(format!("{digest}.{process}.{number}"));
        let file = File::create(&path).map_err(failed(&path, "written"))?;
        let mut incoming = Incoming { path, file };
        match incoming.file.write_all(bytes) {
            Ok(()) => Ok(incoming),
            Err(source) => Err(failed(&incoming.path, "written")(source)),
        }
    }

    fn remove_leftovers(&self, now: Timestamp) -> Result<(), StoreError> {
        let now = SystemTime::UNIX_EPOCH
            + Duration::from_millis(u64::try_from(now.unix_millis()).unwrap_or(0));
        let entries = std::fs::read_dir(&self.incoming).map_err(failed(&self.incoming, "read"))?;
        for entry in entries {
            let path = entry.map_err(failed(&self.incoming, "read"))?.path();
            let age = std::fs::metadata(&path)
                .and_then(|metadata| metadata.modified())
                .map(|modified| now.duration_since(modified).unwrap_or_default());
            match age {
                Ok(age) if age > LEFTOVER_AGE => remove(&path)?,
                // A file that is gone was renamed by its writer meanwhile.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(failed(path, "written")(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Syncs all files at once: a disk that waits for one flush can wait for several together.
fn sync_all(written: &[Incoming]) -> Result<(), StoreError> {
    std::thread::scope(|scope| {
        let syncing: Vec<_> = written
            .iter()
            .skip(1)
            .map(|incoming| scope.spawn(|| incoming.sync()))
            .collect();
        if let Some(incoming) = written.first() {
            incoming.sync()?;
        }
        for thread in syncing {
            match thread.join() {
                Ok(outcome) => outcome?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(folder, "written"))
}

pub(crate) fn failed(path: &Path, verb: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File {
        path: path.clone(),
        verb,
        source,
    }
}
