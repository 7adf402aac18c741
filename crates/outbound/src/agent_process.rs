//! An agent at work: its own work tree and branch, its brief, its program under a keeper, its two
//! streams in files, and its work as a commit. What the work is worth is not decided here.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adjutant_domain::ObjectId;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::acp::{self, Session, SessionEnd, Terms, TurnEnd};
use crate::git::{Git, GitError};
use crate::process::{self, End, Ended, Invocation, ProcessError, Running};

/// The most bytes of each stream that are kept; the agent goes on when there are more.
pub const STREAM_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// How long an agent whose session is over has to end by itself before it is asked to.
const EXIT_TIME: Duration = Duration::from_secs(2);

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

/// How an agent is told its task.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// By its arguments; it works until it ends.
    ByArguments,
    /// In a session of the Agent Client Protocol, with this prompt.
    InSession(&'a str),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// How the program ended.
    pub ended: Ended,
    /// Its session, where it had one: that is what tells how the work ended.
    pub session: Option<Session>,
    /// How many bytes of the transcript were not kept.
    pub transcript_left_out: u64,
    /// How many bytes of its standard error were not kept.
    pub complaints_left_out: u64,
}

impl Finish {
    /// Whether the agent ended as one that is done.
    pub fn is_well(&self) -> bool {
        match &self.session {
            Some(session) => session.end == SessionEnd::Turn(TurnEnd::EndTurn),
            None => self.ended.end == End::Exited(0),
        }
    }
}

/// A file that keeps a stream up to the limit.
#[derive(Debug)]
pub(crate) struct KeptStream {
    file: File,
    room: u64,
    left_out: u64,
}

impl KeptStream {
    fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: File::create(path)?,
            room: STREAM_BYTES_MAX,
            left_out: 0,
        })
    }

    /// Keeps the bytes for which there is room.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let kept = bytes.len().min(room);
        self.file.write_all(&bytes[..kept])?;
        self.room -= kept as u64;
        self.left_out += (bytes.len() - kept) as u64;
        Ok(())
    }
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

/// Runs the agent to its end, its streams into the two files. When `cancel` is done first, the
/// agent is asked to end and killed after its grace, with everything it started.
///
/// # Errors
/// When the keeper fails, or a file cannot be written.
#[allow(
    clippy::disallowed_methods,
    reason = "the tasks are awaited here; they end with the streams they read"
)]
pub async fn run(
    invocation: &Invocation,
    told: Told<'_>,
    transcript: &Path,
    complaints: &Path,
    cancel: impl Future<Output = ()>,
) -> Result<Finish, SiteError> {
    let mut invocation = invocation.clone();
    let time_max = invocation.time_max;
    if let Told::InSession(_) = told {
        // The session keeps the time, so that the agent can be asked to end its turn.
        invocation.time_max += invocation.grace * 2 + EXIT_TIME;
    }
    let mut running = process::start(&invocation)?;
    let errors = tokio::spawn(keep(running.stderr.take(), complaints.to_owned()));
    let (session, output, ended) = match told {
        Told::ByArguments => {
            drop(running.stdin.take());
            let output = tokio::spawn(keep(running.stdout.take(), transcript.to_owned()));
            let ended = running.wait_or_cancel(cancel).await?;
            (None, joined(output.await, transcript)?, ended)
        }
        Told::InSession(prompt) => {
            let terms = Terms {
                folder: &invocation.folder,
                prompt,
                time_max,
                grace: invocation.grace,
            };
            let (session, left_out) = converse(&mut running, terms, transcript, cancel).await?;
            // What an agent still says is read, so that it can end, and not kept.
            let rest = tokio::spawn(discard(running.stdout.take()));
            let ended = running
                .wait_or_cancel(tokio::time::sleep(EXIT_TIME))
                .await?;
            joined(rest.await, transcript)?;
            (Some(session), left_out, ended)
        }
    };
    Ok(Finish {
        ended,
        session,
        transcript_left_out: output,
        complaints_left_out: joined(errors.await, complaints)?,
    })
}

/// Holds the session; the agent's input is closed after it.
async fn converse(
    running: &mut Running,
    terms: Terms<'_>,
    transcript: &Path,
    cancel: impl Future<Output = ()>,
) -> Result<(Session, u64), SiteError> {
    let mut kept = KeptStream::create(transcript).map_err(file_error(transcript))?;
    let input = running.stdin.take();
    let session = match (input, running.stdout.as_mut()) {
        (Some(input), Some(output)) => acp::hold(terms, input, output, &mut kept, cancel).await,
        (_, _) => Err(std::io::ErrorKind::BrokenPipe.into()),
    };
    Ok((session.map_err(file_error(transcript))?, kept.left_out))
}

fn joined(
    kept: Result<std::io::Result<u64>, tokio::task::JoinError>,
    path: &Path,
) -> Result<u64, SiteError> {
    kept.map_err(std::io::Error::other)
        .and_then(|kept| kept)
        .map_err(file_error(path))
}

/// Copies a stream into a file, up to the limit, and reads it to its end in any case. How many
/// bytes were not kept.
async fn keep(stream: Option<impl AsyncRead + Unpin>, path: PathBuf) -> std::io::Result<u64> {
    let mut kept = KeptStream::create(&path)?;
    read_all(stream, |bytes| kept.add(bytes)).await?;
    Ok(kept.left_out)
}

async fn discard(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<u64> {
    read_all(stream, |_bytes| Ok(())).await?;
    Ok(0)
}

async fn read_all(
    stream: Option<impl AsyncRead + Unpin>,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let Some(mut stream) = stream else {
        return Ok(());
    };
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        take(&buffer[..length])?;
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
