//! Which files of a work tree may differ from its index: found by comparing how each file looks
//! now with how git remembers it, without starting git. Whether they really differ is git's to
//! say; a file that is not named here does not.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::index_file::{Index, IndexEntry, LINK, SUBMODULE};

/// A file that was written this close before its index was, in nanoseconds, is read again: on a
/// coarse clock it may have changed once more without looking so. Ten ticks of the slowest usual
/// kernel clock.
const RACY_NANOS: i128 = 100_000_000;

/// What may differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Edits {
    /// Tracked files that look different, or cannot be told; in order.
    pub(super) tracked: Vec<Vec<u8>>,
    /// Tracked files that are no longer there, or are folders now; in order.
    pub(super) gone: Vec<Vec<u8>>,
    /// Files and folders (with a slash at the end) that are not tracked; some may be ignored.
    pub(super) untracked: Vec<Vec<u8>>,
    /// Submodules: what they hold is not looked at.
    pub(super) submodules: Vec<Vec<u8>>,
    /// How many files are left out of this work tree.
    pub(super) skipped: usize,
    /// How many files are in the middle of a conflict.
    pub(super) unmerged: usize,
}

/// Compares the files below `top` with an index that was last written at `index_modified`
/// (seconds and nanoseconds).
pub(super) fn find_edits(
    top: &Path,
    index: &Index,
    index_modified: (i64, i64),
) -> std::io::Result<Edits> {
    let mut reading = Reading {
        index,
        index_modified,
        met: vec![false; index.entries.len()],
        edits: Edits::default(),
    };
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(top, flags, Mode::empty())?;
    reading.read(folder, &[], 0..index.entries.len())?;
    let Reading { met, mut edits, .. } = reading;
    for entry in &index.entries {
        edits.unmerged += usize::from(entry.stage == 2 || entry.stage == 3);
        edits.skipped += usize::from(entry.skipped);
        if entry.mode == SUBMODULE {
            edits.submodules.push(entry.path.clone());
        }
    }
    let gone = index.entries.iter().zip(met).filter(|(entry, met)| {
        let is_expected = !entry.skipped && !entry.assumed_unchanged && entry.mode != SUBMODULE;
        !met && is_expected
    });
    edits.gone = gone.map(|(entry, _)| entry.path.clone()).collect();
    edits.tracked.sort_unstable();
    edits.untracked.sort_unstable();
    Ok(edits)
}

/// What is known so far while folders are read. Each is opened from the one above it, and only
/// names are looked up: over 30 work trees, whole paths cost as much as everything else.
struct Reading<'a> {
    index: &'a Index,
    index_modified: (i64, i64),
    /// Which entries of the index were met.
    met: Vec<bool>,
    edits: Edits,
}

/// What the index has under a name in a folder.
enum Known {
    /// An entry, by its place.
    File(usize),
    /// The entries below.
    Folder(Range<usize>),
}

impl Reading<'_> {
    /// `within` are the entries below `path`.
    fn read(&mut self, folder: OwnedFd, path: &[u8], within: Range<usize>) -> std::io::Result<()> {
        let known = known_in(&self.index.entries, within, path);
        let mut below = Vec::new();
        let mut listing = Dir::new(folder)?;
        while let Some(found) = listing.read() {
            let found = found?;
            let name = found.file_name();
            if matches!(name.to_bytes(), b"." | b".." | b".git") {
                continue;
            }
            let place = known.binary_search_by(|(known, _)| known.cmp(&name.to_bytes()));
            let tracked = place.ok().map(|at| &known[at].1);
            let mut kind = found.file_type();
            if kind == FileType::Unknown {
                match look_at(listing.fd()?, name)? {
                    Some(file) => kind = FileType::from_raw_mode(file.st_mode),
                    None => continue,
                }
            }
            match (kind, tracked) {
                (FileType::Directory, Some(Known::Folder(range))) => {
                    below.push((name.to_owned(), range.clone()));
                }
                (FileType::Directory, Some(Known::File(at)))
                    if self.index.entries[*at].mode == SUBMODULE =>
                {
                    self.met[*at] = true;
                }
                (FileType::Directory, _) => {
                    let folder = joined(&joined(path, name.to_bytes()), b"");
                    self.edits.untracked.push(folder);
                }
                (_, Some(Known::File(at))) => self.compare(listing.fd()?, name, *at)?,
                (FileType::RegularFile | FileType::Symlink, _) => {
                    self.edits.untracked.push(joined(path, name.to_bytes()));
                }
                _ => {}
            }
        }
        for (name, range) in below {
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(listing.fd()?, &name, flags, Mode::empty()) {
                Ok(folder) => self.read(folder, &joined(path, name.to_bytes()), range)?,
                // It went away after its name was read: its files are gone.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn compare(&mut self, folder: BorrowedFd<'_>, name: &CStr, at: usize) -> std::io::Result<()> {
        let Some(file) = look_at(folder, name)? else {
            return Ok(());
        };
        self.met[at] = true;
        let entry = &self.index.entries[at];
        if !(entry.assumed_unchanged || looks_unchanged(entry, &file, self.index_modified)) {
            self.edits.tracked.push(entry.path.clone());
        }
        Ok(())
    }
}

/// How a file looks; `None` when it went away.
fn look_at(folder: BorrowedFd<'_>, name: &CStr) -> std::io::Result<Option<Stat>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The names in the folder `path`, sorted, with what the index has of them. The index is sorted by
/// whole paths, so what lies in a folder stands together in it.
fn known_in<'a>(
    entries: &'a [IndexEntry],
    within: Range<usize>,
    path: &[u8],
) -> Vec<(&'a [u8], Known)> {
    let start = if path.is_empty() { 0 } else { path.len() + 1 };
    let mut known = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let rest = &entries[at].path[start..];
        let Some(slash) = rest.iter().position(|byte| *byte == b'/') else {
            known.push((rest, Known::File(at)));
            at += 1;
            continue;
        };
        let is_below = |entry: &IndexEntry| entry.path[start..].starts_with(&rest[..=slash]);
        let end = at + entries[at..within.end].partition_point(is_below);
        known.push((&rest[..slash], Known::Folder(at..end)));
        at = end;
    }
    known.sort_unstable_by_key(|(name, _)| *name);
    known
}

/// A path of the repository below the top of a work tree.
pub(super) fn join(top: &Path, path: &[u8]) -> PathBuf {
    top.join(std::ffi::OsStr::from_bytes(path))
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() {
        name.to_vec()
    } else {
        [folder, b"/", name].concat()
    }
}

fn looks_unchanged(entry: &IndexEntry, file: &Stat, index_modified: (i64, i64)) -> bool {
    let seen = &entry.seen;
    let kind = FileType::from_raw_mode(file.st_mode);
    let is_kind = if entry.mode == LINK {
        kind == FileType::Symlink
    } else {
        let is_program = |mode: u32| mode & 0o100 != 0;
        kind == FileType::RegularFile && is_program(entry.mode) == is_program(file.st_mode)
    };
    let modified = (file.st_mtime, file.st_mtime_nsec);
    let same = is_kind
        && signed_cut(file.st_size) == seen.size
        && cut(file.st_ino) == seen.inode
        && file.st_uid == seen.user
        && file.st_gid == seen.group
        && times_equal(modified, seen.modified)
        && times_equal((file.st_ctime, file.st_ctime_nsec), seen.changed);
    let nanos = |(seconds, nanos): (i64, i128)| i128::from(seconds) * 1_000_000_000 + nanos;
    let written = nanos((modified.0, i128::from(modified.1)));
    let index_written = nanos((index_modified.0, i128::from(index_modified.1)));
    same && !entry.announced && written + RACY_NANOS < index_written
}

fn times_equal(now: (i64, u64), seen: (u32, u32)) -> bool {
    (signed_cut(now.0), cut(now.1)) == seen
}

/// The lowest 32 bits, as git keeps them.
#[allow(
    clippy::cast_possible_truncation,
    reason = "git keeps only 32 bits, and the comparison is of what it keeps"
)]
fn cut(number: u64) -> u32 {
    number as u32
}

fn signed_cut(number: i64) -> u32 {
    cut(number.cast_unsigned())
}
