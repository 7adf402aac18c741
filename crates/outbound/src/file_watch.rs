//! Waits until something in a set of folders changes, at no cost while nothing does. It tells that
//! there was a change, not which: who waits looks again anyway.
//!
//! Linux only (inotify); elsewhere there is nothing to wait on, and the caller looks now and then.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Folders that are watched, each without those below it.
#[derive(Debug)]
pub struct FileWatch {
    #[cfg(target_os = "linux")]
    inner: linux::Inotify,
}

/// Changes come in swarms: after the first, one waits until none came for so long.
#[cfg(target_os = "linux")]
const QUIET: Duration = Duration::from_millis(100);

/// But no longer than this, so that steady work is seen too.
#[cfg(target_os = "linux")]
const SWARM_MAX: Duration = Duration::from_secs(2);

impl FileWatch {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// When the system has no such thing, or no more of it.
    #[cfg(target_os = "linux")]
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            inner: linux::Inotify::new()?,
        })
    }

    /// Watches nothing yet.
    ///
    /// # Errors
    /// Always: this system is not known.
    #[cfg(not(target_os = "linux"))]
    pub fn new() -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Watches exactly these folders; those that are not there are passed over. Tells whether some
    /// were not watched before: what changed in them until now was not seen.
    ///
    /// # Errors
    /// When the system allows no more watches.
    #[cfg(target_os = "linux")]
    pub fn set(&mut self, folders: &BTreeSet<PathBuf>) -> std::io::Result<bool> {
        self.inner.set(folders)
    }

    /// Watches exactly these folders.
    ///
    /// # Errors
    /// Always: this system is not known.
    #[cfg(not(target_os = "linux"))]
    pub fn set(&mut self, _folders: &BTreeSet<PathBuf>) -> std::io::Result<bool> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Waits for the first change. `false` when none came in that time.
    ///
    /// # Errors
    /// When the system does not tell.
    #[cfg(target_os = "linux")]
    pub fn wait_once(&mut self, at_most: Duration) -> std::io::Result<bool> {
        self.inner.wait(at_most)
    }

    /// Waits for the first change.
    ///
    /// # Errors
    /// Always: this system is not known.
    #[cfg(not(target_os = "linux"))]
    pub fn wait_once(&mut self, _at_most: Duration) -> std::io::Result<bool> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Waits for a change, and until the swarm it came with has passed. `false` when none came in
    /// that time.
    ///
    /// # Errors
    /// When the system does not tell.
    #[cfg(target_os = "linux")]
    pub fn wait(&mut self, at_most: Duration) -> std::io::Result<bool> {
        if !self.inner.wait(at_most)? {
            return Ok(false);
        }
        let mut left = SWARM_MAX;
        while left > Duration::ZERO && self.inner.wait(QUIET)? {
            left = left.saturating_sub(QUIET);
        }
        Ok(true)
    }

    /// Waits for a change.
    ///
    /// # Errors
    /// Always: this system is not known.
    #[cfg(not(target_os = "linux"))]
    pub fn wait(&mut self, _at_most: Duration) -> std::io::Result<bool> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeMap, BTreeSet};
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::PathBuf;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify;
    use rustix::io::Errno;

    /// Room for the events of one reading.
    const EVENT_BYTES: usize = 64 * 1_024;

    #[derive(Debug)]
    pub(super) struct Inotify {
        queue: OwnedFd,
        watched: BTreeMap<PathBuf, i32>,
    }

    impl Inotify {
        pub(super) fn new() -> std::io::Result<Self> {
            let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
            Ok(Self {
                queue: inotify::init(flags)?,
                watched: BTreeMap::new(),
            })
        }

        pub(super) fn set(&mut self, folders: &BTreeSet<PathBuf>) -> std::io::Result<bool> {
            let gone = self
                .watched
                .extract_if(.., |path, _| !folders.contains(path));
            for (_, watch) in gone {
                match inotify::remove_watch(&self.queue, watch) {
                    // The folder was removed, and its watch with it.
                    Ok(()) | Err(Errno::INVAL) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let of_interest = inotify::WatchFlags::ATTRIB
                | inotify::WatchFlags::CLOSE_WRITE
                | inotify::WatchFlags::CREATE
                | inotify::WatchFlags::DELETE
                | inotify::WatchFlags::MODIFY
                | inotify::WatchFlags::MOVE
                | inotify::WatchFlags::ONLYDIR;
            let mut is_new = false;
            for folder in folders {
                // Asking again for the same folder is cheap, and finds one that was made anew.
                match inotify::add_watch(&self.queue, folder.as_path(), of_interest) {
                    Ok(watch) => {
                        let known = self.watched.insert(folder.clone(), watch);
                        is_new |= known != Some(watch);
                    }
                    Err(Errno::NOENT | Errno::NOTDIR) => {
                        self.watched.remove(folder);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(is_new)
        }

        pub(super) fn wait(&mut self, at_most: Duration) -> std::io::Result<bool> {
            let timeout = Timespec {
                tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: at_most.subsec_nanos().into(),
            };
            let queue = PollFd::new(&self.queue, PollFlags::IN);
            match poll(&mut [queue], Some(&timeout)) {
                Ok(0) | Err(Errno::INTR) => return Ok(false),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let mut room = vec![MaybeUninit::<u8>::uninit(); EVENT_BYTES];
            let mut events = inotify::Reader::new(self.queue.as_fd(), &mut room);
            let mut is_change = false;
            loop {
                match events.next() {
                    // That a watch ended with its folder is told by the folder above.
                    Ok(event) => {
                        is_change |= !event.events().contains(inotify::ReadFlags::IGNORED);
                    }
                    Err(Errno::AGAIN) => return Ok(is_change),
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_change_ends_the_wait_and_reading_does_not() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a"), "1").unwrap();
        let mut watch = FileWatch::new().unwrap();
        let both: BTreeSet<PathBuf> = [root.path().to_owned(), inner.clone()].into();
        assert!(watch.set(&both).unwrap());
        assert!(!watch.set(&both).unwrap());
        std::fs::read(inner.join("a")).unwrap();
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1);
        assert!(!watch.wait(Duration::ZERO).unwrap());
        std::fs::write(inner.join("a"), "2").unwrap();
        assert!(watch.wait(LONG).unwrap());
        std::fs::rename(inner.join("a"), root.path().join("b")).unwrap();
        assert!(watch.wait(LONG).unwrap());
        assert!(!watch.wait(Duration::ZERO).unwrap());

        assert!(!watch.set(&[root.path().to_owned()].into()).unwrap());
        std::fs::write(inner.join("c"), "1").unwrap();
        assert!(!watch.wait(Duration::ZERO).unwrap());
    }

    #[test]
    fn a_folder_that_is_made_anew_is_watched_anew() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let folders: BTreeSet<PathBuf> = [inner.clone(), root.path().join("none")].into();
        let mut watch = FileWatch::new().unwrap();
        watch.set(&folders).unwrap();
        std::fs::remove_dir(&inner).unwrap();
        std::fs::create_dir(&inner).unwrap();
        assert!(watch.set(&folders).unwrap());
        std::fs::write(inner.join("a"), "1").unwrap();
        assert!(watch.wait(LONG).unwrap());
    }
}
