//! What an agent should know now: its claim, what was handed to its role, who is in its way, what is
//! paused, and everything that its focus is compiled from.

use adjutant_domain::{AgentName, RoleName, TaskId, Timestamp};
use adjutant_outbound::repository::{self, RepositoryError};
use adjutant_store::{Store, StoreError, TaskFilter};
use adjutant_work::focus::FocusInputs;
use adjutant_work::{Lease, LinkKind, Task, TaskState};

use crate::conflicts::{
    ConflictError, ConflictStanding, Conflicts, PairConflict, SeenWorkTree, find_conflicts,
    read_held_tasks,
};
use crate::focusing::{FocusError, FocusWho, gather_focus, role_of};
use crate::home::Home;

/// Tasks of a role that are looked through for handoffs: the best by the order of the queue.
const READY_MAX: u32 = 100;

/// What an agent should know now.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// Who.
    pub agent: AgentName,
    /// In which role, where it has one.
    pub role: Option<RoleName>,
    /// What it has a lease on.
    pub held: Vec<HeldTask>,
    /// What was handed to its role, and nobody has taken yet.
    pub handed_over: Vec<HandedOverTask>,
    /// Who is in its way; `None` outside a repository, where nothing can be.
    pub conflicts: Option<NearConflicts>,
    /// What its focus is compiled from; the pauses are among it.
    pub inputs: FocusInputs,
}

/// A task that an agent holds.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldTask {
    /// The task.
    pub task: Task,
    /// Its lease.
    pub lease: Lease,
    /// What is left of it.
    pub millis_left: i64,
}

/// A task that continues another one in this role.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedOverTask {
    /// The task.
    pub task: Task,
    /// The one that it continues.
    pub from: TaskId,
}

/// The conflicts that an agent is a part of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NearConflicts {
    /// One for each file and other work tree.
    pub files: Vec<NearConflict>,
    /// Whether there is a work tree that could not be looked at.
    pub not_all_seen: bool,
}

/// A file that an agent's work tree and another one cannot both change as they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearConflict {
    /// The file.
    pub path: String,
    /// The branch of the other work tree.
    pub branch: String,
    /// Who works there, where a claim was made in it.
    pub agent: Option<AgentName>,
    /// On which task.
    pub task: Option<TaskId>,
}

/// A situation that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum SituationError {
    /// What the focus is compiled from cannot be read.
    #[error(transparent)]
    Focus(#[from] FocusError),
    /// The work trees cannot be compared.
    #[error(transparent)]
    Conflict(#[from] ConflictError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository cannot be found.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Looks at everything that an agent should know now. Nothing is written.
///
/// # Errors
/// When a part of it cannot be read.
pub async fn look_around(
    store: &Store,
    home: &Home,
    agent: &AgentName,
    role: Option<RoleName>,
    now: Timestamp,
) -> Result<Situation, SituationError> {
    let role = own_role(store, agent, role).await?;
    let held = held_by(store, agent).await?;
    let handed_over = match &role {
        Some(role) => handed_over_to(store, role).await?,
        None => vec![],
    };
    let conflicts = match repository::discover(&home.folder)? {
        Some(_) => {
            let tasks = read_held_tasks(store).await?;
            Some(near(&find_conflicts(home, &tasks, now)?, agent))
        }
        None => None,
    };
    let inputs = gather_focus(store, home, agent, role.as_ref(), now).await?;
    Ok(Situation {
        agent: agent.clone(),
        role,
        held,
        handed_over,
        conflicts,
        inputs,
    })
}

/// What the focus of an agent is compiled from now. Nothing is written.
///
/// # Errors
/// When a part of it cannot be read.
pub async fn focus_inputs(
    store: &Store,
    home: &Home,
    agent: &AgentName,
    role: Option<RoleName>,
    now: Timestamp,
) -> Result<FocusInputs, FocusError> {
    let role = own_role(store, agent, role).await?;
    gather_focus(store, home, agent, role.as_ref(), now).await
}

/// The role that was said, or else the one that the agent was added with.
async fn own_role(
    store: &Store,
    agent: &AgentName,
    role: Option<RoleName>,
) -> Result<Option<RoleName>, StoreError> {
    let who = FocusWho {
        agent: Some(agent.clone()),
        role,
    };
    role_of(store, &who, agent, None).await
}

async fn held_by(store: &Store, agent: &AgentName) -> Result<Vec<HeldTask>, StoreError> {
    let time = store.lease_time().await?;
    let leased = store.leases().await?.into_iter();
    Ok(leased
        .filter_map(|task| match &task.state {
            TaskState::Leased(lease) if lease.owner == *agent => Some(HeldTask {
                lease: lease.clone(),
                millis_left: lease.expires.millis() - time.millis(),
                task,
            }),
            TaskState::Leased(_)
            | TaskState::Draft
            | TaskState::Open
            | TaskState::Proven(_)
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => None,
        })
        .collect())
}

async fn handed_over_to(store: &Store, role: &RoleName) -> Result<Vec<HandedOverTask>, StoreError> {
    let ready = TaskFilter {
        ready: true,
        role: Some(role.clone()),
        limit: READY_MAX,
        ..TaskFilter::default()
    };
    let mut handed_over = Vec::new();
    for task in store.list_tasks(&ready).await?.tasks {
        let links = store
            .task(task.id)
            .await?
            .map_or(vec![], |stored| stored.links);
        let handoff = links.iter().find(|link| link.kind == LinkKind::HandoffOf);
        if let Some(link) = handoff {
            let from = link.target;
            handed_over.push(HandedOverTask { task, from });
        }
    }
    Ok(handed_over)
}

/// Those pairs in which the agent's claim was made in one of the two work trees.
fn near(conflicts: &Conflicts, agent: &AgentName) -> NearConflicts {
    let tree_of = |at: usize| conflicts.work_trees.get(at);
    let is_own = |tree: &SeenWorkTree| {
        let holder = tree.holder.as_ref();
        holder.is_some_and(|seen| seen.live && seen.holder.agent == *agent)
    };
    let mut files = Vec::new();
    for PairConflict {
        ours,
        theirs,
        files: told,
    } in &conflicts.pairs
    {
        let (Some(ours), Some(theirs)) = (tree_of(*ours), tree_of(*theirs)) else {
            continue;
        };
        let other = match (is_own(ours), is_own(theirs)) {
            (true, _) => theirs,
            (false, true) => ours,
            (false, false) => continue,
        };
        let holder = other.holder.as_ref().map(|seen| &seen.holder);
        files.extend(told.iter().map(|file| NearConflict {
            path: file.path.clone(),
            branch: other.name.clone(),
            agent: holder.map(|holder| holder.agent.clone()),
            task: holder.map(|holder| holder.task),
        }));
    }
    NearConflicts {
        files,
        not_all_seen: conflicts.standing() == ConflictStanding::NotAllSeen
            || !conflicts.not_compared.is_empty(),
    }
}
