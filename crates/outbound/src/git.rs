//! The `git` program: the only module that runs it, and the truth about trees, merges and work
//! trees.
//!
//! Every call is hermetic: no hooks, no pager, no prompt, no advice, messages in English, nothing
//! of the caller's `GIT_*` variables that would lead it to another repository or index, and no
//! lock taken in passing. Nothing goes through a shell, and what a caller names (a revision, a
//! path, a ref) is never read as an option. The user's own configuration stays: it says which
//! files are ignored and how lines end.

mod checking;
mod edits;
mod index_file;
mod look;
mod merge;
mod objects;
mod reference;
mod tree;
mod work_tree;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use adjutant_domain::ObjectId;

pub use look::{Look, Looked, NotLooked, tracked_folders};
pub use merge::{ConflictedEntry, MergeMessage, Merged, TreeMerge};
pub use objects::ObjectFolder;
pub use reference::{CommitText, RefUpdate};
pub use tree::{Change, Entry, Snapshot};
pub use work_tree::{Head, ListedWorkTree};

/// The oldest git whose `merge-tree` takes trees as the base of a merge.
pub const GIT_MIN: (u32, u32) = (2, 45);

/// What a message of git is cut to, so that an error stays readable.
const SAID_BYTES_MAX: usize = 2_000;

/// Variables that lead git to another repository, index or configuration: what `git rev-parse
/// --local-env-vars` names, and those that make it trace, ask or look elsewhere.
const VARIABLES_REMOVED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_WORK_TREE",
];

/// Settings that win over every configuration file.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "log.showSignature=false",
    "color.ui=false",
];

/// The git program at work in one folder: a work tree, or a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    folder: PathBuf,
}

/// A call of git that gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be started.
    #[error("git cannot be started in {}: {source}", folder.display())]
    NotStarted {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program said no.
    #[error("git {command} failed in {}: {said}", folder.display())]
    Failed {
        /// The command and its arguments.
        command: String,
        /// Where.
        folder: PathBuf,
        /// Its exit code; none when a signal ended it.
        code: Option<i32>,
        /// What it wrote to its standard error.
        said: String,
    },
    /// Its answer is not what its documentation describes.
    #[error("git {command} answered what cannot be read: {answer:?}")]
    Unreadable {
        /// The command.
        command: String,
        /// The part that cannot be read.
        answer: String,
    },
    /// A path that is not absolute could be taken for an option, or for another folder's.
    #[error("{}: a path for git must be absolute", .0.display())]
    RelativePath(PathBuf),
    /// Only what lies below `refs/` is a ref that may be moved.
    #[error("{0:?} is not the full name of a ref: it must start with refs/")]
    NotARef(String),
    /// A file that git needs could not be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program is too old.
    #[error("git {found} is too old: {}.{} or later is needed", GIT_MIN.0, GIT_MIN.1)]
    TooOld {
        /// Its version.
        found: String,
    },
}

impl GitError {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            GitError::NotStarted { .. } => "Install git, and check that the folder exists.",
            GitError::Failed { .. } => "Run the command in that folder and follow git's advice.",
            GitError::Unreadable { .. } => "Check that the program called git is git.",
            GitError::RelativePath(_) => "Give the path from the root.",
            GitError::NotARef(_) => "Give the ref's full name, such as refs/heads/main.",
            GitError::File { .. } => "Check the permissions and the free space of its folder.",
            GitError::TooOld { .. } => "Install a newer git.",
        }
    }
}

impl Git {
    /// Git at work in `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where it works.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command and gives what it wrote. The caller makes sure that nothing a user named is
    /// read as an option.
    ///
    /// # Errors
    /// When git cannot be started or ends with anything but 0.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>, GitError> {
        self.finish(self.command(arguments), &[])
    }

    /// The same as one line of text.
    ///
    /// # Errors
    /// As [`Git::run`]; also when the answer is not UTF-8.
    pub fn line<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitError> {
        let command = self.command(arguments);
        let name = described(&command);
        let answer = self.finish(command, &[])?;
        String::from_utf8(answer)
            .map(|text| text.trim_end_matches('\n').to_owned())
            .map_err(|error| unreadable(&name, &error.into_bytes()))
    }

    /// Checks that the program is new enough.
    ///
    /// # Errors
    /// When it is not, or cannot be started.
    pub fn check_version(&self) -> Result<(), GitError> {
        let line = self.line(&["version"])?;
        let found = line.trim_start_matches("git version ");
        let mut numbers = found.split('.').map_while(|part| part.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) if (major, minor) >= GIT_MIN => Ok(()),
            (Some(_), Some(_)) => Err(GitError::TooOld {
                found: found.to_owned(),
            }),
            _ => Err(unreadable("version", line.as_bytes())),
        }
    }

    /// The object that `revision` names, peeled to `kind` (`commit`, `tree` or `blob`). `None`
    /// when there is no such object.
    ///
    /// # Errors
    /// When git cannot answer.
    pub fn rev_parse(&self, revision: &str, kind: &str) -> Result<Option<ObjectId>, GitError> {
        let peeled = format!("{revision}^{{{kind}}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ];
        let output = self.output(self.command(&arguments), &[])?;
        match output.status.code() {
            Some(0) => self.object_id("rev-parse", &output.stdout).map(Some),
            Some(1) => Ok(None),
            _ => Err(self.failed("rev-parse", &output)),
        }
    }

    /// The trees of commits, in the same order.
    ///
    /// # Errors
    /// When one of them is not a commit.
    pub fn trees_of(&self, commits: &[ObjectId]) -> Result<Vec<ObjectId>, GitError> {
        // The most arguments of one process stay far below what a system takes.
        const COMMITS_A_PROCESS: usize = 500;
        let mut trees = Vec::with_capacity(commits.len());
        for commits in commits.chunks(COMMITS_A_PROCESS) {
            let peeled = commits.iter().map(|commit| format!("{commit}^{{tree}}"));
            let arguments: Vec<String> =
                ["rev-parse".to_owned()].into_iter().chain(peeled).collect();
            let answer = self.run(&arguments)?;
            for line in answer.trim_ascii_end().split(|byte| *byte == b'\n') {
                trees.push(self.object_id("rev-parse", line)?);
            }
        }
        Ok(trees)
    }

    /// This work tree's own git folder, absolute.
    ///
    /// # Errors
    /// When the folder lies in no repository.
    pub fn git_dir(&self) -> Result<PathBuf, GitError> {
        self.line(&["rev-parse", "--absolute-git-dir"])
            .map(PathBuf::from)
    }

    /// The commits from which both histories grew, best first: none for unrelated histories,
    /// several when they were merged crosswise.
    ///
    /// # Errors
    /// When one of them is not a commit.
    pub fn merge_bases(
        &self,
        ours: &ObjectId,
        theirs: &ObjectId,
    ) -> Result<Vec<ObjectId>, GitError> {
        let arguments = ["merge-base", "--all", ours.as_str(), theirs.as_str()];
        let output = self.output(self.command(&arguments), &[])?;
        match output.status.code() {
            Some(0) => output
                .stdout
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| self.object_id("merge-base", line))
                .collect(),
            Some(1) => Ok(vec![]),
            _ => Err(self.failed("merge-base", &output)),
        }
    }

    /// Whether `descendant` contains everything that `ancestor` contains.
    ///
    /// # Errors
    /// When one of them is not a commit.
    pub fn is_ancestor(
        &self,
        ancestor: &ObjectId,
        descendant: &ObjectId,
    ) -> Result<bool, GitError> {
        let arguments = [
            "merge-base",
            "--is-ancestor",
            ancestor.as_str(),
            descendant.as_str(),
        ];
        let output = self.output(self.command(&arguments), &[])?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(self.failed("merge-base", &output)),
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that starts git"
    )]
    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        for variable in VARIABLES_REMOVED {
            command.env_remove(variable);
        }
        command
            .current_dir(&self.folder)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ADVICE", "0")
            .env("GIT_PAGER", "cat")
            .env("GIT_EDITOR", "false")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command
    }

    /// Runs a command to its end; anything but exit code 0 is an error.
    fn finish(&self, command: Command, input: &[u8]) -> Result<Vec<u8>, GitError> {
        let name = described(&command);
        let output = self.output(command, input)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(self.failed(&name, &output))
        }
    }

    /// Runs a command to its end, feeding it `input` while its answer is read.
    fn output(&self, mut command: Command, input: &[u8]) -> Result<Output, GitError> {
        let not_started = |source| GitError::NotStarted {
            folder: self.folder.clone(),
            source,
        };
        if input.is_empty() {
            return command.output().map_err(not_started);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            let feeding = scope.spawn(move || match stdin {
                Some(mut stdin) => stdin.write_all(input),
                None => Ok(()),
            });
            let output = child.wait_with_output().map_err(not_started)?;
            match feeding.join() {
                // A program that ends early has said why on its standard error.
                Ok(Err(source)) if output.status.success() => Err(not_started(source)),
                Ok(Ok(()) | Err(_)) => Ok(output),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn failed(&self, command: &str, output: &Output) -> GitError {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().chars().take(SAID_BYTES_MAX).collect();
        GitError::Failed {
            command: command.to_owned(),
            folder: self.folder.clone(),
            code: output.status.code(),
            said,
        }
    }

    fn object_id(&self, command: &str, answer: &[u8]) -> Result<ObjectId, GitError> {
        object_id(command, answer.trim_ascii_end())
    }
}

/// The command as a person would write it, without our settings.
fn described(command: &Command) -> String {
    let words: Vec<_> = command
        .get_args()
        .skip(2 * SETTINGS.len())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}

fn object_id(command: &str, answer: &[u8]) -> Result<ObjectId, GitError> {
    std::str::from_utf8(answer)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| unreadable(command, answer))
}

fn unreadable(command: &str, answer: &[u8]) -> GitError {
    const SHOWN_MAX: usize = 200;
    GitError::Unreadable {
        command: command.to_owned(),
        answer: String::from_utf8_lossy(&answer[..answer.len().min(SHOWN_MAX)]).into_owned(),
    }
}

fn absolute(path: &Path) -> Result<&Path, GitError> {
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(GitError::RelativePath(path.to_owned()))
    }
}

/// A path of the repository as text. One that is not UTF-8 is written the way git quotes it, which
/// no other path is: it starts with a quotation mark and escapes the backslash.
fn path_text(path: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(path) {
        return text.to_owned();
    }
    let mut text = String::from("\"");
    for byte in path {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}
