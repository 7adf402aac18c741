//! Attempts: one row a claim, and what became of it.

use adjutant_domain::{AgentName, Epoch, RoleName, TaskId, Timestamp};
use adjutant_work::{Task, TaskKind};
use serde::{Deserialize, Serialize};

use crate::session::{Purpose, Session};
use crate::value::Row;
use crate::{Store, StoreError};

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptResult {
    /// Its work was proven, and waits to be merged.
    Proven,
    /// Its work was merged.
    Merged,
    /// The agent gave the task back.
    Released,
    /// Its work was checked and not proven, and the task was given back.
    Refused,
    /// The agent handed the task to another role.
    HandedOff,
    /// The lease ran out, and the task went on without the agent.
    Lost,
    /// The work was proven, and the merge or a person sent it back.
    Rejected,
}

impl AttemptResult {
    /// As stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            AttemptResult::Proven => "proven",
            AttemptResult::Merged => "merged",
            AttemptResult::Released => "released",
            AttemptResult::Refused => "refused",
            AttemptResult::HandedOff => "handed_off",
            AttemptResult::Lost => "lost",
            AttemptResult::Rejected => "rejected",
        }
    }
}

/// One claim of one task by one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The task.
    pub task: TaskId,
    /// The epoch of the claim.
    pub epoch: Epoch,
    /// Who claimed it.
    pub agent: AgentName,
    /// The task's kind at that time.
    pub kind: Option<TaskKind>,
    /// In which role it was claimed.
    pub role: Option<RoleName>,
    /// When the claim was granted.
    pub began_at: Timestamp,
    /// When the lease ended.
    pub ended_at: Option<Timestamp>,
    /// How; nothing while it goes on.
    pub result: Option<AttemptResult>,
}

/// The columns, in the order of [`attempt_of`].
pub(super) const COLUMNS: &str = "task, epoch, agent, kind, began_at, ended_at, result, role";

impl Store {
    /// All claims, or those of one agent, by task and epoch.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn attempts_of(&self, agent: Option<&AgentName>) -> Result<Vec<Attempt>, StoreError> {
        let (condition, parameters) = match agent {
            Some(agent) => ("WHERE agent = $1", vec![agent.as_str().into()]),
            None => ("", vec![]),
        };
        let sql = format!("SELECT {COLUMNS} FROM attempt {condition} ORDER BY task, epoch");
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read attempts", &sql, &parameters).await?;
        session.commit().await?;
        rows.iter().map(attempt_of).collect()
    }

    /// The claims of one task, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn attempts_on(&self, task: TaskId) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM attempt WHERE task = $1 ORDER BY epoch");
        let parameters = [task.number().into()];
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read attempts", &sql, &parameters).await?;
        session.commit().await?;
        rows.iter().map(attempt_of).collect()
    }
}

pub(super) fn attempt_of(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        task: TaskId::from_number(row.integer(0)?),
        epoch: Epoch::from_number(row.integer(1)?),
        agent: row.parse(2)?,
        kind: row.optional_text(3)?.map(|_| row.variant(3)).transpose()?,
        began_at: Timestamp::from_unix_millis(row.integer(4)?),
        ended_at: row.optional_integer(5)?.map(Timestamp::from_unix_millis),
        result: row.optional_text(6)?.map(|_| row.variant(6)).transpose()?,
        role: row.optional_text(7)?.map(|_| row.parse(7)).transpose()?,
    })
}

/// Begins the attempt of a claim that was granted.
pub(super) async fn begin(
    session: &mut Session<'_>,
    task: &Task,
    (agent, role): (&AgentName, Option<&RoleName>),
    now: Timestamp,
) -> Result<(), StoreError> {
    session
        .write(
            "begin an attempt",
            "INSERT INTO attempt (task, epoch, agent, kind, began_at, role) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            vec![
                task.id.number().into(),
                task.epoch.number().into(),
                agent.as_str().into(),
                task.intake.kind.map(TaskKind::name).into(),
                now.unix_millis().into(),
                role.map(RoleName::as_str).into(),
            ],
        )
        .await?;
    Ok(())
}

/// Says what became of the attempt under `epoch`. Its end is the first one.
pub(super) async fn end(
    session: &mut Session<'_>,
    task: TaskId,
    epoch: Epoch,
    result: AttemptResult,
    now: Timestamp,
) -> Result<(), StoreError> {
    session
        .write(
            "end an attempt",
            "UPDATE attempt SET result = $1, ended_at = COALESCE(ended_at, $2) \
             WHERE task = $3 AND epoch = $4",
            vec![
                result.name().into(),
                now.unix_millis().into(),
                task.number().into(),
                epoch.number().into(),
            ],
        )
        .await?;
    Ok(())
}
