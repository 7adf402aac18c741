//! The lease file: what a work tree remembers of the claim that was made in it, so that later
//! commands there need not be told. It is a convenience, never a proof: the store decides.

use std::io::Write;
use std::path::Path;

use adjutant_work::Holder;
use serde::{Deserialize, Serialize};

use crate::files::{FileError, FileProblem};

/// The newest version of the file's JSON.
const VERSION: u32 = 1;

/// A lease file holds three names; more than this is not one.
const BYTES_MAX: u64 = 64 * 1_024;

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(flatten)]
    holder: Holder,
}

/// The claim that was made here, if any.
///
/// # Errors
/// When the file is there and cannot be read, or is not a lease file.
pub fn read(path: &Path) -> Result<Option<Holder>, FileError> {
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
    let text = std::fs::read(path).map_err(unreadable)?;
    match serde_json::from_slice::<Content>(&text) {
        Ok(content) if content.version <= VERSION => Ok(Some(content.holder)),
        Ok(content) => Err(unreadable(std::io::Error::other(format!(
            "version {} was written by a newer Adjutant",
            content.version
        )))),
        Err(error) => Err(unreadable(std::io::Error::other(error))),
    }
}

/// Remembers a claim. The file is whole at every moment. It is not synced: after a power cut the
/// store still knows, and tells the agent when it asks again.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, holder: &Holder) -> Result<(), FileError> {
    let unwritable = |source| FileError::new(path, FileProblem::Unwritable(source));
    let content = Content {
        version: VERSION,
        holder: holder.clone(),
    };
    let text = serde_json::to_string(&content)
        .map_err(|error| unwritable(std::io::Error::other(error)))?;
    let new = path.with_extension(format!("json.{}", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        std::fs::rename(&new, path)
    };
    write().map_err(unwritable)
}

/// Forgets the claim.
///
/// # Errors
/// When the file is there and cannot be removed.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new(path, FileProblem::Unwritable(error)))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use adjutant_domain::{Epoch, TaskId};

    use super::*;

    #[test]
    fn a_claim_is_remembered_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adjutant/lease.json");
        assert_eq!(read(&path).unwrap(), None);
        let holder = Holder {
            task: TaskId::from_number(17),
            epoch: Epoch::from_number(3),
            agent: "amber".parse().unwrap(),
        };
        write(&path, &holder).unwrap();
        assert_eq!(read(&path).unwrap(), Some(holder));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"version\":1,\"task\":\"T-17\",\"epoch\":3,\"agent\":\"amber\"}\n"
        );
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        std::fs::write(&path, "{\"version\":2").unwrap();
        assert!(read(&path).is_err());
    }
}
