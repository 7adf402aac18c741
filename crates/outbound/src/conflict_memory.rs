//! What looks at work trees remember between two commands: objects in a folder of their own beside
//! the repository's, and answers by what they were made of. It can be thrown away at any time.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use adjutant_domain::ObjectId;
use adjutant_work::{ChangedPath, ConflictHunk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::git::{GitError, ObjectFolder};

/// Changes with the shape of what is remembered: another version is forgotten.
const VERSION: u32 = 2;

/// The most answers of one kind: 30 work trees have 435 pairs.
const ANSWERS_MAX: usize = 4_000;

/// The most answers that were not asked for in the last looks are kept for so many of them.
const LOOKS_KEPT: u64 = 50;

/// The largest list of changes that is remembered: what is longer costs less to ask again.
const CHANGES_MAX: usize = 5_000;

/// The largest folder of objects before it is emptied, 512 MiB.
const OBJECT_BYTES_MAX: u64 = 512 * 1_024 * 1_024;

/// A file in which two sides conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileConflict {
    /// The file.
    pub path: String,
    /// What git says about it, one sentence each.
    pub said: Vec<String>,
    /// Where, line by line; empty where the conflict is not one of lines.
    pub hunks: Vec<ConflictHunk>,
    /// How many more places there are than are told.
    pub hunks_left_out: usize,
}

/// The files in which a merge conflicts, or why git could not make it.
pub type MergeAnswer = Result<Vec<FileConflict>, String>;

/// The memory, held by one process at a time.
#[derive(Debug)]
pub struct ConflictMemory {
    folder: PathBuf,
    _lock: File,
    table: Table,
}

/// A memory that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct MemoryError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Table {
    version: u32,
    look: u64,
    trees: BTreeMap<String, Kept<ObjectId>>,
    bases: BTreeMap<String, Kept<Vec<ObjectId>>>,
    changes: BTreeMap<String, Kept<Vec<ChangedPath>>>,
    merges: BTreeMap<String, Kept<MergeAnswer>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept<T> {
    look: u64,
    answer: T,
}

impl ConflictMemory {
    /// Opens the memory in `folder`, which is made when it is not there. Waits while another
    /// process has it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        std::fs::create_dir_all(folder.join("objects")).map_err(failed(folder))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => lock.lock().map_err(failed(&path))?,
            Err(TryLockError::Error(source)) => return Err(MemoryError { path, source }),
        }
        let known = std::fs::read(folder.join("answers.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Table>(&bytes).ok())
            .filter(|table| table.version == VERSION);
        let mut memory = Self {
            folder: folder.to_owned(),
            _lock: lock,
            table: Table::default(),
        };
        match known {
            Some(table) => memory.table = table,
            None => memory.forget()?,
        }
        memory.table.version = VERSION;
        memory.table.look += 1;
        Ok(memory)
    }

    /// Throws everything away.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn forget(&mut self) -> Result<(), MemoryError> {
        let objects = self.folder.join("objects");
        std::fs::remove_dir_all(&objects).map_err(failed(&objects))?;
        std::fs::create_dir_all(&objects).map_err(failed(&objects))?;
        let look = self.table.look;
        self.table = Table {
            version: VERSION,
            look,
            ..Table::default()
        };
        Ok(())
    }

    /// Where new objects go.
    ///
    /// # Errors
    /// When a path is not absolute.
    pub fn objects(&self, common_dir: &Path) -> Result<ObjectFolder, GitError> {
        ObjectFolder::new(&self.folder.join("objects"), common_dir)
    }

    /// An empty folder for the work on one thing, in this process only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self, name: &str) -> Result<PathBuf, MemoryError> {
        let path = self.folder.join("scratch").join(name);
        std::fs::create_dir_all(&path).map_err(failed(&path))?;
        Ok(path)
    }

    /// The tree that was made of what `key` stands for.
    pub fn tree(&self, key: &str) -> Option<ObjectId> {
        self.table.trees.get(key).map(|kept| kept.answer.clone())
    }

    /// Remembers a tree, or that it was asked for.
    pub fn keep_tree(&mut self, key: String, tree: ObjectId) {
        keep(&mut self.table.trees, self.table.look, key, tree);
    }

    /// The commits from which two grew.
    pub fn bases(&mut self, ours: &ObjectId, theirs: &ObjectId) -> Option<Vec<ObjectId>> {
        recall(&mut self.table.bases, self.table.look, &pair(ours, theirs))
    }

    /// Remembers them.
    pub fn keep_bases(&mut self, ours: &ObjectId, theirs: &ObjectId, bases: Vec<ObjectId>) {
        let look = self.table.look;
        keep(&mut self.table.bases, look, pair(ours, theirs), bases);
    }

    /// The files that differ between two trees.
    pub fn changes(&mut self, before: &ObjectId, after: &ObjectId) -> Option<Vec<ChangedPath>> {
        recall(
            &mut self.table.changes,
            self.table.look,
            &pair(before, after),
        )
    }

    /// Remembers them, unless they are very many.
    pub fn keep_changes(&mut self, before: &ObjectId, after: &ObjectId, changes: &[ChangedPath]) {
        if changes.len() <= CHANGES_MAX {
            let look = self.table.look;
            let changes = changes.to_vec();
            keep(&mut self.table.changes, look, pair(before, after), changes);
        }
    }

    /// What became of a merge; `key` stands for its bases and sides.
    pub fn merge(&mut self, key: &str) -> Option<MergeAnswer> {
        recall(&mut self.table.merges, self.table.look, key)
    }

    /// Remembers it.
    pub fn keep_merge(&mut self, key: String, answer: MergeAnswer) {
        keep(&mut self.table.merges, self.table.look, key, answer);
    }

    /// Writes down what is remembered, and gives up the memory.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(mut self) -> Result<(), MemoryError> {
        let scratch = self.folder.join("scratch");
        match std::fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&scratch)(error));
            }
            Ok(()) | Err(_) => {}
        }
        let objects = self.folder.join("objects");
        if bytes_below(&objects).map_err(failed(&objects))? > OBJECT_BYTES_MAX {
            self.forget()?;
        }
        let look = self.table.look;
        prune(&mut self.table.trees, look);
        prune(&mut self.table.bases, look);
        prune(&mut self.table.changes, look);
        prune(&mut self.table.merges, look);
        let path = self.folder.join("answers.json");
        let new = self.folder.join("answers.json.new");
        let bytes = serde_json::to_vec(&self.table)
            .map_err(|error| failed(&new)(std::io::Error::other(error)))?;
        std::fs::write(&new, bytes).map_err(failed(&new))?;
        std::fs::rename(&new, &path).map_err(failed(&path))
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> MemoryError {
    let path = path.to_owned();
    move |source| MemoryError {
        path: path.clone(),
        source,
    }
}

fn pair(ours: &ObjectId, theirs: &ObjectId) -> String {
    format!("{ours} {theirs}")
}

fn keep<T>(answers: &mut BTreeMap<String, Kept<T>>, look: u64, key: String, answer: T) {
    answers.insert(key, Kept { look, answer });
}

fn recall<T: Clone>(answers: &mut BTreeMap<String, Kept<T>>, look: u64, key: &str) -> Option<T> {
    let kept = answers.get_mut(key)?;
    kept.look = look;
    Some(kept.answer.clone())
}

/// Forgets what was not asked for in a while, and the oldest of what is too much.
fn prune<T>(answers: &mut BTreeMap<String, Kept<T>>, look: u64) {
    answers.retain(|_, kept| kept.look + LOOKS_KEPT > look);
    if answers.len() > ANSWERS_MAX {
        let mut looks: Vec<u64> = answers.values().map(|kept| kept.look).collect();
        looks.sort_unstable();
        let oldest = looks[looks.len() - ANSWERS_MAX];
        answers.retain(|_, kept| kept.look >= oldest);
    }
}

/// Objects lie in folders named by the first two digits of their names, or in `pack`.
fn bytes_below(objects: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for folder in std::fs::read_dir(objects)? {
        for file in std::fs::read_dir(folder?.path())? {
            bytes += file?.metadata()?.len();
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ObjectId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    #[test]
    fn what_was_saved_is_known_again_until_nobody_asks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let open = || ConflictMemory::open(folder.path()).unwrap();
        let mut memory = open();
        memory.keep_tree("a".to_owned(), id('1'));
        memory.keep_bases(&id('1'), &id('2'), vec![id('3')]);
        memory.save().unwrap();
        for _ in 0..LOOKS_KEPT {
            let mut memory = open();
            assert_eq!(memory.bases(&id('1'), &id('2')), Some(vec![id('3')]));
            memory.save().unwrap();
        }
        assert_eq!(open().tree("a"), None);
    }
}
