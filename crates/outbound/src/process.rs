//! Programs of others: started without a shell, with a fixed environment, a time limit and an
//! output limit, and ended with everything they started.
//!
//! Each program runs under a *keeper*: this same binary, started with one word that only it knows.
//! The keeper is a child subreaper, so that whatever its program starts stays below it, even what
//! forks twice and leaves the process group. When the program ends, when the time is up, when the
//! caller cancels, and when the caller itself is killed, the keeper ends all of it. It needs
//! Linux; elsewhere only the program itself is ended.
//!
//! It does not confine: a program of the same user can read and write what that user can.

mod bounded;
mod descendants;
mod environment;
mod keeper;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::{telemetry, trace_context};

pub use bounded::{KeepOutput, Output};
pub use environment::{ALLOWED_VARIABLES, Environment};
pub use keeper::{KeeperArguments, keep, keeper_arguments};

/// The longest that a program may run, ten years: a service has no end of its own, and a limit is
/// always there.
pub const TIME_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

/// A program to run.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The binary that holds the keeper.
    pub keeper: Keeper,
    /// The program and its arguments. A program without a slash is looked up in the environment's
    /// `PATH`, one with a slash from `folder`.
    pub argv: Vec<OsString>,
    /// Where it runs.
    pub folder: PathBuf,
    /// All of its environment; nothing is inherited.
    pub environment: Environment,
    /// The longest it may run.
    pub time_max: Duration,
    /// How long it has to end by itself after the polite signal, when the time is up or the
    /// caller cancels. Zero: it is killed at once.
    pub grace: Duration,
}

/// The binary that holds the keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// The running program itself, which calls [`keep`] when [`keeper_arguments`] says so.
    ThisProgram,
    /// Another one, for tests.
    Program(PathBuf),
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, which neither the time limit nor the caller sent.
    Signaled(i32),
    /// By the time limit.
    TimedOut,
    /// By the caller.
    Cancelled,
    /// It never began: there is no such program, or the interpreter its first line names is missing.
    NotFound,
    /// It never began: the operating system refused, with this error number.
    NotStarted(i32),
}

/// A program that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// How long it ran.
    pub lasted: Duration,
    /// How many processes it left behind, which were ended.
    pub survivors: u32,
    /// How many of them could not be ended: those of another user, or stuck in the kernel.
    pub unended: u32,
}

/// A program that ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// Both of its streams, in the order in which it wrote.
    pub output: Output,
}

/// A program could not be run under a keeper. How the program itself ended is no error.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// No program was named.
    #[error("no program is named")]
    NoProgram,
    /// The folder is not there.
    #[error("{}: there is no such folder to run a program in", .0.display())]
    NoFolder(PathBuf),
    /// The keeper could not be started.
    #[error("the keeper of a program could not be started")]
    StartKeeper(#[source] std::io::Error),
    /// The keeper could not be waited for.
    #[error("the keeper of a program could not be waited for")]
    AwaitKeeper(#[source] std::io::Error),
    /// The keeper was ended before it could say how its program ended.
    #[error("the keeper of {program} was killed; what the program started may still run")]
    KeeperLost {
        /// The program.
        program: String,
    },
    /// The output could not be kept.
    #[error("{}: the output of a program could not be kept", path.display())]
    KeepOutput {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A running program with its three streams. Dropping it cancels the program.
#[derive(Debug)]
pub struct Running {
    /// What the program reads. Drop it to end its input.
    pub stdin: Option<ChildStdin>,
    /// What it writes to its standard output.
    pub stdout: Option<ChildStdout>,
    /// What it writes to its standard error.
    pub stderr: Option<ChildStderr>,
    keeper: Child,
    program: String,
    report: Report,
    span: Span,
}

/// Where the keeper says how its program ended.
#[derive(Debug)]
struct Report {
    folder: tempfile::TempDir,
}

/// Ends this program at once, as kill -9 does: for tests of what is left then.
pub fn die() {
    if let Err(error) = kill_process(rustix::process::getpid(), Signal::KILL) {
        debug_assert!(false, "this program cannot end itself: {error}");
    }
}

/// Starts a program with its streams piped to the caller.
///
/// # Errors
/// When the keeper cannot be started. A program that cannot be started is an [`End`].
pub fn start(invocation: &Invocation) -> Result<Running, ProcessError> {
    start_with(invocation, Stdio::piped(), Stdio::piped(), Stdio::piped())
}

/// Runs a program to its end, without input, and keeps what it writes. When `cancel` is done
/// first, the program is cancelled.
///
/// # Errors
/// When the keeper cannot be started or is killed, or the output cannot be kept.
pub async fn run(
    invocation: &Invocation,
    keep_output: &KeepOutput,
    cancel: impl Future<Output = ()>,
) -> Result<Ran, ProcessError> {
    let (reader, writer) = std::io::pipe().map_err(ProcessError::StartKeeper)?;
    let second = writer.try_clone().map_err(ProcessError::StartKeeper)?;
    let mut running = start_with(invocation, Stdio::null(), writer.into(), second.into())?;
    let kept = keep_output.clone();
    let keeping = tokio::task::spawn_blocking(move || bounded::keep(reader, &kept));
    let ended = running.wait_or_cancel(cancel).await;
    let output = match keeping.await {
        Ok(output) => output,
        Err(panicked) => Err(std::io::Error::other(panicked)),
    }
    .map_err(|source| ProcessError::KeepOutput {
        path: keep_output.file.clone(),
        source,
    })?;
    Ok(Ran {
        ended: ended?,
        output,
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the place that starts processes"
)]
fn start_with(
    invocation: &Invocation,
    stdin: Stdio,
    stdout: Stdio,
    stderr: Stdio,
) -> Result<Running, ProcessError> {
    let Some(program) = invocation.argv.first() else {
        return Err(ProcessError::NoProgram);
    };
    if !invocation.folder.is_dir() {
        return Err(ProcessError::NoFolder(invocation.folder.clone()));
    }
    let report = Report::new().map_err(ProcessError::StartKeeper)?;
    // Its name alone: arguments may hold anything.
    let name = Path::new(program).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let span = info_span!(
        "program",
        otel.name = &*name,
        process.executable.name = &*name,
        process.exit.code = Empty,
        otel.status_description = Empty,
    );
    let context = span.in_scope(telemetry::current);
    let arguments = KeeperArguments {
        report: report.path(),
        parent: std::process::id(),
        time_max: invocation.time_max.min(TIME_MAX),
        grace: invocation.grace,
        argv: invocation.argv.clone(),
    };
    let mut command = std::process::Command::new(invocation.keeper.path());
    command
        .args(arguments.to_words())
        .current_dir(&invocation.folder)
        .env_clear()
        .envs(invocation.environment.variables())
        .envs(context.map(|context| (trace_context::VARIABLE, context.to_string())))
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut keeper = tokio::process::Command::from(command)
        .spawn()
        .map_err(ProcessError::StartKeeper)?;
    Ok(Running {
        stdin: keeper.stdin.take(),
        stdout: keeper.stdout.take(),
        stderr: keeper.stderr.take(),
        keeper,
        program: program.to_string_lossy().into_owned(),
        report,
        span,
    })
}

impl Running {
    /// Waits until the program has ended, and with it everything it started.
    ///
    /// # Errors
    /// When the keeper is killed.
    pub async fn wait(&mut self) -> Result<Ended, ProcessError> {
        self.keeper
            .wait()
            .await
            .map_err(ProcessError::AwaitKeeper)?;
        let ended = self.report.read().ok_or_else(|| ProcessError::KeeperLost {
            program: self.program.clone(),
        })?;
        self.tell(ended.end);
        Ok(ended)
    }

    fn tell(&self, end: End) {
        match end {
            End::Exited(code) => self.span.record("process.exit.code", code),
            End::Signaled(_)
            | End::TimedOut
            | End::Cancelled
            | End::NotFound
            | End::NotStarted(_) => self
                .span
                .record("otel.status_description", format!("{end:?}")),
        };
        let _inside = self.span.enter();
        tracing::debug!(program = self.program, end = ?end, "a program ended");
    }

    /// Waits until the program has ended; when `cancel` is done first, it is cancelled.
    ///
    /// # Errors
    /// When the keeper is killed.
    pub async fn wait_or_cancel(
        &mut self,
        cancel: impl Future<Output = ()>,
    ) -> Result<Ended, ProcessError> {
        let mut cancel = std::pin::pin!(cancel);
        let first = {
            let mut waiting = std::pin::pin!(self.wait());
            std::future::poll_fn(|context| {
                if let std::task::Poll::Ready(ended) = waiting.as_mut().poll(context) {
                    return std::task::Poll::Ready(Some(ended));
                }
                cancel.as_mut().poll(context).map(|()| None)
            })
            .await
        };
        match first {
            Some(ended) => ended,
            None => {
                self.cancel();
                self.wait().await
            }
        }
    }

    /// Asks the program to end, and kills it when its grace is over. [`Running::wait`] tells when
    /// it has.
    pub fn cancel(&self) {
        let pid = self.keeper.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw)
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            // It can only be gone already, which is what was asked for.
            debug_assert_eq!(error, rustix::io::Errno::SRCH);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Keeper {
    pub(crate) fn path(&self) -> &Path {
        match self {
            // Not the path by which it was started: that file may have been replaced meanwhile.
            Keeper::ThisProgram if cfg!(target_os = "linux") => Path::new("/proc/self/exe"),
            Keeper::ThisProgram => Path::new("adjutant"),
            Keeper::Program(path) => path,
        }
    }
}

impl Report {
    fn new() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("adjutant-run-").tempdir()?;
        Ok(Self { folder })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ended.json")
    }

    fn read(&self) -> Option<Ended> {
        let bytes = std::fs::read(self.path()).ok()?;
        keeper::read_report(&bytes)
    }
}
