//! The work trees of a repository: which there are, and making and removing detached ones.

use std::path::{Path, PathBuf};

use adjutant_domain::ObjectId;

use super::{Git, GitError, absolute, object_id, unreadable};

/// A work tree, as `git worktree list` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWorkTree {
    /// Its top folder; the repository itself when it is bare.
    pub path: PathBuf,
    /// What is checked out.
    pub head: Head,
    /// Why it is locked, when it is.
    pub locked: Option<String>,
    /// Why git would forget it, when it would: mostly that its folder is gone.
    pub prunable: Option<String>,
}

/// What a work tree has checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Nothing: the repository has no work tree here.
    Bare,
    /// A branch without a commit.
    Unborn {
        /// The branch's full name.
        branch: String,
    },
    /// A branch.
    Branch {
        /// Its full name, `refs/heads/…`.
        branch: String,
        /// Its commit.
        commit: ObjectId,
    },
    /// A commit without a branch.
    Detached {
        /// The commit.
        commit: ObjectId,
    },
    /// Nothing yet: git is making it, or was killed while it did.
    Unfinished,
}

impl Head {
    /// The commit, when there is one.
    pub fn commit(&self) -> Option<&ObjectId> {
        match self {
            Head::Branch { commit, .. } | Head::Detached { commit } => Some(commit),
            Head::Bare | Head::Unborn { .. } | Head::Unfinished => None,
        }
    }
}

impl Git {
    /// All work trees of the repository, the main one first.
    ///
    /// # Errors
    /// When the folder lies in no repository, or another git is just making a work tree:
    /// [`crate::check_room::work_trees`] waits for that one.
    pub fn work_trees(&self) -> Result<Vec<ListedWorkTree>, GitError> {
        let answer = self.run(&["worktree", "list", "--porcelain", "-z"])?;
        parse_work_trees(&answer)
    }

    /// Makes a work tree of its own for `commit` in `path` (absolute, not there yet), on no branch.
    /// It is locked until it is removed, so that nobody's pruning takes it away.
    ///
    /// # Errors
    /// When the folder is there already, or git cannot write it.
    pub fn add_detached(&self, path: &Path, commit: &ObjectId) -> Result<(), GitError> {
        let path = absolute(path)?.as_os_str();
        self.run(&[
            "worktree".as_ref(),
            "add".as_ref(),
            "--detach".as_ref(),
            "--quiet".as_ref(),
            "--lock".as_ref(),
            "--end-of-options".as_ref(),
            path,
            commit.as_str().as_ref(),
        ])
        .map(|_nothing| ())
    }

    /// Removes a work tree with everything in it, even when it is locked or was changed.
    ///
    /// # Errors
    /// When it is not a work tree of this repository, or cannot be removed.
    pub fn remove_work_tree(&self, path: &Path) -> Result<(), GitError> {
        let path = absolute(path)?.as_os_str();
        self.run(&[
            "worktree".as_ref(),
            "remove".as_ref(),
            "--force".as_ref(),
            "--force".as_ref(),
            "--end-of-options".as_ref(),
            path,
        ])
        .map(|_nothing| ())
    }
}

fn parse_work_trees(answer: &[u8]) -> Result<Vec<ListedWorkTree>, GitError> {
    let mut listed = Vec::new();
    let mut lines: Vec<&[u8]> = Vec::new();
    for line in answer.split(|byte| *byte == 0) {
        if !line.is_empty() {
            lines.push(line);
        } else if !lines.is_empty() {
            listed.push(parse_work_tree(&lines)?);
            lines.clear();
        }
    }
    Ok(listed)
}

fn parse_work_tree(lines: &[&[u8]]) -> Result<ListedWorkTree, GitError> {
    const COMMAND: &str = "worktree list";
    let (mut path, mut commit, mut branch) = (None, None, None);
    let (mut bare, mut unfinished, mut locked, mut prunable) = (false, false, None, None);
    for line in lines {
        let (name, value) = match line.iter().position(|byte| *byte == b' ') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (*line, &[][..]),
        };
        let text = || String::from_utf8_lossy(value).into_owned();
        match name {
            b"worktree" => path = Some(path_of(value)),
            // Zeros are a branch without a commit, or the first thing that git writes.
            b"HEAD" if value.iter().all(|byte| *byte == b'0') => unfinished = true,
            b"HEAD" => commit = Some(object_id(COMMAND, value)?),
            b"branch" => branch = Some(text()),
            b"bare" => bare = true,
            b"locked" => locked = Some(text()),
            b"prunable" => prunable = Some(text()),
            // `detached` says what the missing branch says; later versions may tell more.
            _ => {}
        }
    }
    let head = match (bare, branch, commit) {
        (true, _, _) => Head::Bare,
        (false, Some(branch), Some(commit)) => Head::Branch { branch, commit },
        (false, Some(branch), None) => Head::Unborn { branch },
        (false, None, Some(commit)) => Head::Detached { commit },
        (false, None, None) if unfinished => Head::Unfinished,
        (false, None, None) => return Err(unreadable(COMMAND, &lines.concat())),
    };
    Ok(ListedWorkTree {
        path: path.ok_or_else(|| unreadable(COMMAND, &lines.concat()))?,
        head,
        locked,
        prunable,
    })
}

fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}
