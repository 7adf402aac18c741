//! Instances: running versions of a service on this machine. Each has a folder, and a keeper of its
//! own in a session of its own, so that it outlives whoever started it. The keeper starts the
//! program, asks it how it is, starts it again when it ends, and writes down what it sees.
//!
//! What is there is told by a lock: it is held for exactly as long as the keeper lives. Starting
//! what runs, and stopping what does not, changes nothing.

mod keeping;

use std::ffi::{OsStr, OsString};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::lock;
use crate::process::{Environment, Keeper};

pub use keeping::keep_instance;

/// The word that makes the binary the keeper of an instance. No command is called so.
const WORD: &str = "keep-instance";

const SPEC: &str = "instance.json";
const STATUS: &str = "status.json";
const LOCK: &str = "lock";

/// What the program printed since its last start, and since the start before.
const OUTPUT: &str = "output.log";
const OUTPUT_BEFORE: &str = "output.before.log";

/// The end of a program's output that is read for its last lines.
const TAIL_BYTES: u64 = 2_048;

/// A keeper holds its lock within this, or it could not start.
const KEEPER_STARTS_WITHIN: Duration = Duration::from_secs(10);

/// How often a folder is looked at that is about to change.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How an instance is started and watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSpec {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// What is asked to see whether it is well.
    pub health: HealthCheck,
    /// How often.
    pub health_every_ms: u64,
    /// How long it has to become well, and how long it may be unwell before it is ended.
    pub unwell_ms_max: u64,
    /// How long it has to finish its requests when it is stopped.
    pub drain_ms: u64,
    /// How many ends within `crash_window_ms` make a crash loop.
    pub crashes_max: u32,
    /// The time in which they are counted.
    pub crash_window_ms: u64,
}

/// What is asked to see whether an instance is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthCheck {
    /// This address has to answer 2xx.
    Http(String),
    /// This address (`host:port`) has to take a connection.
    Connect(String),
}

/// What a keeper saw last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceStatus {
    /// The keeper's process.
    pub keeper: u32,
    /// How the program is.
    pub state: InstanceState,
    /// How often it was started again.
    pub restarts: u32,
    /// How it ended last, for a person.
    pub last_end: Option<String>,
}

/// How an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// It was started and has not been well yet.
    Starting,
    /// It answers.
    Well,
    /// It runs and does not answer.
    Unwell,
    /// It ends again and again.
    CrashLooping,
    /// It was asked to end.
    Stopping,
}

/// An instance that could not be started, seen or stopped.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// A file of its folder could not be read or written.
    #[error("{}: an instance's file cannot be {action}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Its keeper could not be started.
    #[error("the keeper of the instance in {} could not be started", folder.display())]
    StartKeeper {
        /// The instance's folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its keeper started and was not seen.
    #[error("the keeper of the instance in {} ended at once; its keeper.log says why", .0.display())]
    KeeperLost(PathBuf),
    /// It does not end.
    #[error("the instance in {} does not end", .0.display())]
    DoesNotEnd(PathBuf),
}

/// The folder of the instance that the program shall keep, when its arguments say so. `words` are
/// all arguments, with the program's name.
pub fn instance_argument(words: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let mut words = words.into_iter().skip(1);
    (words.next()? == WORD).then(|| words.next().map(PathBuf::from))?
}

/// A port of this machine that nobody listens at now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// What was said to start the instance of a folder, if anything.
///
/// # Errors
/// When the file cannot be read.
pub fn read_spec(folder: &Path) -> Result<Option<InstanceSpec>, InstanceError> {
    read(&folder.join(SPEC))
}

/// Sees to it that an instance is kept. One that is kept already stays as it is.
///
/// # Errors
/// When its keeper cannot be started.
pub async fn ensure(
    folder: &Path,
    spec: &InstanceSpec,
    keeper: &Keeper,
    environment: &Environment,
) -> Result<(), InstanceError> {
    if is_kept(folder)? {
        return Ok(());
    }
    write(&folder.join(SPEC), spec)?;
    start_keeper(folder, keeper, environment).map_err(|source| InstanceError::StartKeeper {
        folder: folder.to_owned(),
        source,
    })?;
    let deadline = Instant::now() + KEEPER_STARTS_WITHIN;
    while !is_kept(folder)? {
        if Instant::now() > deadline {
            return Err(InstanceError::KeeperLost(folder.to_owned()));
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

#[allow(
    clippy::disallowed_methods,
    reason = "the keeper of an instance outlives its starter"
)]
fn start_keeper(folder: &Path, keeper: &Keeper, environment: &Environment) -> std::io::Result<()> {
    let log = std::fs::File::create(folder.join("keeper.log"))?;
    // An earlier keeper's last words are not this one's.
    match std::fs::remove_file(folder.join(STATUS)) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::process::Command::new(keeper.path())
        .args([OsStr::new(WORD), folder.as_os_str()])
        .env_clear()
        .envs(environment.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(())
}

/// What the keeper of a folder saw last; `None` when nobody keeps it.
///
/// # Errors
/// When the folder cannot be read.
pub fn look(folder: &Path) -> Result<Option<InstanceStatus>, InstanceError> {
    if !is_kept(folder)? {
        return Ok(None);
    }
    read(&folder.join(STATUS))
}

/// The last lines that say something in the output of an instance's program, of its last start that
/// printed any.
///
/// # Errors
/// When a file of the output cannot be read.
pub fn last_output(folder: &Path, lines: usize) -> Result<Vec<String>, InstanceError> {
    for name in [OUTPUT, OUTPUT_BEFORE] {
        let path = folder.join(name);
        let tail = match tail(&path) {
            // It is shown to people: what would move their cursor is not.
            Ok(tail) => String::from_utf8_lossy(&tail).replace(is_unseen, " "),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => {
                return Err(InstanceError::File {
                    path,
                    action: "read",
                    source,
                });
            }
        };
        let said = tail.lines().map(str::trim).filter(|line| !line.is_empty());
        let said: Vec<String> = said.map(str::to_owned).collect();
        if !said.is_empty() {
            return Ok(said[said.len().saturating_sub(lines)..].to_vec());
        }
    }
    Ok(Vec::new())
}

fn is_unseen(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    Ok(tail)
}

/// Ends an instance: it has its time to drain, then it is killed with everything it started. One
/// that is not kept is left alone; one that somebody else starts anew meanwhile is ended too.
///
/// # Errors
/// When it does not end.
pub async fn stop(folder: &Path) -> Result<(), InstanceError> {
    let drain_ms = read_spec(folder)?.map_or(0, |spec| spec.drain_ms);
    let deadline = Instant::now() + Duration::from_millis(drain_ms) + KEEPER_STARTS_WITHIN;
    let mut asked = None;
    while is_kept(folder)? {
        if Instant::now() > deadline {
            return Err(InstanceError::DoesNotEnd(folder.to_owned()));
        }
        let status: Option<InstanceStatus> = read(&folder.join(STATUS))?;
        let keeper = status.map(|status| status.keeper);
        if keeper != asked {
            asked = keeper;
            ask_to_end(keeper);
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn ask_to_end(keeper: Option<u32>) {
    let pid = keeper.and_then(|keeper| i32::try_from(keeper).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw)
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        // It can only be gone already, which is what was asked for.
        debug_assert_eq!(error, rustix::io::Errno::SRCH);
    }
}

fn is_kept(folder: &Path) -> Result<bool, InstanceError> {
    let path = folder.join(LOCK);
    let held = lock::try_hold(&path).map_err(|source| InstanceError::File {
        path,
        action: "locked",
        source,
    })?;
    Ok(held.is_none())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, InstanceError> {
    let failed = |source| InstanceError::File {
        path: path.to_owned(),
        action: "read",
        source,
    };
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| failed(error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Replaces a file whole.
fn write(path: &Path, value: &impl Serialize) -> Result<(), InstanceError> {
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let written = serde_json::to_vec(value)
        .map_err(std::io::Error::from)
        .and_then(|bytes| std::fs::write(&unfinished, bytes))
        .and_then(|()| std::fs::rename(&unfinished, path));
    written.map_err(|source| InstanceError::File {
        path: path.to_owned(),
        action: "written",
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_word_makes_a_keeper_of_an_instance() {
        let argument = |words: &[&str]| instance_argument(words.iter().map(OsString::from));
        assert_eq!(argument(&["adjutant", WORD, "/x"]), Some("/x".into()));
        for words in [
            &["adjutant"][..],
            &["adjutant", WORD],
            &["adjutant", "gate", "/x"],
        ] {
            assert_eq!(argument(words), None);
        }
    }
}
