//! Passing work to the role it belongs to, and saying which role that is.

use adjutant_domain::{RequestKey, RoleName, TaskId, Timestamp};
use adjutant_store::{Filed, Holder, NewTask, Store, StoreError, StoredTask, Written};
use adjutant_work::boundary::{self, Belonging, Outside, ProposedChange, Reach};
use adjutant_work::{Handoff, Intake, Link, LinkKind, Refusal, TaskState};

use crate::{Home, RolesError, forget_holder, known_roles};

/// Who hands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandsOn {
    /// The holder, in the middle of the work. With `keep` it goes on with its own part.
    Holder {
        /// Who.
        holder: Holder,
        /// Whether it keeps its lease.
        keep: bool,
    },
    /// Someone who was stopped before a claim: nobody holds the task.
    Nobody(TaskId),
}

/// What of the task is handed on, where it is not all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portion {
    /// Its own title.
    pub title: Option<String>,
    /// Its own goal.
    pub goal: Option<String>,
    /// Its own kind.
    pub kind: Option<adjutant_work::TaskKind>,
    /// Its own files.
    pub paths: Vec<adjutant_work::PathGlob>,
}

/// What became of a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedOff {
    /// The new task, and the one that was handed on.
    Task {
        /// The task of the other role.
        new: Box<adjutant_work::Task>,
        /// The task it comes from.
        from: TaskId,
    },
    /// The store refused it.
    Refused(Refusal),
    /// The other role must not do it either.
    Outside {
        /// The task.
        task: TaskId,
        /// Why, and whose it is.
        outside: Box<Outside>,
    },
}

/// A handoff that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// Nothing defines the role.
    #[error("there is no role {role}; known are {known}", known = known.join(", "))]
    UnknownRole {
        /// The role.
        role: RoleName,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The roles cannot be read.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The handoff cannot be written down, which its types exclude.
    #[error("the handoff cannot be written down: {0}")]
    Text(serde_json::Error),
    /// A key of our own is no name, which its letters exclude.
    #[error(transparent)]
    Key(#[from] adjutant_domain::InvalidName),
    /// The work tree cannot forget the claim.
    #[error(transparent)]
    File(#[from] adjutant_outbound::files::FileError),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Files the task for the other role, linked to the one it comes from, which waits for it unless
/// its holder keeps the lease.
///
/// # Errors
/// When the role is unknown, or the store cannot be written.
pub async fn hand_off(
    store: &Store,
    home: &Home,
    from: &HandsOn,
    (handoff, portion): (&Handoff, Portion),
    now: Timestamp,
) -> Result<HandedOff, HandoffError> {
    let id = match from {
        HandsOn::Holder { holder, .. } => holder.task,
        HandsOn::Nobody(id) => *id,
    };
    let Some(stored) = store.task(id).await? else {
        return Ok(HandedOff::Refused(Refusal::Unknown { task: id }));
    };
    let (mut intake, links) = handoff.task(id, &stored.task.intake);
    intake.title = portion.title.unwrap_or(intake.title);
    intake.goal = portion.goal.unwrap_or(intake.goal);
    intake.kind = portion.kind.or(intake.kind);
    if !portion.paths.is_empty() {
        intake.paths = portion.paths;
    }
    if let Some(outside) = outside_of(home, &handoff.to, &intake)? {
        let task = id;
        return Ok(HandedOff::Outside { task, outside });
    }
    let new = NewTask {
        intake,
        links,
        draft: false,
    };
    let written = match from {
        HandsOn::Holder { holder, keep } => {
            let text = serde_json::to_string(handoff).map_err(HandoffError::Text)?;
            let written = store.hand_off(holder, &text, &new, *keep, now).await?;
            if let (Written::Task(_), false) = (&written, *keep) {
                forget_holder(home, holder)?;
            }
            written
        }
        HandsOn::Nobody(_) => hand_on_unclaimed(store, stored, &handoff.to, new, now).await?,
    };
    Ok(match written {
        Written::Task(new) => HandedOff::Task { new, from: id },
        Written::Refused(refused) => HandedOff::Refused(refused),
    })
}

/// Files the new task and lets the unclaimed one wait for it.
async fn hand_on_unclaimed(
    store: &Store,
    stored: StoredTask,
    to: &RoleName,
    new: NewTask,
    now: Timestamp,
) -> Result<Written, HandoffError> {
    let (id, revision) = (stored.task.id, stored.task.revision);
    if let TaskState::Leased(lease) = &stored.task.state {
        let now = store.lease_time().await?;
        return Ok(Written::Refused(Refusal::Held {
            task: id,
            owner: lease.owner.clone(),
            millis_left: lease.expires.millis() - now.millis(),
        }));
    }
    // A crash between the two writes repeats the first without filing twice.
    let key: RequestKey = format!("handoff:{id}:{revision}:{to}").parse()?;
    let filed = match store.file_tasks(&[new], Some(&key), now).await? {
        Filed::Refused(refused) => return Ok(Written::Refused(refused)),
        Filed::Tasks(tasks) => tasks.into_iter().next(),
    };
    let Some(filed) = filed else {
        return Ok(Written::Refused(Refusal::Unknown { task: id }));
    };
    let mut links = stored.links;
    links.push(Link {
        kind: LinkKind::BlockedBy,
        target: filed.id,
    });
    let intake = &stored.task.intake;
    let edited = store.edit_task(id, revision, intake, &links, now).await?;
    Ok(match edited {
        Written::Task(_) => Written::Task(Box::new(filed)),
        Written::Refused(refused) => Written::Refused(refused),
    })
}

/// Why the role must not do what is handed to it.
fn outside_of(
    home: &Home,
    to: &RoleName,
    intake: &Intake,
) -> Result<Option<Box<Outside>>, HandoffError> {
    let roles: Vec<_> = known_roles(home)?.into_iter().map(|it| it.role).collect();
    let Some(role) = roles.iter().find(|role| role.name == *to) else {
        return Err(HandoffError::UnknownRole {
            role: to.clone(),
            known: roles.iter().map(|role| role.name.to_string()).collect(),
        });
    };
    let change = ProposedChange {
        kind: intake.kind,
        reach: Reach::Declared(&intake.paths),
    };
    Ok(boundary::assess(role, &roles, change).err())
}

/// Whose a task is that lies outside a role's boundaries: the best role first.
///
/// # Errors
/// When the roles or the store cannot be read.
pub async fn belongs_to(
    store: &Store,
    home: &Home,
    task: TaskId,
    role: &RoleName,
) -> Result<Vec<Belonging>, HandoffError> {
    let Some(stored) = store.task(task).await? else {
        return Ok(vec![]);
    };
    let roles: Vec<_> = known_roles(home)?.into_iter().map(|it| it.role).collect();
    let change = ProposedChange {
        kind: stored.task.intake.kind,
        reach: Reach::Declared(&stored.task.intake.paths),
    };
    Ok(boundary::belongs_to(role, &roles, change))
}
