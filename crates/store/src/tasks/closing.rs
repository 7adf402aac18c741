//! Closing tasks and opening them again: merged, dropped, sent back. The tasks that wait for them
//! learn it in the same transaction.

use adjutant_announce::Announcement;
use adjutant_domain::sha256;
use adjutant_domain::{ObjectId, TaskId, Timestamp};
use adjutant_work::{Refusal, Task, TaskState};
use serde_json::{Map, Value as Json};

use super::attempts::{self, AttemptResult};
use super::rows::{self, detail};
use super::{Written, counters, lease_clock};
use crate::evidence::insert_artifact;
use crate::journal::JournalKind;
use crate::session::{Purpose, Session};
use crate::{Store, StoreError, announcements};

impl Store {
    /// Closes a task whose proven work was merged. `record` is what was checked on the merged
    /// tree; it becomes an artifact.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn finish(
        &self,
        id: TaskId,
        revision: i64,
        merged: &ObjectId,
        record: &[u8],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let proof = sha256::digest_of(record);
        self.artifacts.write_all(&[(proof, record)], now)?;
        let mut session = self.begin(Purpose::Write).await?;
        let task = match at_revision(&mut session, id, revision).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let TaskState::Proven(work) = task.state.clone() else {
            return Ok(Written::Refused(not_open(&task)));
        };
        insert_artifact(&mut session, proof, record.len(), now).await?;
        attempts::end(&mut session, id, work.epoch, AttemptResult::Merged, now).await?;
        let about = detail([
            ("epoch", work.epoch.number().into()),
            ("attempt", "merged".into()),
            ("merged", merged.as_str().into()),
            ("proof", proof.to_string().into()),
        ]);
        let merged = merged.clone();
        let next = TaskState::Done {
            work,
            merged: merged.clone(),
        };
        let change = (JournalKind::TaskDone, about);
        let task = move_to(&mut session, task, next, change, now).await?;
        let told = Announcement::TaskDone {
            task: id,
            title: task.intake.title.clone(),
            merged,
        };
        announcements::announce(&mut session, vec![told], now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }

    /// Opens a task again, or for the first time: a draft that is complete, proven work that the
    /// merge or a person sent back, a closed or a quarantined task. Its lost leases are forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn reopen_task(
        &self,
        id: TaskId,
        revision: i64,
        reason: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let mut task = match at_revision(&mut session, id, revision).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let mut about = detail([("reason", reason.into())]);
        match &task.state {
            TaskState::Proven(work) => {
                about.insert("epoch".to_owned(), work.epoch.number().into());
                about.insert("attempt".to_owned(), "rejected".into());
                let epoch = work.epoch;
                attempts::end(&mut session, id, epoch, AttemptResult::Rejected, now).await?;
            }
            TaskState::Draft
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => {}
            TaskState::Open => return Ok(Written::Refused(not_open(&task))),
            TaskState::Leased(_) => {
                let refusal = self.held_refusal(&mut session, &task).await?;
                return Ok(Written::Refused(refusal));
            }
        }
        // A draft may have been dropped, and come back.
        let missing = task.intake.missing();
        if !missing.is_empty() {
            let task = Some(id);
            return Ok(Written::Refused(Refusal::Incomplete { task, missing }));
        }
        task.losses = 0;
        let change = (JournalKind::TaskReopened, about);
        let task = move_to(&mut session, task, TaskState::Open, change, now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }

    /// Drops a task that nobody will do. One that is held is released first; merged work stays.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn drop_task(
        &self,
        id: TaskId,
        revision: i64,
        reason: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match at_revision(&mut session, id, revision).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let mut about = detail([("reason", reason.into())]);
        match &task.state {
            TaskState::Draft | TaskState::Open | TaskState::Quarantined { .. } => {}
            TaskState::Proven(work) => {
                about.insert("epoch".to_owned(), work.epoch.number().into());
                about.insert("attempt".to_owned(), "rejected".into());
                let epoch = work.epoch;
                attempts::end(&mut session, id, epoch, AttemptResult::Rejected, now).await?;
            }
            TaskState::Done { .. } | TaskState::Dropped { .. } => {
                return Ok(Written::Refused(not_open(&task)));
            }
            TaskState::Leased(lease) => {
                let at = lease_clock::tick(&mut session, &self.lease_clock).await?;
                if lease.expires > at {
                    let refusal = self.held_refusal(&mut session, &task).await?;
                    return Ok(Written::Refused(refusal));
                }
                about.insert("epoch".to_owned(), lease.epoch.number().into());
                about.insert("attempt".to_owned(), "lost".into());
                let epoch = lease.epoch;
                attempts::end(&mut session, id, epoch, AttemptResult::Lost, now).await?;
            }
        }
        let next = TaskState::Dropped {
            reason: reason.to_owned(),
        };
        let change = (JournalKind::TaskDropped, about);
        let task = move_to(&mut session, task, next, change, now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }

    /// That another has the task, or that its lease ran out.
    pub(super) async fn held_refusal(
        &self,
        session: &mut Session<'_>,
        task: &Task,
    ) -> Result<Refusal, StoreError> {
        let at = lease_clock::tick(session, &self.lease_clock).await?;
        Ok(match &task.state {
            TaskState::Leased(lease) => Refusal::Held {
                task: task.id,
                owner: lease.owner.clone(),
                millis_left: (lease.expires.millis() - at.millis()).max(0),
            },
            TaskState::Draft
            | TaskState::Open
            | TaskState::Proven(_)
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => not_open(task),
        })
    }
}

/// The task, unless someone changed it since it was read.
pub(super) async fn at_revision(
    session: &mut Session<'_>,
    id: TaskId,
    revision: i64,
) -> Result<Result<Task, Refusal>, StoreError> {
    Ok(match rows::load(session, id).await? {
        Ok(task) if task.revision != revision => Err(Refusal::Changed {
            task: id,
            given: revision,
            current: task.revision,
        }),
        Ok(task) => Ok(task),
        Err(refusal) => Err(refusal),
    })
}

pub(super) fn not_open(task: &Task) -> Refusal {
    Refusal::NotOpen {
        task: task.id,
        state: task.state.name().to_owned(),
    }
}

/// Writes the next state, and tells the tasks around when the task closes or opens by it.
async fn move_to(
    session: &mut Session<'_>,
    task: Task,
    state: TaskState,
    (kind, about): (JournalKind, Map<String, Json>),
    now: Timestamp,
) -> Result<Task, StoreError> {
    let closing_changes = task.state.is_closed() != state.is_closed();
    let task = Task { state, ..task };
    let task = rows::update(session, task, kind, about, now).await?;
    if closing_changes {
        counters::closing_changed(session, task.id).await?;
    }
    Ok(task)
}
