//! Editing what a task asks for. What was handed out does not change under its holder.

use adjutant_domain::{TaskId, Timestamp};
use adjutant_work::{Intake, Link, Refusal, Task, TaskState};

use super::closing::{at_revision, not_open};
use super::rows::{self, detail};
use super::{Written, links};
use crate::journal::JournalKind;
use crate::session::Purpose;
use crate::{Store, StoreError};

impl Store {
    /// Replaces the intake and the links of a task that nobody holds.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn edit_task(
        &self,
        id: TaskId,
        revision: i64,
        intake: &Intake,
        links: &[Link],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match at_revision(&mut session, id, revision).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let missing = intake.missing();
        match &task.state {
            TaskState::Draft => {}
            TaskState::Open | TaskState::Quarantined { .. } if missing.is_empty() => {}
            TaskState::Open | TaskState::Quarantined { .. } => {
                return Ok(Written::Refused(Refusal::Incomplete {
                    task: Some(id),
                    missing,
                }));
            }
            TaskState::Leased(_) => {
                let refusal = self.held_refusal(&mut session, &task).await?;
                return Ok(Written::Refused(refusal));
            }
            TaskState::Proven(_) | TaskState::Done { .. } | TaskState::Dropped { .. } => {
                return Ok(Written::Refused(not_open(&task)));
            }
        }
        if let Err(refusal) = links::set_links(&mut session, id, links).await? {
            return Ok(Written::Refused(refusal));
        }
        let task = Task {
            intake: intake.clone(),
            ..task
        };
        let about = detail([("title", intake.title.as_str().into())]);
        let task = rows::update(&mut session, task, JournalKind::TaskEdited, about, now).await?;
        let task = rows::load(&mut session, id).await?.unwrap_or(task);
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }
}
