//! Where new objects go, and what objects hold.

use std::path::{Path, PathBuf};
use std::process::Command;

use adjutant_domain::ObjectId;

use super::{Git, GitError, absolute, unreadable};

/// A folder that takes the new objects of a look at work trees, so that the repository's own
/// object store is only read. The folder may be thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFolder {
    folder: PathBuf,
    repository: PathBuf,
}

impl ObjectFolder {
    /// New objects go to `folder` (absolute; it exists), all others are read from the repository
    /// whose common git folder is `common_dir`.
    ///
    /// # Errors
    /// When a path is not absolute.
    pub fn new(folder: &Path, common_dir: &Path) -> Result<Self, GitError> {
        Ok(Self {
            folder: absolute(folder)?.to_owned(),
            repository: absolute(common_dir)?.join("objects"),
        })
    }

    pub(super) fn apply(&self, command: &mut Command) {
        command
            .env("GIT_OBJECT_DIRECTORY", &self.folder)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.repository);
    }
}

impl Git {
    /// The bytes of a blob.
    ///
    /// # Errors
    /// When there is no such blob.
    pub fn blob(&self, id: &ObjectId, objects: Option<&ObjectFolder>) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(&["cat-file", "blob", id.as_str()]);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        self.finish(command, &[])
    }

    /// The bytes of several blobs, from one process. `None` for what is not there.
    ///
    /// # Errors
    /// When git cannot answer.
    pub fn blobs(
        &self,
        ids: &[ObjectId],
        objects: Option<&ObjectFolder>,
    ) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let mut command = self.command(&["cat-file", "--batch"]);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let answer = self.finish(command, input.as_bytes())?;
        let mut rest = answer.as_slice();
        let mut blobs = Vec::with_capacity(ids.len());
        for _ in ids {
            let (blob, after) =
                read_object(rest).ok_or_else(|| unreadable("cat-file --batch", rest))?;
            blobs.push(blob.map(<[u8]>::to_vec));
            rest = after;
        }
        Ok(blobs)
    }
}

/// One answer of `cat-file --batch`: the object, if it is there, and what follows it.
fn read_object(answer: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let rest = &answer[end + 1..];
    if head.ends_with(" missing") {
        return Some((None, rest));
    }
    let size: usize = head.rsplit_once(' ')?.1.parse().ok()?;
    let object = rest.get(..size)?;
    Some((Some(object), rest.get(size + 1..)?))
}
