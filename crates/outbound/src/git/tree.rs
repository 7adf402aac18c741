//! Trees: what differs between two of them, and the tree that a work tree holds right now.

use std::path::{Path, PathBuf};

use adjutant_domain::ObjectId;

use super::{Git, GitError, ObjectFolder, absolute, object_id, path_text, unreadable};

/// A file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: String,
    /// What it was; `None` when it was added.
    pub before: Option<Entry>,
    /// What it is; `None` when it was deleted.
    pub after: Option<Entry>,
}

/// A file in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its mode: `100644` a file, `100755` a program, `120000` a link, `160000` a submodule.
    pub mode: String,
    /// Its content.
    pub id: ObjectId,
}

/// How the tree of a work tree is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot<'a> {
    /// A folder of the caller's (absolute; it exists) for the private copy of the index.
    pub scratch: &'a Path,
    /// Where new objects go; `None` is the repository itself.
    pub objects: Option<&'a ObjectFolder>,
}

impl Git {
    /// The files that differ between two trees (or commits), by path. A renamed file is one that
    /// was deleted and one that was added.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn changes(
        &self,
        before: &ObjectId,
        after: &ObjectId,
        objects: Option<&ObjectFolder>,
    ) -> Result<Vec<Change>, GitError> {
        let mut command = self.command(&[
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-ext-diff",
            before.as_str(),
            after.as_str(),
        ]);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        parse_changes(&self.finish(command, &[])?)
    }

    /// The same for several pairs of trees (not commits), from one process, in the same order.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn changes_of_pairs(
        &self,
        pairs: &[(ObjectId, ObjectId)],
        objects: Option<&ObjectFolder>,
    ) -> Result<Vec<Vec<Change>>, GitError> {
        if pairs.is_empty() {
            return Ok(vec![]);
        }
        let mut command = self.command(&[
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-ext-diff",
        ]);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        let heads: Vec<String> = pairs
            .iter()
            .map(|(before, after)| format!("{before} {after}\n"))
            .collect();
        let answer = self.finish(command, heads.concat().as_bytes())?;
        let mut rest = answer.as_slice();
        let mut all = Vec::with_capacity(pairs.len());
        // Each answer starts with its line of the input.
        for (at, head) in heads.iter().enumerate() {
            let own = rest
                .strip_prefix(head.as_bytes())
                .ok_or_else(|| unreadable("diff-tree --stdin", rest))?;
            let end = match heads.get(at + 1) {
                Some(next) => end_of_changes(own, next.as_bytes())
                    .ok_or_else(|| unreadable("diff-tree --stdin", own))?,
                None => own.len(),
            };
            all.push(parse_changes(&own[..end])?);
            rest = &own[end..];
        }
        Ok(all)
    }

    /// The tree that this work tree holds right now: with uncommitted changes and untracked files,
    /// without ignored ones. The work tree, its index and its refs are only read; git may renew
    /// the age of a loose object that it meets again.
    ///
    /// # Errors
    /// When a file cannot be read, or the index holds a merge that was not finished.
    pub fn snapshot(&self, snapshot: Snapshot<'_>) -> Result<ObjectId, GitError> {
        let index = self.git_dir()?.join("index");
        let private = absolute(snapshot.scratch)?.join("index");
        copy_with_its_time(&index, &private)?;
        let with_index = |arguments: &[&str]| {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", &private);
            if let Some(objects) = snapshot.objects {
                objects.apply(&mut command);
            }
            self.finish(command, &[])
        };
        // Before anything is added: a half-finished merge would be added with its markers.
        if !with_index(&["ls-files", "--unmerged", "-z"])?.is_empty() {
            return Err(GitError::Failed {
                command: "ls-files --unmerged".to_owned(),
                folder: self.folder().to_owned(),
                code: Some(0),
                said: "a merge is not finished: its conflicts are still in the index".to_owned(),
            });
        }
        with_index(&["add", "--all", "--", ":/"])?;
        let tree = with_index(&["write-tree"])?;
        object_id("write-tree", tree.trim_ascii_end())
    }
}

/// Git takes a file for unchanged when it looks as the index says, unless it was written in the
/// same instant as the index: then it reads it. A copy that looks younger would hide such a
/// change, so it keeps the time of the original.
pub(super) fn copy_with_its_time(from: &Path, to: &Path) -> Result<(), GitError> {
    let failed = |path: &Path| {
        let path: PathBuf = path.to_owned();
        move |source| GitError::File { path, source }
    };
    let modified = match std::fs::metadata(from) {
        Ok(metadata) => metadata.modified().map_err(failed(from))?,
        // A work tree in which nothing was ever added has no index.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(from)(error)),
    };
    std::fs::copy(from, to).map_err(failed(to))?;
    let copy = std::fs::File::options()
        .write(true)
        .open(to)
        .map_err(failed(to))?;
    copy.set_modified(modified).map_err(failed(to))
}

/// Where the changes end and `next` begins: a change is two fields, the first of which starts with
/// a colon, and a path is never taken for the beginning of anything.
fn end_of_changes(answer: &[u8], next: &[u8]) -> Option<usize> {
    let mut at = 0;
    while answer.get(at) == Some(&b':') {
        for _ in 0..2 {
            at += answer[at..].iter().position(|byte| *byte == 0)? + 1;
        }
    }
    answer[at..].starts_with(next).then_some(at)
}

/// `:<mode> <mode> <object> <object> <letter>\0<path>\0`, repeated.
fn parse_changes(answer: &[u8]) -> Result<Vec<Change>, GitError> {
    let mut fields = answer.split(|byte| *byte == 0);
    let mut changes = Vec::new();
    while let Some(head) = fields.next() {
        if head.is_empty() {
            continue;
        }
        let change = fields.next().and_then(|path| parse_change(head, path));
        changes.push(change.ok_or_else(|| unreadable("diff-tree", head))?);
    }
    Ok(changes)
}

fn parse_change(head: &[u8], path: &[u8]) -> Option<Change> {
    let head = std::str::from_utf8(head).ok()?.strip_prefix(':')?;
    let words: Vec<&str> = head.split(' ').collect();
    let [mode_before, mode_after, before, after, _letter] = words.as_slice() else {
        return None;
    };
    let entry = |mode: &str, id: &str| {
        if mode == "000000" {
            return Some(None);
        }
        let id = id.parse().ok()?;
        let mode = mode.to_owned();
        Some(Some(Entry { mode, id }))
    };
    Some(Change {
        path: path_text(path),
        before: entry(mode_before, before)?,
        after: entry(mode_after, after)?,
    })
}
