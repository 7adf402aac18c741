//! The keeper: starts one program, waits for it, and ends everything that came from it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, getppid, kill_process, kill_process_group,
    pidfd_open, set_child_subreaper, wait,
};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

use super::{End, Ended, descendants};
use crate::huge_pages;

/// The word that makes the binary a keeper. No command is called so.
const WORD: &str = "keep-process";

/// How often all that is left is signalled before it is called unended: 100 times 50 ms.
const ROUNDS_MAX: u32 = 100;

/// How long one such round waits for something to end.
const ROUND: Duration = Duration::from_millis(50);

/// What a keeper is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperArguments {
    /// Where it says how the program ended.
    pub(super) report: PathBuf,
    /// The process that started it. When that one is gone, the program is ended.
    pub(super) parent: u32,
    /// The longest the program may run.
    pub(super) time_max: Duration,
    /// How long the program has to end by itself.
    pub(super) grace: Duration,
    /// The program and its arguments.
    pub(super) argv: Vec<OsString>,
}

/// What the keeper reports. The file lives for moments, between two copies of one binary.
#[derive(Debug, Serialize, Deserialize)]
struct ReportJson {
    end: End,
    lasted_ms: u64,
    survivors: u32,
    unended: u32,
}

/// Whether the program was started as a keeper: its arguments, if so. `words` are all arguments,
/// with the program's name.
pub fn keeper_arguments(words: impl IntoIterator<Item = OsString>) -> Option<KeeperArguments> {
    let mut words = words.into_iter().skip(1);
    if words.next()? != WORD {
        return None;
    }
    let report = words.next()?.into();
    let mut number = || words.next()?.to_str()?.parse::<u64>().ok();
    let parent = u32::try_from(number()?).ok()?;
    let time_max = Duration::from_millis(number()?);
    let grace = Duration::from_millis(number()?);
    Some(KeeperArguments {
        report,
        parent,
        time_max,
        grace,
        argv: words.collect(),
    })
}

impl KeeperArguments {
    pub(super) fn to_words(&self) -> Vec<OsString> {
        let millis = |duration: Duration| duration.as_millis().to_string();
        [
            OsString::from(WORD),
            self.report.clone().into(),
            self.parent.to_string().into(),
            millis(self.time_max).into(),
            millis(self.grace).into(),
        ]
        .into_iter()
        .chain(self.argv.iter().cloned())
        .collect()
    }
}

/// Keeps a program until it has ended, and reports. The exit code is the keeper's own: 0 when the
/// report was written.
pub fn keep(arguments: &KeeperArguments) -> u8 {
    let kept = keep_program(arguments).and_then(|ended| write_report(&arguments.report, &ended));
    u8::from(kept.is_err())
}

pub(super) fn read_report(bytes: &[u8]) -> Option<Ended> {
    let report: ReportJson = serde_json::from_slice(bytes).ok()?;
    Some(Ended {
        end: report.end,
        lasted: Duration::from_millis(report.lasted_ms),
        survivors: report.survivors,
        unended: report.unended,
    })
}

fn write_report(path: &Path, ended: &Ended) -> std::io::Result<()> {
    let report = ReportJson {
        end: ended.end,
        lasted_ms: u64::try_from(ended.lasted.as_millis()).unwrap_or(u64::MAX),
        survivors: ended.survivors,
        unended: ended.unended,
    };
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, serde_json::to_vec(&report)?)?;
    std::fs::rename(&unfinished, path)
}

/// What wakes the keeper.
struct Bells {
    /// A child ended.
    child: UnixStream,
    /// Someone asked the keeper to end.
    stop: UnixStream,
    /// Readable when the parent is gone.
    parent: OwnedFd,
}

/// Why the keeper woke up.
enum Woken {
    Child,
    Stop,
    Time,
}

fn keep_program(arguments: &KeeperArguments) -> std::io::Result<Ended> {
    let bells = hang_bells(arguments.parent)?;
    #[cfg(target_os = "linux")]
    set_child_subreaper(Some(rustix::process::getpid()))?;
    huge_pages::take_again()?;
    let began = Instant::now();
    let child = match start(&arguments.argv) {
        Ok(child) => child,
        Err(error) => {
            return Ok(Ended {
                end: end_of_start(&error),
                lasted: began.elapsed(),
                survivors: 0,
                unended: 0,
            });
        }
    };
    let end = wait_for(child, &bells, arguments, began)?;
    let lasted = began.elapsed();
    let (survivors, unended) = end_all(&bells)?;
    Ok(Ended {
        end,
        lasted,
        survivors,
        unended,
    })
}

fn hang_bells(parent: u32) -> std::io::Result<Bells> {
    let (child, child_rope) = UnixStream::pair()?;
    let (stop, stop_rope) = UnixStream::pair()?;
    child.set_nonblocking(true)?;
    stop.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(SIGCHLD, child_rope)?;
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, stop_rope.try_clone()?)?;
    }
    let gone = || std::io::Error::other("the parent is gone");
    let parent = i32::try_from(parent).ok().and_then(Pid::from_raw);
    let parent = parent.ok_or_else(gone)?;
    let bell = pidfd_open(parent, PidfdFlags::empty())?;
    // Asked after the bell hangs: a parent that ended before, and a stranger who got its number,
    // are seen.
    if getppid() != Some(parent) {
        return Err(gone());
    }
    Ok(Bells {
        child,
        stop,
        parent: bell,
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the place that starts processes"
)]
fn start(argv: &[OsString]) -> std::io::Result<Pid> {
    let program = argv.first().map_or(OsStr::new(""), OsString::as_os_str);
    let child = std::process::Command::new(program)
        .args(argv.iter().skip(1))
        .process_group(0)
        .spawn()?;
    // The standard library's handle is let go: every child is reaped in one place, `reap`.
    Ok(Pid::from_child(&child))
}

fn end_of_start(error: &std::io::Error) -> End {
    match error.raw_os_error() {
        Some(number) if error.kind() != std::io::ErrorKind::NotFound => End::NotStarted(number),
        Some(_) | None => End::NotFound,
    }
}

/// Waits until the program ends, the time is up, or someone asks; in the last two cases the
/// program is asked to end, and when its grace is over it is left to [`end_all`].
fn wait_for(
    child: Pid,
    bells: &Bells,
    arguments: &KeeperArguments,
    began: Instant,
) -> std::io::Result<End> {
    let mut deadline = began + arguments.time_max;
    let mut stopped: Option<End> = None;
    loop {
        if let Some(status) = reap(child)? {
            return Ok(stopped.unwrap_or_else(|| end_of(status)));
        }
        let woken = bells.wait_until(deadline, stopped.is_none())?;
        let end = match (woken, stopped) {
            (Woken::Child, _) => continue,
            (Woken::Stop | Woken::Time, Some(end)) => return Ok(end),
            (Woken::Stop, None) => End::Cancelled,
            (Woken::Time, None) => End::TimedOut,
        };
        stopped = Some(end);
        deadline = Instant::now() + arguments.grace;
        if !arguments.grace.is_zero() {
            signal(kill_process_group(child, Signal::TERM))?;
        }
    }
}

fn end_of(status: WaitStatus) -> End {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => End::Exited(code),
        (None, Some(signal)) => End::Signaled(signal),
        (None, None) => End::Signaled(0),
    }
}

/// Reaps whatever has ended, and gives the status of `child` if it is among them.
fn reap(child: Pid) -> std::io::Result<Option<WaitStatus>> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == child => return Ok(Some(status)),
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) | Err(rustix::io::Errno::CHILD) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends all that is left below the keeper. Everything is stopped before it is killed, so that
/// nothing is born in the meantime. How many there were, and how many could not be ended.
fn end_all(bells: &Bells) -> std::io::Result<(u32, u32)> {
    let mut seen = BTreeSet::new();
    for _ in 0..ROUNDS_MAX {
        let living = descendants::living();
        if living.is_empty() {
            reap_all();
            return Ok((count(&seen), 0));
        }
        let news: Vec<i32> = living.difference(&seen).copied().collect();
        let (pids, message) = if news.is_empty() {
            (living.into_iter().collect(), Signal::KILL)
        } else {
            (news, Signal::STOP)
        };
        for pid in &pids {
            if let Some(pid) = Pid::from_raw(*pid) {
                signal(kill_process(pid, message))?;
            }
        }
        seen.extend(pids);
        if message == Signal::KILL {
            bells.wait_until(Instant::now() + ROUND, false)?;
            reap_all();
        }
    }
    let left = descendants::living();
    Ok((count(&seen), count(&left)))
}

/// Reaps everything that has ended: whoever adopts the rest may never do so.
fn reap_all() {
    while wait(WaitOptions::NOHANG).is_ok_and(|reaped| reaped.is_some()) {}
}

fn count(pids: &BTreeSet<i32>) -> u32 {
    u32::try_from(pids.len()).unwrap_or(u32::MAX)
}

/// A process that is gone, or another user's, cannot be signalled; the caller counts what is left.
fn signal(sent: rustix::io::Result<()>) -> std::io::Result<()> {
    match sent {
        Ok(()) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Bells {
    /// Sleeps until a bell rings. `hear_stop`: whether a request to end counts; one that was heard
    /// already goes on ringing, because a parent that is gone stays gone.
    fn wait_until(&self, deadline: Instant, hear_stop: bool) -> std::io::Result<Woken> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).map_err(std::io::Error::other)?;
            let mut bells = vec![PollFd::new(&self.child, PollFlags::IN)];
            if hear_stop {
                bells.push(PollFd::new(&self.stop, PollFlags::IN));
                bells.push(PollFd::new(&self.parent, PollFlags::IN));
            }
            match poll(&mut bells, Some(&timeout)) {
                Ok(0) => return Ok(Woken::Time),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let rings: Vec<bool> = bells
                .iter()
                .map(|bell| !bell.revents().is_empty())
                .collect();
            if rings.iter().skip(1).any(|ring| *ring) {
                return Ok(Woken::Stop);
            }
            let mut strokes = [0; 64];
            while (&self.child).read(&mut strokes).is_ok_and(|read| read > 0) {}
            return Ok(Woken::Child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keepers_arguments_survive_the_command_line() {
        let arguments = KeeperArguments {
            report: "/tmp/a b".into(),
            parent: 7,
            time_max: Duration::from_millis(1_500),
            grace: Duration::ZERO,
            argv: vec!["--".into(), "x".into()],
        };
        let words = [OsString::from("adjutant")]
            .into_iter()
            .chain(arguments.to_words());
        assert_eq!(keeper_arguments(words), Some(arguments));
    }

    #[test]
    fn a_usual_command_line_is_not_a_keepers() {
        for words in [
            vec![],
            vec!["adjutant"],
            vec!["adjutant", "gate", "release"],
        ] {
            let words = words.into_iter().map(OsString::from);
            assert_eq!(keeper_arguments(words), None);
        }
    }
}
