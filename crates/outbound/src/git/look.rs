//! A look at a work tree as it is right now, that starts no process when nothing was edited.
//!
//! The same answer as [`Git::snapshot`], but only the files that may differ from the index are
//! read, and what was read once is remembered by how those files look. Work trees whose index is of
//! a kind that is not read here get the snapshot.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use adjutant_domain::{ObjectId, Timestamp, sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edits::{Edits, find_edits, join};
use super::index_file::{self, Index};
use super::tree::copy_with_its_time;
use super::{Git, GitError, ObjectFolder, Snapshot, object_id, path_text};

/// A file that was written this short a time before a look may be written again without looking
/// different, so that look is not remembered. In milliseconds.
const SETTLED_MILLIS: i64 = 100;

/// The most paths that git is given as arguments; with more, it lists all untracked files.
const ARGUMENTS_MAX: usize = 500;

/// How to look.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The work tree's own git folder.
    pub git_dir: &'a Path,
    /// A folder of the caller's for the private copy of the index, for this work tree only.
    pub scratch: &'a Path,
    /// Where new objects go. Remembered trees are in there.
    pub objects: &'a ObjectFolder,
    /// How many bytes the name of an object has: 20 or 32.
    pub hash_bytes: usize,
    /// The time now.
    pub now: Timestamp,
}

/// What a look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The tree, with uncommitted and untracked files.
    pub tree: ObjectId,
    /// What stands for all that the tree was made of, if the tree may be remembered under it.
    pub key: Option<String>,
    /// Submodules and repositories inside the work tree: what they hold was not looked at.
    pub inner: Vec<String>,
    /// How many files the work tree leaves out (a sparse checkout); they count as unchanged.
    pub left_out: usize,
}

/// Why a work tree was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum NotLooked {
    /// It has no files: the repository is bare.
    Bare,
    /// Its folder is gone.
    Missing,
    /// It has no commit yet.
    Unborn,
    /// A rebase, a merge or a bisection is under way, so its files are not the work.
    UnderWay {
        /// Which: `rebase`, `merge`, `bisect`.
        what: String,
    },
    /// Conflicts are still in its index.
    Unmerged {
        /// How many sides of files.
        entries: usize,
    },
    /// It cannot be read.
    Unreadable {
        /// Why.
        problem: String,
    },
}

impl From<GitError> for NotLooked {
    fn from(error: GitError) -> Self {
        NotLooked::Unreadable {
            problem: error.to_string(),
        }
    }
}

/// Files and folders of a git folder that say what is under way.
const UNDER_WAY: &[(&str, &str)] = &[
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("BISECT_LOG", "bisect"),
];

impl Git {
    /// Looks at this work tree (its top is the folder). `remembered` knows the trees of earlier
    /// looks by their keys.
    ///
    /// # Errors
    /// When the work tree is not in a state to be looked at, or cannot be read.
    pub fn look(
        &self,
        look: &Look<'_>,
        remembered: impl Fn(&str) -> Option<ObjectId>,
    ) -> Result<Looked, NotLooked> {
        let is_there = |(name, _): &&(&str, &str)| look.git_dir.join(name).exists();
        if let Some((_, what)) = UNDER_WAY.iter().find(is_there) {
            let what = (*what).to_owned();
            return Err(NotLooked::UnderWay { what });
        }
        let path = look.git_dir.join("index");
        let unreadable = |path: &Path, error: std::io::Error| NotLooked::Unreadable {
            problem: format!("{}: {error}", path.display()),
        };
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            // Nothing was ever added: rare enough to leave it to git.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.look_at_all(look);
            }
            Err(error) => return Err(unreadable(&path, error)),
        };
        // The time first: an index that is written in between then looks too old, never too new.
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let Some(index) = index_file::parse(&bytes, look.hash_bytes) else {
            return self.look_at_all(look);
        };
        let written = (metadata.mtime(), metadata.mtime_nsec());
        let edits = find_edits(self.folder(), &index, written)
            .map_err(|error| unreadable(self.folder(), error))?;
        if edits.unmerged > 0 {
            let entries = edits.unmerged;
            return Err(NotLooked::Unmerged { entries });
        }
        let content = || index_file::checksum(&bytes, look.hash_bytes);
        Ok(self.tree_of_edits(look, &index, content, edits, &remembered)?)
    }

    fn tree_of_edits(
        &self,
        look: &Look<'_>,
        index: &Index,
        content: impl Fn() -> String,
        mut edits: Edits,
        remembered: &impl Fn(&str) -> Option<ObjectId>,
    ) -> Result<Looked, GitError> {
        let embedded = self.leave_out_ignored(&mut edits)?;
        let checked_out: Vec<Vec<u8>> = edits
            .submodules
            .iter()
            .filter(|path| join(self.folder(), path).join(".git").exists())
            .cloned()
            .collect();
        let inner = edits.submodules.iter().chain(&embedded);
        let looked = |tree, key| Looked {
            tree,
            key,
            inner: inner.map(|path| path_text(path)).collect(),
            left_out: edits.skipped,
        };
        let known = index.tree.as_deref().and_then(|tree| tree.parse().ok());
        let present = [edits.tracked, edits.untracked, checked_out.clone()].concat();
        if let (Some(tree), true) = (known, present.is_empty() && edits.gone.is_empty()) {
            return Ok(looked(tree, None));
        }
        // What a submodule has checked out cannot be seen from outside it.
        let key = match self.appearance(content(), &present, &edits.gone, look.now) {
            Some(key) if checked_out.is_empty() => key,
            Some(_) | None => {
                let tree = self.write_edits(look, &present, &edits.gone)?;
                return Ok(looked(tree, None));
            }
        };
        if let Some(tree) = remembered(&key) {
            return Ok(looked(tree, Some(key)));
        }
        let tree = self.write_edits(look, &present, &edits.gone)?;
        Ok(looked(tree, Some(key)))
    }

    /// The slow way, for what is not read here.
    fn look_at_all(&self, look: &Look<'_>) -> Result<Looked, NotLooked> {
        let tree = self.snapshot(Snapshot {
            scratch: look.scratch,
            objects: Some(look.objects),
        })?;
        Ok(Looked {
            tree,
            key: None,
            inner: vec![],
            left_out: 0,
        })
    }

    /// Keeps of the untracked files and folders the files that are not ignored, and gives the
    /// repositories among them.
    fn leave_out_ignored(&self, edits: &mut Edits) -> Result<Vec<Vec<u8>>, GitError> {
        let candidates = std::mem::take(&mut edits.untracked);
        if candidates.is_empty() {
            return Ok(vec![]);
        }
        let mut command = self.command(&[
            "--literal-pathspecs",
            "ls-files",
            "-z",
            "--others",
            "--exclude-standard",
            "--",
        ]);
        if candidates.len() <= ARGUMENTS_MAX {
            command.args(
                candidates
                    .iter()
                    .map(|path| std::ffi::OsStr::from_bytes(path)),
            );
        }
        let answer = self.finish(command, &[])?;
        let mut embedded = Vec::new();
        for path in answer.split(|byte| *byte == 0) {
            match path {
                [] => {}
                [repository @ .., b'/'] => embedded.push(repository.to_vec()),
                file => edits.untracked.push(file.to_vec()),
            }
        }
        Ok(embedded)
    }

    /// What stands for the index and the edited files: as long as it is the same, so is the tree.
    /// `None` when a file may change once more without looking different.
    fn appearance(
        &self,
        index: String,
        present: &[Vec<u8>],
        gone: &[Vec<u8>],
        now: Timestamp,
    ) -> Option<String> {
        let settled = now.unix_millis() - SETTLED_MILLIS;
        let mut text = index.into_bytes();
        for path in gone {
            text.extend([b"gone\0", path.as_slice(), b"\0"].concat());
        }
        for path in present {
            let file = std::fs::symlink_metadata(join(self.folder(), path)).ok()?;
            let millis = |seconds: i64, nanos: i64| seconds * 1_000 + nanos / 1_000_000;
            let changed = millis(file.ctime(), file.ctime_nsec());
            if changed.max(millis(file.mtime(), file.mtime_nsec())) > settled {
                return None;
            }
            let look = format!(
                "\0{} {} {} {}.{:09} {}.{:09}\0",
                file.mode(),
                file.size(),
                file.ino(),
                file.mtime(),
                file.mtime_nsec(),
                file.ctime(),
                file.ctime_nsec()
            );
            text.extend([path.as_slice(), look.as_bytes()].concat());
        }
        Some(sha256::digest_of(&text).to_string())
    }

    /// The tree of the index with these files as they are now.
    fn write_edits(
        &self,
        look: &Look<'_>,
        present: &[Vec<u8>],
        gone: &[Vec<u8>],
    ) -> Result<ObjectId, GitError> {
        let private = look.scratch.join("index");
        copy_with_its_time(&look.git_dir.join("index"), &private)?;
        let with_index = |arguments: &[&str], paths: &[Vec<u8>]| {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", &private);
            look.objects.apply(&mut command);
            let input: Vec<u8> = paths
                .iter()
                .flat_map(|path| [path, &b"\0"[..]].concat())
                .collect();
            self.finish(command, &input)
        };
        // A file that became a folder has to go first, and what lies behind a link now cannot be
        // reached, only removed.
        if !gone.is_empty() {
            with_index(&["update-index", "-z", "--force-remove", "--stdin"], gone)?;
        }
        if !present.is_empty() {
            let options = ["-z", "--add", "--remove", "--replace", "--stdin"];
            let arguments = [&["-c", "core.safecrlf=false", "update-index"], &options[..]].concat();
            with_index(&arguments, present)?;
        }
        let tree = with_index(&["write-tree"], &[])?;
        object_id("write-tree", tree.trim_ascii_end())
    }
}

/// The folders of a work tree that hold tracked files, absolute: what has to be watched, beside
/// those of untracked files. None when its index is of a kind that is not read here.
pub fn tracked_folders(top: &Path, git_dir: &Path, hash_bytes: usize) -> BTreeSet<PathBuf> {
    let Some(index) = std::fs::read(git_dir.join("index"))
        .ok()
        .and_then(|bytes| index_file::parse(&bytes, hash_bytes))
    else {
        return BTreeSet::new();
    };
    let mut folders: BTreeSet<PathBuf> = [top.to_owned()].into();
    for entry in &index.entries {
        let mut path = entry.path.as_slice();
        while let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
            path = &path[..slash];
            if !folders.insert(join(top, path)) {
                break;
            }
        }
    }
    folders
}
