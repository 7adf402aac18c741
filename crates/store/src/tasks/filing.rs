//! Filing tasks: all of a batch or none.

use adjutant_domain::{Epoch, RequestKey, TaskId, Timestamp};
use adjutant_work::{Intake, Link, Refusal, Task, TaskState};
use serde::Serialize;

use super::requests::{self, Known};
use super::rows::{self, detail};
use super::{lease_clock, links};
use crate::journal::JournalKind;
use crate::session::{Purpose, Session};
use crate::{Store, StoreError};

/// A task that is to be filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTask {
    /// What is asked for.
    pub intake: Intake,
    /// Its links to tasks that are there already.
    pub links: Vec<Link>,
    /// Whether it is kept back, complete or not.
    pub draft: bool,
}

/// What became of tasks that were to be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// They are filed, in the order given.
    Tasks(Vec<Task>),
    /// None is, and this is why.
    Refused(Refusal),
}

impl Store {
    /// Files tasks: all of them or none. Repeated under the same key, the same tasks come back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn file_tasks(
        &self,
        batch: &[NewTask],
        key: Option<&RequestKey>,
        now: Timestamp,
    ) -> Result<Filed, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let mut body = None;
        if let Some(key) = key {
            match requests::look_up(&mut session, key, &("file", batch)).await? {
                Known::Answer(tasks) => return Ok(Filed::Tasks(tasks)),
                Known::Refused(refusal) => return Ok(Filed::Refused(refusal)),
                Known::No(digest) => body = Some((key, digest)),
            }
        }
        let mut tasks = Vec::with_capacity(batch.len());
        for new in batch {
            match file(&mut session, new, now).await? {
                Ok(task) => tasks.push(task),
                Err(refusal) => return Ok(Filed::Refused(refusal)),
            }
        }
        if let Some((key, body)) = body {
            let at = lease_clock::tick(&mut session, &self.lease_clock).await?;
            requests::remember(&mut session, key, body, &tasks, at).await?;
        }
        session.commit().await?;
        Ok(Filed::Tasks(tasks))
    }
}

/// Files one task.
pub(crate) async fn file(
    session: &mut Session<'_>,
    new: &NewTask,
    now: Timestamp,
) -> Result<Result<Task, Refusal>, StoreError> {
    let missing = new.intake.missing();
    if !new.draft && !missing.is_empty() {
        return Ok(Err(Refusal::Incomplete {
            task: None,
            missing,
        }));
    }
    let id = TaskId::from_number(session.next_id("file a task", "task").await?);
    let mut task = Task {
        id,
        revision: 1,
        intake: new.intake.clone(),
        state: if new.draft {
            TaskState::Draft
        } else {
            TaskState::Open
        },
        epoch: Epoch::default(),
        open_blockers: 0,
        unblocks: 0,
        losses: 0,
        created_at: now,
        updated_at: now,
    };
    rows::insert(session, &task).await?;
    if !new.links.is_empty() {
        if let Err(refusal) = links::set_links(session, id, &new.links).await? {
            return Ok(Err(refusal));
        }
        match rows::load(session, id).await? {
            Ok(stored) => task = stored,
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    let about = detail([("title", task.intake.title.as_str().into())]);
    rows::record(session, &task, JournalKind::TaskFiled, about, now).await?;
    Ok(Ok(task))
}
