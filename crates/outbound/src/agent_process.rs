//! An agent at work: its own work tree and branch, its brief, its program under a keeper, its two
//! streams in files, and its work as a commit. What the work is worth is not decided here.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use adjutant_domain::ObjectId;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::git::{Git, GitError};
use crate::process::{self, Ended, Invocation, ProcessError};

/// The most bytes of each stream that are kept; the agent goes on when there are more.
pub const STREAM_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// The folder in a work tree that holds what Adjutant puts there. It ignores itself.
const OWN_FOLDER: &str = ".adjutant";

/// A work tree that was made for one agent and one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its top folder.
    pub folder: PathBuf,
    /// Its branch, without `refs/heads/`.
    pub branch: String,
    /// The commit on which the branch began.
    pub base: ObjectId,
    /// The brief.
    pub brief: PathBuf,
}

/// What an agent left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The last commit of its branch.
    pub head: ObjectId,
    /// Whether the tree differs from the one of the base.
    pub is_changed: bool,
    /// Whether changes that the agent had not committed were committed for it.
    pub is_committed_for_it: bool,
}

/// A site that could not be made, or a run that could not be watched.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// git said no.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The program could not be run under a keeper.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A file could not be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no commit to begin on.
    #[error("{}: there is no commit to begin on", .0.display())]
    NoCommit(PathBuf),
}

/// Makes a work tree in `folder` (absolute, not there yet) on a new branch at the commit that
/// `git`'s folder has checked out, and writes the brief into it, untracked.
///
/// # Errors
/// When git or the file system says no; nothing is left behind then but an empty branch.
pub fn prepare(git: &Git, folder: &Path, branch: &str, brief: &str) -> Result<Site, SiteError> {
    let base = git.rev_parse("HEAD", "commit")?;
    let base = base.ok_or_else(|| SiteError::NoCommit(git.folder().to_owned()))?;
    git.run(&[
        "worktree".as_ref(),
        "add".as_ref(),
        "--quiet".as_ref(),
        "-b".as_ref(),
        std::ffi::OsStr::new(branch),
        "--end-of-options".as_ref(),
        folder.as_os_str(),
        base.as_str().as_ref(),
    ])?;
    let own = folder.join(OWN_FOLDER);
    let brief_file = own.join("brief.md");
    std::fs::create_dir_all(&own).map_err(file_error(&own))?;
    write(&own.join(".gitignore"), "*\n")?;
    write(&brief_file, brief)?;
    Ok(Site {
        folder: folder.to_owned(),
        branch: branch.to_owned(),
        base,
        brief: brief_file,
    })
}

/// Runs the agent to its end, without input, its streams into the two files. When `cancel` is done
/// first, the agent is asked to end and killed after its grace, with everything it started.
///
/// # Errors
/// When the keeper fails, or a file cannot be written.
#[allow(
    clippy::disallowed_methods,
    reason = "both tasks are awaited here; they end with the streams they read"
)]
pub async fn run(
    invocation: &Invocation,
    transcript: &Path,
    complaints: &Path,
    cancel: impl Future<Output = ()>,
) -> Result<Ended, SiteError> {
    let mut running = process::start(invocation)?;
    drop(running.stdin.take());
    let output = running.stdout.take();
    let errors = running.stderr.take();
    let output = tokio::spawn(keep(output, transcript.to_owned()));
    let errors = tokio::spawn(keep(errors, complaints.to_owned()));
    let ended = running.wait_or_cancel(cancel).await?;
    for (kept, path) in [(output.await, transcript), (errors.await, complaints)] {
        kept.map_err(std::io::Error::other)
            .and_then(|kept| kept)
            .map_err(file_error(path))?;
    }
    Ok(ended)
}

/// Copies a stream into a file, up to the limit, and reads it to its end in any case.
async fn keep(stream: Option<impl AsyncRead + Unpin>, path: PathBuf) -> std::io::Result<()> {
    let mut file = File::create(&path)?;
    let Some(mut stream) = stream else {
        return Ok(());
    };
    let mut room = STREAM_BYTES_MAX;
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return file.flush();
        }
        let kept = length.min(usize::try_from(room).unwrap_or(usize::MAX));
        file.write_all(&buffer[..kept])?;
        room -= kept as u64;
    }
}

/// Looks at what the agent left. Changes that it did not commit are committed under its name, so
/// that an agent whose sandbox keeps it out of the repository can work too.
///
/// # Errors
/// When git says no.
pub fn settle(site: &Site, agent: &str, message: &str) -> Result<Left, SiteError> {
    let git = Git::at(&site.folder);
    let is_dirty = !git.run(&["status", "--porcelain", "-z"])?.is_empty();
    if is_dirty {
        git.run(&["add", "--all"])?;
        let name = format!("user.name={agent}");
        let arguments = [
            "-c",
            name.as_str(),
            "-c",
            "user.email=agent@localhost",
            "commit",
            "--quiet",
            "--no-verify",
            "--no-gpg-sign",
            "-m",
            message,
        ];
        git.run(&arguments)?;
    }
    let no_commit = || SiteError::NoCommit(site.folder.clone());
    let head = git.rev_parse("HEAD", "commit")?.ok_or_else(no_commit)?;
    let tree = git
        .rev_parse(head.as_str(), "tree")?
        .ok_or_else(no_commit)?;
    let before = git
        .rev_parse(site.base.as_str(), "tree")?
        .ok_or_else(no_commit)?;
    Ok(Left {
        is_changed: tree != before,
        head,
        is_committed_for_it: is_dirty,
    })
}

/// Removes the work tree; the branch stays.
///
/// # Errors
/// When git cannot remove it.
pub fn remove(git: &Git, site: &Site) -> Result<(), SiteError> {
    Ok(git.remove_work_tree(&site.folder)?)
}

/// The bytes of a stream that was kept.
///
/// # Errors
/// When the file cannot be read.
pub fn stream_bytes(path: &Path) -> Result<Vec<u8>, SiteError> {
    std::fs::read(path).map_err(file_error(path))
}

/// Waits until the user or the system asks this program to end: Ctrl-C, SIGTERM or SIGHUP.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let mut signals: Vec<_> = kinds
        .into_iter()
        .filter_map(|kind| signal(kind).ok())
        .collect();
    std::future::poll_fn(|context| {
        let asked = signals
            .iter_mut()
            .any(|signal| signal.poll_recv(context).is_ready());
        if asked {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

fn write(path: &Path, text: &str) -> Result<(), SiteError> {
    std::fs::write(path, text).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> SiteError {
    let path = path.to_owned();
    move |source| SiteError::File { path, source }
}
