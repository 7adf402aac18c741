//! Conflicts before they hurt: what tasks declare, what work trees hold right now merged in pairs,
//! and work that left its declared paths.
//!
//! Nothing of the repository, the work trees or their indexes is written; what is read once is
//! remembered in the state's folder.

mod looking;
mod merging;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use adjutant_domain::{ObjectId, TaskId, Timestamp};
use adjutant_outbound::conflict_memory::{ConflictMemory, FileConflict, MemoryError};
use adjutant_outbound::git::{Git, GitError, NotLooked, tracked_folders};
use adjutant_outbound::repository::{self, Repository, RepositoryError};
use adjutant_store::{Store, StoreError, TaskFilter};
use adjutant_work::{
    Declaration, DeclaredOverlap, Drift, Holder, LinkKind, MergeStep, Piece, StateName, Task,
    TaskState, declared_overlaps, drift, merge_order,
};

use crate::Home;

/// The most open tasks whose declared paths are compared: the queue is refused at the claim, this
/// only warns ahead.
const OPEN_TASKS_MAX: u32 = 1_000;

/// The folder of what is remembered, inside the state's.
const MEMORY_FOLDER: &str = "conflicts";

/// All that is in each other's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflicts {
    /// The work trees, the main one first.
    pub work_trees: Vec<SeenWorkTree>,
    /// Declared paths that overlap with those of a held task.
    pub overlaps: Vec<DeclaredOverlap>,
    /// Whether there are more open tasks than were compared.
    pub open_tasks_left_out: bool,
    /// The pairs of work trees that conflict.
    pub pairs: Vec<PairConflict>,
    /// The pairs that could not be merged at all.
    pub not_compared: Vec<NotCompared>,
    /// How many pairs were merged, now or in an earlier look at the same trees.
    pub merged: usize,
    /// How many pairs needed no merge, because their changes cannot meet.
    pub apart: usize,
    /// In which order the changed work trees are best merged; `piece` is a place in `work_trees`.
    /// Empty when nothing conflicts.
    pub order: Vec<MergeStep>,
}

/// A work tree, and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenWorkTree {
    /// Its top folder.
    pub path: PathBuf,
    /// Its branch without `refs/heads/`, or the commit it is detached at.
    pub name: String,
    /// The claim that was made in it, if any.
    pub holder: Option<SeenHolder>,
    /// Why git keeps it from being pruned or moved, when it is locked.
    pub locked: Option<String>,
    /// What was seen, or why nothing was.
    pub seen: Result<SeenFiles, NotLooked>,
}

/// The claim that a work tree remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenHolder {
    /// The claim.
    pub holder: Holder,
    /// Whether the store still knows the lease.
    pub live: bool,
}

/// The files of a work tree.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFiles {
    /// Its commit.
    pub commit: ObjectId,
    /// Its tree, with uncommitted and untracked files.
    pub tree: ObjectId,
    /// The files that differ from where it left the main work tree's history.
    pub touched: Vec<String>,
    /// Repositories inside that were not looked into.
    pub inner: Vec<String>,
    /// How many files it leaves out (a sparse checkout); they count as unchanged.
    pub left_out: usize,
    /// How the touched files lie to the declared ones, when a task is held here.
    pub drift: Option<Drift>,
}

/// Two work trees that cannot be merged without a conflict.
#[derive(Debug, Clone, PartialEq)]
pub struct PairConflict {
    /// One, by its place in the list.
    pub ours: usize,
    /// The other.
    pub theirs: usize,
    /// The files.
    pub files: Vec<FileConflict>,
}

/// Two work trees that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// One, by its place in the list.
    pub ours: usize,
    /// The other.
    pub theirs: usize,
    /// Why.
    pub because: NotMerged,
}

/// Why two work trees could not be merged even in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotMerged {
    /// They share no history.
    Unrelated,
    /// Git broke down over them.
    GitFailed {
        /// Its last words.
        problem: String,
    },
}

/// What a look at conflicts says in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictStanding {
    /// Everything was looked at, and nothing conflicts.
    Clear,
    /// Something conflicts.
    Conflicts,
    /// Nothing that was looked at conflicts, but not everything was looked at.
    NotAllSeen,
}

/// A look that failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ConflictError {
    /// There is no repository here.
    #[error("{}: this is not in a git repository", .0.display())]
    NoRepository(PathBuf),
    /// The repository cannot be found.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Git did not answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What is remembered cannot be written.
    #[error("what earlier looks saw cannot be kept: {0}")]
    Memory(#[from] MemoryError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Conflicts {
    /// What they come to.
    pub fn standing(&self) -> ConflictStanding {
        let both_held = |overlap: &DeclaredOverlap| overlap.other.owner.is_some();
        let unseen = |tree: &SeenWorkTree| !matches!(tree.seen, Ok(_) | Err(NotLooked::Bare));
        if !self.pairs.is_empty() || self.overlaps.iter().any(both_held) {
            ConflictStanding::Conflicts
        } else if self.work_trees.iter().any(unseen) || !self.not_compared.is_empty() {
            ConflictStanding::NotAllSeen
        } else {
            ConflictStanding::Clear
        }
    }
}

/// The tasks that count, as the store knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldTasks {
    /// Those with a live lease.
    held: Vec<Task>,
    /// For each of them, the tasks it waits for.
    waits_for: Vec<Vec<TaskId>>,
    /// The first open ones.
    open: Vec<Task>,
    /// Whether there are more.
    open_left_out: bool,
}

/// Reads the tasks that count.
///
/// # Errors
/// When the store cannot be read.
pub async fn read_held_tasks(store: &Store) -> Result<HeldTasks, StoreError> {
    let held = store.leases().await?;
    let mut waits_for = Vec::with_capacity(held.len());
    for task in &held {
        let links = store.task(task.id).await?.map_or(vec![], |task| task.links);
        let blockers = links.iter().filter(|link| link.kind == LinkKind::BlockedBy);
        waits_for.push(blockers.map(|link| link.target).collect());
    }
    let open = store
        .list_tasks(&TaskFilter {
            state: Some(StateName::Open),
            limit: OPEN_TASKS_MAX,
            ..TaskFilter::default()
        })
        .await?;
    Ok(HeldTasks {
        held,
        waits_for,
        open: open.tasks,
        open_left_out: open.more,
    })
}

/// Looks at every work tree of the repository, merges every pair in memory, and compares what
/// tasks declare.
///
/// # Errors
/// When there is no repository, git does not answer, or the state's folder cannot be written.
pub fn find_conflicts(
    home: &Home,
    tasks: &HeldTasks,
    now: Timestamp,
) -> Result<Conflicts, ConflictError> {
    let Some(repository) = repository::discover(&home.folder)? else {
        return Err(ConflictError::NoRepository(home.folder.clone()));
    };
    let mut memory = ConflictMemory::open(&home.state.folder.join(MEMORY_FOLDER))?;
    let found = match look_and_merge(&repository, &mut memory, tasks, now) {
        // Objects of the repository that what is remembered was made of may have been pruned.
        Err(ConflictError::Git(_)) => {
            memory.forget()?;
            look_and_merge(&repository, &mut memory, tasks, now)
        }
        other => other,
    };
    match found {
        Ok(found) => {
            memory.save()?;
            Ok(found)
        }
        Err(error) => {
            // A git that is too old is a better answer than what it said.
            Git::at(&repository.top).check_version()?;
            Err(error)
        }
    }
}

fn look_and_merge(
    repository: &Repository,
    memory: &mut ConflictMemory,
    tasks: &HeldTasks,
    now: Timestamp,
) -> Result<Conflicts, ConflictError> {
    let git = Git::at(&repository.top);
    let objects = memory.objects(&repository.common_dir)?;
    let looked = looking::look_at_work_trees(&git, &objects, memory, now)?;
    let merges = merging::merge_pairs(&git, &objects, memory, &looked)?;
    let mut found = Conflicts {
        work_trees: Vec::with_capacity(looked.len()),
        overlaps: declared_overlaps(&declarations(&tasks.held), &declarations(&tasks.open)),
        open_tasks_left_out: tasks.open_left_out,
        pairs: merges.pairs,
        not_compared: merges.not_compared,
        merged: merges.merged,
        apart: merges.apart,
        order: vec![],
    };
    for (tree, touched) in looked.into_iter().zip(merges.touched) {
        let task = tree
            .holder
            .as_ref()
            .and_then(|holder| holder_of(holder, tasks));
        let drift = task.map(|task| drift(&task.intake.paths, &touched));
        found.work_trees.push(SeenWorkTree {
            path: tree.path,
            name: tree.name,
            holder: tree.holder.map(|holder| SeenHolder {
                holder,
                live: task.is_some(),
            }),
            locked: tree.locked,
            seen: tree.seen.map(|seen| SeenFiles {
                commit: seen.commit,
                tree: seen.looked.tree,
                touched,
                inner: seen.looked.inner,
                left_out: seen.looked.left_out,
                drift,
            }),
        });
    }
    found.order = order(&found, tasks);
    Ok(found)
}

fn declarations(tasks: &[Task]) -> Vec<Declaration> {
    tasks
        .iter()
        .map(|task| Declaration {
            task: task.id,
            owner: match &task.state {
                TaskState::Leased(lease) => Some(lease.owner.clone()),
                TaskState::Draft
                | TaskState::Open
                | TaskState::Proven(_)
                | TaskState::Done { .. }
                | TaskState::Dropped { .. }
                | TaskState::Quarantined { .. } => None,
            },
            paths: task.intake.paths.clone(),
        })
        .collect()
}

/// The task of a claim, if its lease is live: same task, same epoch.
fn holder_of<'a>(holder: &Holder, tasks: &'a HeldTasks) -> Option<&'a Task> {
    tasks
        .held
        .iter()
        .find(|task| task.id == holder.task && task.epoch == holder.epoch)
}

/// The advised order of the work trees that changed anything; empty when nothing conflicts.
fn order(found: &Conflicts, tasks: &HeldTasks) -> Vec<MergeStep> {
    if found.pairs.is_empty() {
        return vec![];
    }
    let changed: Vec<usize> = (0..found.work_trees.len())
        .filter(|&at| {
            let seen = &found.work_trees[at].seen;
            seen.as_ref().is_ok_and(|seen| !seen.touched.is_empty())
        })
        .collect();
    let place = |at: usize| changed.iter().position(|&changed| changed == at);
    let held = |at: usize| {
        let holder = found.work_trees[at].holder.as_ref()?;
        tasks
            .held
            .iter()
            .position(|task| task.id == holder.holder.task && task.epoch == holder.holder.epoch)
    };
    let holding = |id: TaskId| {
        let holds = |&at: &usize| held(at).is_some_and(|task| tasks.held[task].id == id);
        changed.iter().copied().find(holds).and_then(place)
    };
    let pieces: Vec<Piece> = changed
        .iter()
        .map(|&at| {
            let tree = &found.work_trees[at];
            let task = held(at);
            Piece {
                name: tree.name.clone(),
                priority: task.and_then(|task| tasks.held[task].intake.priority),
                files: tree.seen.as_ref().map_or(0, |seen| seen.touched.len()),
                after: task.map_or(vec![], |task| {
                    let blockers = tasks.waits_for[task].iter();
                    blockers.filter_map(|&id| holding(id)).collect()
                }),
            }
        })
        .collect();
    let conflicts: Vec<(usize, usize)> = found
        .pairs
        .iter()
        .filter_map(|pair| Some((place(pair.ours)?, place(pair.theirs)?)))
        .collect();
    merge_order(&pieces, &conflicts)
        .into_iter()
        .map(|step| MergeStep {
            piece: changed[step.piece],
            reason: step.reason,
        })
        .collect()
}

/// The folders whose changes can change what [`find_conflicts`] finds: those of tracked and of
/// changed files, and the git folders of the work trees.
///
/// # Errors
/// When there is no repository.
pub fn folders_to_watch(
    home: &Home,
    found: &Conflicts,
) -> Result<BTreeSet<PathBuf>, ConflictError> {
    let Some(repository) = repository::discover(&home.folder)? else {
        return Err(ConflictError::NoRepository(home.folder.clone()));
    };
    let mut folders: BTreeSet<PathBuf> = [
        repository.common_dir.clone(),
        repository.common_dir.join("worktrees"),
    ]
    .into();
    for tree in &found.work_trees {
        // What is gone or broken is seen by the next look in time.
        let Ok(Some(inner)) = repository::discover(&tree.path) else {
            continue;
        };
        if let Ok(seen) = &tree.seen {
            let hash_bytes = seen.commit.as_str().len() / 2;
            folders.extend(tracked_folders(&tree.path, &inner.git_dir, hash_bytes));
            for path in &seen.touched {
                folders.extend(tree.path.join(path).parent().map(Path::to_owned));
            }
        } else {
            folders.insert(tree.path.clone());
        }
        folders.insert(inner.git_dir);
    }
    Ok(folders)
}
