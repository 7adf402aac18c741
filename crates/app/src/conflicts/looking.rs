//! A look at every work tree of the repository, several at a time.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use adjutant_domain::{ObjectId, Timestamp};
use adjutant_outbound::conflict_memory::ConflictMemory;
use adjutant_outbound::git::{Git, Head, ListedWorkTree, Look, Looked, NotLooked, ObjectFolder};
use adjutant_outbound::{check_room, lease_file, repository};
use adjutant_work::Holder;

use super::ConflictError;

/// Looking is mostly waiting for the file system; more threads than this only take turns.
const THREADS_MAX: usize = 8;

/// A work tree as git lists it, and what was seen of it.
pub(super) struct LookedWorkTree {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) holder: Option<Holder>,
    pub(super) locked: Option<String>,
    pub(super) seen: Result<Seen, NotLooked>,
}

pub(super) struct Seen {
    pub(super) commit: ObjectId,
    pub(super) looked: Looked,
}

pub(super) fn look_at_work_trees(
    git: &Git,
    objects: &ObjectFolder,
    memory: &mut ConflictMemory,
    now: Timestamp,
) -> Result<Vec<LookedWorkTree>, ConflictError> {
    let listed = check_room::work_trees(git)?;
    let places: Vec<(usize, ListedWorkTree)> = listed.into_iter().enumerate().collect();
    let shared: &ConflictMemory = memory;
    let mut looked = in_parallel(&places, |(at, listed)| {
        look_at(listed, *at, objects, shared, now)
    });
    leave_out_listed(&mut looked);
    for tree in &looked {
        if let Ok(seen) = &tree.seen
            && let Some(key) = &seen.looked.key
        {
            memory.keep_tree(key.clone(), seen.looked.tree.clone());
        }
    }
    Ok(looked)
}

/// A work tree inside another is a repository of its own to that one, but it is looked at.
fn leave_out_listed(looked: &mut [LookedWorkTree]) {
    let listed: BTreeSet<PathBuf> = looked.iter().map(|tree| tree.path.clone()).collect();
    for tree in looked {
        let top = tree.path.clone();
        if let Ok(seen) = &mut tree.seen {
            seen.looked
                .inner
                .retain(|inner| !listed.contains(&top.join(inner)));
        }
    }
}

fn look_at(
    listed: &ListedWorkTree,
    at: usize,
    objects: &ObjectFolder,
    memory: &ConflictMemory,
    now: Timestamp,
) -> LookedWorkTree {
    let name = match &listed.head {
        Head::Bare => "(bare)".to_owned(),
        Head::Unfinished => "(unfinished)".to_owned(),
        Head::Branch { branch, .. } | Head::Unborn { branch } => {
            branch.trim_start_matches("refs/heads/").to_owned()
        }
        Head::Detached { commit } => commit.short().to_owned(),
    };
    let mut tree = LookedWorkTree {
        path: listed.path.clone(),
        name,
        holder: None,
        locked: listed.locked.clone(),
        seen: Err(NotLooked::Missing),
    };
    tree.seen = look_into(listed, at, objects, memory, now, &mut tree.holder);
    tree
}

fn look_into(
    listed: &ListedWorkTree,
    at: usize,
    objects: &ObjectFolder,
    memory: &ConflictMemory,
    now: Timestamp,
    holder: &mut Option<Holder>,
) -> Result<Seen, NotLooked> {
    let unreadable = |problem: String| NotLooked::Unreadable { problem };
    if listed.head == Head::Bare {
        return Err(NotLooked::Bare);
    }
    if !listed.path.join(".git").exists() {
        return Err(NotLooked::Missing);
    }
    let git_dir = repository::discover(&listed.path)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or(NotLooked::Missing)?
        .git_dir;
    *holder = lease_file::read(&git_dir.join("adjutant").join("lease.json"))
        .map_err(|error| unreadable(error.to_string()))?;
    let commit = listed.head.commit().ok_or(NotLooked::Unborn)?.clone();
    let scratch = memory
        .scratch(&at.to_string())
        .map_err(|error| unreadable(error.to_string()))?;
    let look = Look {
        git_dir: &git_dir,
        scratch: &scratch,
        objects,
        hash_bytes: commit.as_str().len() / 2,
        now,
    };
    let looked = Git::at(&listed.path).look(&look, |key| memory.tree(key))?;
    Ok(Seen { commit, looked })
}

/// Applies `work` to every item on a few threads; the answers are in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(THREADS_MAX).min(items.len().max(1));
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut done = Vec::new();
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            done.push((at, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take_turns)).collect();
        running
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}
