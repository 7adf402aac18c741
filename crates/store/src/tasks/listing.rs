//! Looking at tasks: one with everything about it, or a page of many. Never the whole table.

use std::cmp::Reverse;

use adjutant_domain::{AgentName, Epoch, RoleName, TaskId, Timestamp};
use adjutant_work::{Intake, IntakeText, LeaseTime, Link, StateName, Task};
use serde::Deserialize;

use super::notes::{self, Note};
use super::rows::{self, task_of};
use super::{claiming, lease_clock, links};
use crate::session::{Purpose, Session};
use crate::value::{Row, Value};
use crate::{Store, StoreError};

const OPERATION: &str = "list tasks";

/// [`rows::COLUMNS`] without title, kind and paths, which stand in the intake as well.
const COLUMNS: &str = "id, revision, state, NULL, NULL, priority, role, NULL, intake, owner, epoch, \
    expires, work, merged, reason, losses, created_at, updated_at, open_blockers, unblocks";

/// Where they stand.
const ID: usize = 0;
const STATE: usize = 2;
const PRIORITY: usize = 5;
const ROLE: usize = 6;
const INTAKE: usize = 8;
const OWNER: usize = 9;
const EPOCH: usize = 10;
const OPEN_BLOCKERS: usize = 18;
const UNBLOCKS: usize = 19;

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
pub struct TaskPage<Asked = Intake> {
    /// The tasks.
    pub tasks: Vec<Task<Asked>>,
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
        page(self.listed(filter).await?, filter.limit, task_of)
    }

    /// The same page, with what the tasks ask for as it is stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list_task_texts(
        &self,
        filter: &TaskFilter,
    ) -> Result<TaskPage<IntakeText>, StoreError> {
        page(self.listed(filter).await?, filter.limit, task_text_of)
    }

    /// The rows of a page, and one more if there are more.
    async fn listed(&self, filter: &TaskFilter) -> Result<Vec<Row>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let rows = if filter.ready {
            self.ready(&mut session, filter).await?
        } else {
            by_number(&mut session, filter).await?
        };
        session.commit().await?;
        Ok(rows)
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
    ) -> Result<Vec<Row>, StoreError> {
        let after = match filter.after {
            Some(id) => row_of(session, id).await?.as_ref().map(place_of),
            None => None,
        };
        let after = after.transpose()?;
        let mut condition = String::new();
        let mut parameters: Vec<Value> = Vec::new();
        if let Some((priority, Reverse(unblocks), id)) = after {
            condition.push_str(AFTER_READY);
            parameters.extend([priority.into(), unblocks.into(), id.into()]);
        }
        if let Some(role) = &filter.role {
            parameters.push(role.as_str().into());
            condition.push_str(&format!(" AND role = ${}", parameters.len()));
        }
        parameters.push((i64::from(filter.limit) + 1).into());
        let sql = format!(
            "SELECT {COLUMNS} FROM task WHERE state = 'open' AND open_blockers = 0 {condition} \
             ORDER BY priority, unblocks DESC, id LIMIT ${}",
            parameters.len()
        );
        let mut placed = Vec::new();
        for row in session.query(OPERATION, &sql, &parameters).await? {
            placed.push((place_of(&row)?, row));
        }
        let at = lease_clock::read(session, &self.lease_clock).await?;
        for held in claiming::held(session).await?.iter() {
            if !held.is_live(at)
                && let Some(row) = row_of(session, held.task).await?
            {
                let place = place_of(&row)?;
                let role = filter.role.as_ref().map(RoleName::as_str);
                let fits = row.integer(OPEN_BLOCKERS)? == 0
                    && after.is_none_or(|after| place > after)
                    && (role.is_none() || row.optional_text(ROLE)? == role);
                placed.extend(fits.then_some((place, row)));
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        let mut rows = Vec::with_capacity(placed.len());
        for (_, row) in placed {
            if is_asked_for(&row, filter)? {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// Where a ready task stands in the queue: [`adjutant_work::ready_order`], of a row.
type Place = (i64, Reverse<i64>, i64);

fn place_of(row: &Row) -> Result<Place, StoreError> {
    let unblocks = Reverse(row.integer(UNBLOCKS)?);
    Ok((row.integer(PRIORITY)?, unblocks, row.integer(ID)?))
}

/// Whether it is in the state and with the owner that are asked for. A ready task has an owner only
/// when its lease ran out.
fn is_asked_for(row: &Row, filter: &TaskFilter) -> Result<bool, StoreError> {
    let owner = filter.owner.as_ref().map(AgentName::as_str);
    let state = filter.state.map(StateName::as_str);
    Ok((owner.is_none() || row.optional_text(OWNER)? == owner)
        && (state.is_none() || row.optional_text(STATE)? == state))
}

async fn row_of(session: &mut Session<'_>, id: TaskId) -> Result<Option<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE id = $1");
    let rows = session
        .query(OPERATION, &sql, &[id.number().into()])
        .await?;
    Ok(rows.into_iter().next())
}

async fn by_number(session: &mut Session<'_>, filter: &TaskFilter) -> Result<Vec<Row>, StoreError> {
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
        "SELECT {COLUMNS} FROM task WHERE {} ORDER BY id LIMIT ${}",
        conditions.join(" AND "),
        parameters.len()
    );
    session.query(OPERATION, &sql, &parameters).await
}

fn page<Asked>(
    mut rows: Vec<Row>,
    limit: u32,
    task_of: impl Fn(&Row) -> Result<Task<Asked>, StoreError>,
) -> Result<TaskPage<Asked>, StoreError> {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    // Each row is let go of when it is read: a page is not in memory twice.
    let tasks = rows.into_iter().map(|row| task_of(&row));
    Ok(TaskPage {
        tasks: tasks.collect::<Result<_, _>>()?,
        more,
    })
}

#[derive(Deserialize)]
struct StoredIntake {
    version: u32,
    intake: IntakeText,
}

/// The task that a row holds, with what it asks for as it is stored.
fn task_text_of(row: &Row) -> Result<Task<IntakeText>, StoreError> {
    let StoredIntake { version, intake } = row.json(INTAKE)?;
    if version > rows::INTAKE_VERSION {
        return Err(row.foreign(INTAKE));
    }
    let epoch = Epoch::from_number(row.integer(EPOCH)?);
    Ok(Task {
        id: TaskId::from_number(row.integer(ID)?),
        revision: row.integer(1)?,
        intake,
        state: rows::state_of(row, epoch)?,
        epoch,
        open_blockers: row.small(OPEN_BLOCKERS)?,
        unblocks: row.small(UNBLOCKS)?,
        losses: row.small(15)?,
        created_at: Timestamp::from_unix_millis(row.integer(16)?),
        updated_at: Timestamp::from_unix_millis(row.integer(17)?),
    })
}
