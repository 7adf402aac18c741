//! What verification needs of git: trees put together from two others, the tree of the tracked
//! files as they lie on the disk, and a file of a commit.

use std::path::Path;

use adjutant_domain::ObjectId;

use super::{Change, Git, GitError, absolute, object_id};

impl Git {
    /// The tree `base` with the files of `changes` as they are after them. `scratch` is a folder
    /// of the caller's for a private index.
    ///
    /// # Errors
    /// When git fails.
    pub fn overlay(
        &self,
        base: &ObjectId,
        changes: &[&Change],
        scratch: &Path,
    ) -> Result<ObjectId, GitError> {
        let mut input = Vec::new();
        for change in changes {
            let line = match &change.after {
                Some(entry) => format!("{} {}\t{}\0", entry.mode, entry.id, change.path),
                None => format!("0 {}\t{}\0", "0".repeat(base.as_str().len()), change.path),
            };
            input.extend_from_slice(line.as_bytes());
        }
        let index = absolute(scratch)?.join("overlay-index");
        self.with_index(&index, &["read-tree", base.as_str()], &[])?;
        if !input.is_empty() {
            self.with_index(&index, &["update-index", "-z", "--index-info"], &input)?;
        }
        let tree = self.with_index(&index, &["write-tree"], &[])?;
        object_id("write-tree", tree.trim_ascii_end())
    }

    /// The tree of the files that `tree` tracks, as they lie in this work tree now. Every file is
    /// read: neither the index of the work tree nor a file's time is believed.
    ///
    /// # Errors
    /// When git fails.
    pub fn tracked_tree(&self, tree: &ObjectId, scratch: &Path) -> Result<ObjectId, GitError> {
        let index = absolute(scratch)?.join("tracked-index");
        self.with_index(&index, &["read-tree", tree.as_str()], &[])?;
        self.with_index(&index, &["add", "--update", "--", ":/"], &[])?;
        let tree = self.with_index(&index, &["write-tree"], &[])?;
        object_id("write-tree", tree.trim_ascii_end())
    }

    /// Tracked files with changes that no commit holds.
    ///
    /// # Errors
    /// When git fails.
    pub fn uncommitted(&self) -> Result<Vec<String>, GitError> {
        let answer = self.run(&[
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
        ])?;
        Ok(answer
            .split(|byte| *byte == 0)
            .filter_map(|record| record.get(3..))
            .map(|path| String::from_utf8_lossy(path).into_owned())
            .collect())
    }

    /// The bytes of a file in a commit. `None` when the commit has no such file.
    ///
    /// # Errors
    /// When git fails.
    pub fn file_of(&self, commit: &ObjectId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        match self.rev_parse_path(commit, path)? {
            Some(blob) => self.run(&["cat-file", "blob", blob.as_str()]).map(Some),
            None => Ok(None),
        }
    }

    /// How many lines differ between two commits: those added and those removed. A binary file
    /// that differs counts as one.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_lines(&self, before: &ObjectId, after: &ObjectId) -> Result<u64, GitError> {
        let answer = self.run(&[
            "diff-tree",
            "-r",
            "--numstat",
            "--no-renames",
            before.as_str(),
            after.as_str(),
        ])?;
        let text = String::from_utf8_lossy(&answer);
        let lines = text.lines().map(|line| {
            let mut words = line.split('\t');
            let (added, removed) = (words.next(), words.next());
            let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
            match (number(added), number(removed)) {
                (Some(added), Some(removed)) => added + removed,
                (_, _) => 1,
            }
        });
        Ok(lines.sum())
    }

    /// Moves the branch that this work tree has checked out forward to `commit`, with its files.
    ///
    /// # Errors
    /// When the branch is not behind `commit`, or files with uncommitted changes are in the way:
    /// then nothing is changed.
    pub fn fast_forward(&self, commit: &ObjectId) -> Result<(), GitError> {
        self.run(&[
            "merge",
            "--quiet",
            "--ff-only",
            "--no-autostash",
            commit.as_str(),
        ])
        .map(|_said| ())
    }

    fn rev_parse_path(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, GitError> {
        let revision = format!("{commit}:{path}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &revision,
        ];
        let output = self.output(self.command(&arguments), &[])?;
        match output.status.code() {
            Some(0) => self.object_id("rev-parse", &output.stdout).map(Some),
            Some(1 | 128) => Ok(None),
            Some(_) | None => Err(self.failed("rev-parse", &output)),
        }
    }

    fn with_index(
        &self,
        index: &Path,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(arguments);
        command.env("GIT_INDEX_FILE", index);
        self.finish(command, input)
    }
}
