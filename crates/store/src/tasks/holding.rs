//! What a holder does with its task: give it back, hand it off, prove it. Each carries the epoch.

use adjutant_announce::Announcement;
use adjutant_domain::Timestamp;
use adjutant_domain::sha256;
use adjutant_work::{Holder, Link, LinkKind, ProvenWork, Refusal, Task, TaskState, check_holder};

use super::attempts::{self, AttemptResult};
use super::filing::{self, NewTask};
use super::rows::{self, detail};
use super::{Written, lease_clock, links, notes};
use crate::evidence::insert_artifact;
use crate::journal::JournalKind;
use crate::session::{Purpose, Session};
use crate::{Store, StoreError, announcements};

impl Store {
    /// Gives the task back: it is open again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn release(
        &self,
        holder: &Holder,
        reason: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        self.give_back(holder, AttemptResult::Released, reason, now)
            .await
    }

    /// Gives the task back because its work was checked and not proven: it is open again, and the
    /// claim counts against its agent.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn refuse_work(
        &self,
        holder: &Holder,
        reason: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        self.give_back(holder, AttemptResult::Refused, reason, now)
            .await
    }

    async fn give_back(
        &self,
        holder: &Holder,
        result: AttemptResult,
        reason: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match self.held_task(&mut session, holder).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let ending = (result, JournalKind::TaskReleased);
        let task = let_go(&mut session, task, holder, ending, reason, now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }

    /// Files a task for the role that the work belongs to, linked to the one that is held, with
    /// the handoff (JSON) as its first note. Unless it is kept, the held task is let go and waits
    /// for the new one. The answer is the new task.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn hand_off(
        &self,
        holder: &Holder,
        handoff: &str,
        new: &NewTask,
        keep: bool,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match self.held_task(&mut session, holder).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        let mut new = new.clone();
        let back = Link {
            kind: LinkKind::HandoffOf,
            target: holder.task,
        };
        if !new.links.contains(&back) {
            new.links.push(back);
        }
        let filed = match filing::file(&mut session, &new, now).await? {
            Ok(filed) => filed,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        notes::add(&mut session, filed.id, Some(holder), handoff, now).await?;
        if !keep {
            let waits = Link {
                kind: LinkKind::BlockedBy,
                target: filed.id,
            };
            if let Err(refusal) = links::add(&mut session, holder.task, waits).await? {
                return Ok(Written::Refused(refusal));
            }
            let ending = (AttemptResult::HandedOff, JournalKind::TaskHandedOff);
            let reason = filed.id.to_string();
            let_go(&mut session, task, holder, ending, &reason, now).await?;
        }
        let told = Announcement::TaskHandedOff {
            task: filed.id,
            title: filed.intake.title.clone(),
            from: holder.task,
            role: filed.intake.role.clone(),
        };
        announcements::announce(&mut session, vec![told], now).await?;
        let filed = rows::load(&mut session, filed.id).await?;
        session.commit().await?;
        Ok(match filed {
            Ok(filed) => Written::Task(Box::new(filed)),
            Err(refusal) => Written::Refused(refusal),
        })
    }

    /// Accepts work that the task's checks accepted. `record` is the proof; it becomes an
    /// artifact, and the work cites it.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn prove(
        &self,
        holder: &Holder,
        work: &ProvenWork,
        record: &[u8],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let proof = sha256::digest_of(record);
        self.artifacts.write_all(&[(proof, record)], now)?;
        let mut session = self.begin(Purpose::Write).await?;
        let task = match self.held_task(&mut session, holder).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        insert_artifact(&mut session, proof, record.len(), now).await?;
        let about = detail([
            ("agent", holder.agent.as_str().into()),
            ("epoch", holder.epoch.number().into()),
            ("attempt", "proven".into()),
            ("proof", proof.to_string().into()),
        ]);
        let task = Task {
            state: TaskState::Proven(ProvenWork {
                proof,
                ..work.clone()
            }),
            ..task
        };
        let task = rows::update(&mut session, task, JournalKind::TaskProven, about, now).await?;
        let (id, epoch) = (holder.task, holder.epoch);
        attempts::end(&mut session, id, epoch, AttemptResult::Proven, now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }

    /// The task of a holder that still holds it.
    pub(super) async fn held_task(
        &self,
        session: &mut Session<'_>,
        holder: &Holder,
    ) -> Result<Result<Task, Refusal>, StoreError> {
        let at = lease_clock::read(session, &self.lease_clock).await?;
        let task = match rows::load(session, holder.task).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(match check_holder(&task, holder, at) {
            Ok(_) => Ok(task),
            Err(refusal) => Err(refusal),
        })
    }
}

/// Ends the holder's attempt; the task is open again.
async fn let_go(
    session: &mut Session<'_>,
    task: Task,
    holder: &Holder,
    (result, kind): (AttemptResult, JournalKind),
    reason: &str,
    now: Timestamp,
) -> Result<Task, StoreError> {
    attempts::end(session, holder.task, holder.epoch, result, now).await?;
    let about = detail([
        ("agent", holder.agent.as_str().into()),
        ("epoch", holder.epoch.number().into()),
        ("attempt", result.name().into()),
        ("reason", reason.into()),
    ]);
    let task = Task {
        state: TaskState::Open,
        ..task
    };
    rows::update(session, task, kind, about, now).await
}
