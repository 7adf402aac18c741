//! Looking at tasks: one with everything about it, or a page of many. Never the whole table.

use adjutant_domain::{AgentName, RoleName, TaskId};
use adjutant_work::{LeaseTime, Link, StateName, Task, TaskState, ready_order};

use super::notes::{self, Note};
use super::rows::{self, task_of};
use super::{claiming, lease_clock, links};
use crate::session::{Purpose, Session};
use crate::value::Value;
use crate::{Store, StoreError};

/// What a ready list continues after: priority, unblocking power and number of a task.
pub(super) const AFTER_READY: &str = "AND (priority > $1 OR (priority = $1 AND \
    (unblocks < $2 OR (unblocks = $2 AND id > $3))))";

/// A task with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTask {
    /// The task.
    pub task: Task,
    /// The links that start at it.
    pub links: Vec<Link>,
    /// The links that end at it; `target` is where they start.
    pub links_to: Vec<Link>,
    /// The notes on it, oldest first.
    pub notes: Vec<Note>,
}

/// Which tasks a list is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskFilter {
    /// In this state.
    pub state: Option<StateName>,
    /// Only those that can be claimed now, in the order of the queue; others come by number.
    pub ready: bool,
    /// That need this role.
    pub role: Option<RoleName>,
    /// That this agent has a lease on.
    pub owner: Option<AgentName>,
    /// That come after this one.
    pub after: Option<TaskId>,
    /// No more than this.
    pub limit: u32,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Whether there are more after the last one.
    pub more: bool,
}

impl Store {
    /// A task with its links and notes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn task(&self, id: TaskId) -> Result<Option<StoredTask>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let Ok(task) = rows::load(&mut session, id).await? else {
            return Ok(None);
        };
        let stored = StoredTask {
            task,
            links: links::links_of(&mut session, id).await?,
            links_to: links::links_to(&mut session, id).await?,
            notes: notes::notes_of(&mut session, id).await?,
        };
        session.commit().await?;
        Ok(Some(stored))
    }

    /// A page of tasks.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list_tasks(&self, filter: &TaskFilter) -> Result<TaskPage, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let page = if filter.ready {
            self.ready(&mut session, filter).await?
        } else {
            by_number(&mut session, filter).await?
        };
        session.commit().await?;
        Ok(page)
    }

    /// The tasks with a lease that has not run out, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn leases(&self) -> Result<Vec<Task>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let at = lease_clock::read(&mut session, &self.lease_clock).await?;
        let mut live = Vec::new();
        for held in claiming::held(&mut session).await?.iter() {
            if held.is_live(at)
                && let Ok(task) = rows::load(&mut session, held.task).await?
            {
                live.push(task);
            }
        }
        session.commit().await?;
        Ok(live)
    }

    /// The lease time now: what is left of a lease is its expiry less this.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn lease_time(&self) -> Result<LeaseTime, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let at = lease_clock::read(&mut session, &self.lease_clock).await?;
        session.commit().await?;
        Ok(at)
    }

    /// What can be claimed: ready tasks by the index, and the few whose lease ran out.
    async fn ready(
        &self,
        session: &mut Session<'_>,
        filter: &TaskFilter,
    ) -> Result<TaskPage, StoreError> {
        let after = match filter.after {
            Some(id) => rows::load(session, id).await?.ok(),
            None => None,
        };
        let mut condition = String::new();
        let mut parameters: Vec<Value> = Vec::new();
        if let Some(after) = &after {
            condition.push_str(AFTER_READY);
            parameters.extend([
                Value::Integer(i64::from(after.intake.priority_rank())),
                Value::Integer(i64::from(after.unblocks)),
                Value::Integer(after.id.number()),
            ]);
        }
        if let Some(role) = &filter.role {
            parameters.push(role.as_str().into());
            condition.push_str(&format!(" AND role = ${}", parameters.len()));
        }
        parameters.push((i64::from(filter.limit) + 1).into());
        let sql = format!(
            "SELECT {} FROM task WHERE state = 'open' AND open_blockers = 0 {condition} \
             ORDER BY priority, unblocks DESC, id LIMIT ${}",
            rows::COLUMNS,
            parameters.len()
        );
        let mut tasks = read(session, &sql, &parameters).await?;
        let at = lease_clock::read(session, &self.lease_clock).await?;
        for held in claiming::held(session).await?.iter() {
            if held.is_live(at) {
                continue;
            }
            if let Ok(task) = rows::load(session, held.task).await? {
                let fits = task.open_blockers == 0
                    && after
                        .as_ref()
                        .is_none_or(|after| ready_order(&task) > ready_order(after))
                    && (filter.role.is_none() || task.intake.role == filter.role);
                tasks.extend(fits.then_some(task));
            }
        }
        tasks.sort_by_key(ready_order);
        tasks.retain(|task| owner_fits(task, filter) && state_fits(task, filter));
        Ok(page(tasks, filter.limit))
    }
}

/// A ready task has an owner only when its lease ran out.
fn owner_fits(task: &Task, filter: &TaskFilter) -> bool {
    match (&filter.owner, &task.state) {
        (None, _) => true,
        (Some(owner), TaskState::Leased(lease)) => lease.owner == *owner,
        (
            Some(_),
            TaskState::Draft
            | TaskState::Open
            | TaskState::Proven(_)
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. },
        ) => false,
    }
}

fn state_fits(task: &Task, filter: &TaskFilter) -> bool {
    filter.state.is_none_or(|state| task.state.kind() == state)
}

async fn by_number(session: &mut Session<'_>, filter: &TaskFilter) -> Result<TaskPage, StoreError> {
    let mut conditions = vec!["1 = 1".to_owned()];
    let mut parameters: Vec<Value> = Vec::new();
    let mut also = |condition: &str, value: Value| {
        parameters.push(value);
        conditions.push(format!("{condition} ${}", parameters.len()));
    };
    match filter.state {
        // Said in words that the partial indexes are made with.
        Some(StateName::Open) => also("state = 'open' AND id >", 0_i64.into()),
        Some(state) => also("state <> 'open' AND state =", state.as_str().into()),
        None => {}
    }
    if let Some(role) = &filter.role {
        also("role =", role.as_str().into());
    }
    if let Some(owner) = &filter.owner {
        also("state = 'leased' AND owner =", owner.as_str().into());
    }
    if let Some(after) = filter.after {
        also("id >", after.number().into());
    }
    parameters.push((i64::from(filter.limit) + 1).into());
    let sql = format!(
        "SELECT {} FROM task WHERE {} ORDER BY id LIMIT ${}",
        rows::COLUMNS,
        conditions.join(" AND "),
        parameters.len()
    );
    Ok(page(read(session, &sql, &parameters).await?, filter.limit))
}

async fn read(
    session: &mut Session<'_>,
    sql: &str,
    parameters: &[Value],
) -> Result<Vec<Task>, StoreError> {
    session
        .query("list tasks", sql, parameters)
        .await?
        .iter()
        .map(task_of)
        .collect()
}

fn page(mut tasks: Vec<Task>, limit: u32) -> TaskPage {
    let limit = limit as usize;
    let more = tasks.len() > limit;
    tasks.truncate(limit);
    TaskPage { tasks, more }
}
