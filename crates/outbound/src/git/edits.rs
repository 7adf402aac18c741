//! Which files of a work tree may differ from its index: found by comparing how each file looks
//! now with how git remembers it, without starting git. Whether they really differ is git's to
//! say; a file that is not named here does not.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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
    let mut edits = Edits::default();
    let mut files: HashMap<&[u8], (usize, &IndexEntry)> = HashMap::new();
    let mut folders: HashSet<&[u8]> = HashSet::new();
    for (at, entry) in index.entries.iter().enumerate() {
        if entry.stage != 0 {
            edits.unmerged += usize::from(entry.stage == 2 || entry.stage == 3);
        }
        edits.skipped += usize::from(entry.skipped);
        if entry.mode == SUBMODULE {
            edits.submodules.push(entry.path.clone());
        }
        files.insert(&entry.path, (at, entry));
        let mut path = entry.path.as_slice();
        while let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
            path = &path[..slash];
            if !folders.insert(path) {
                break;
            }
        }
    }
    let mut met = vec![false; index.entries.len()];
    let mut to_read = vec![Vec::new()];
    while let Some(folder) = to_read.pop() {
        for found in std::fs::read_dir(join(top, &folder))? {
            let found = found?;
            let name = found.file_name();
            if name.as_bytes() == b".git" {
                continue;
            }
            let path = joined(&folder, name.as_bytes());
            let kind = found.file_type()?;
            let tracked = files.get(path.as_slice());
            if kind.is_dir() {
                match tracked {
                    Some((at, entry)) if entry.mode == SUBMODULE => met[*at] = true,
                    _ if folders.contains(path.as_slice()) => to_read.push(path),
                    _ => edits.untracked.push(joined(&path, b"")),
                }
            } else if let Some((at, entry)) = tracked {
                met[*at] = true;
                if !(entry.assumed_unchanged
                    || looks_unchanged(entry, &found.metadata()?, index_modified))
                {
                    edits.tracked.push(path);
                }
            } else if kind.is_file() || kind.is_symlink() {
                edits.untracked.push(path);
            }
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

fn looks_unchanged(entry: &IndexEntry, file: &Metadata, index_modified: (i64, i64)) -> bool {
    let seen = &entry.seen;
    let is_kind = if entry.mode == LINK {
        file.is_symlink()
    } else {
        file.is_file() && (entry.mode & 0o100 != 0) == (file.mode() & 0o100 != 0)
    };
    let same = is_kind
        && cut(file.size()) == seen.size
        && cut(file.ino()) == seen.inode
        && file.uid() == seen.user
        && file.gid() == seen.group
        && times_equal((file.mtime(), file.mtime_nsec()), seen.modified)
        && times_equal((file.ctime(), file.ctime_nsec()), seen.changed);
    let nanos =
        |(seconds, nanos): (i64, i64)| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let written = nanos((file.mtime(), file.mtime_nsec()));
    same && !entry.announced && written + RACY_NANOS < nanos(index_modified)
}

fn times_equal(now: (i64, i64), seen: (u32, u32)) -> bool {
    (signed_cut(now.0), signed_cut(now.1)) == seen
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
