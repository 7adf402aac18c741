//! Notes on a task: what its holders and others want the next one to know. Never changed.

use adjutant_domain::sha256;
use adjutant_domain::{AgentName, Epoch, TaskId, Timestamp};
use adjutant_work::{Holder, Refusal};
use serde_json::Value as Json;

use super::{Written, rows};
use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::Row;
use crate::{Store, StoreError};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Counted from 1 within the task.
    pub position: i64,
    /// When it was written.
    pub at: Timestamp,
    /// By whom, when a holder wrote it.
    pub agent: Option<AgentName>,
    /// Under which claim.
    pub epoch: Option<Epoch>,
    /// What it says.
    pub text: String,
}

/// The columns after the task, in the order of [`note_of`].
const COLUMNS: &str = "position, at, agent, epoch, text";

impl Store {
    /// Adds a note; with a holder only as long as it holds the task.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add_note(
        &self,
        id: TaskId,
        holder: Option<&Holder>,
        text: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match holder {
            Some(holder) if holder.task != id => Err(Refusal::Unknown { task: id }),
            Some(holder) => self.held_task(&mut session, holder).await?,
            None => rows::load(&mut session, id).await?,
        };
        let task = match task {
            Ok(task) => task,
            Err(refusal) => return Ok(Written::Refused(refusal)),
        };
        add(&mut session, id, holder, text, now).await?;
        session.commit().await?;
        Ok(Written::Task(Box::new(task)))
    }
}

/// Adds a note with its entry.
pub(super) async fn add(
    session: &mut Session<'_>,
    id: TaskId,
    holder: Option<&Holder>,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const OPERATION: &str = "add a note";
    let rows = session
        .query(
            OPERATION,
            "SELECT COALESCE(MAX(position), 0) + 1 FROM task_note WHERE task = $1",
            &[id.number().into()],
        )
        .await?;
    let note = Note {
        position: rows.first().map_or(Ok(1), |row| row.integer(0))?,
        at: now,
        agent: holder.map(|holder| holder.agent.clone()),
        epoch: holder.map(|holder| holder.epoch),
        text: text.to_owned(),
    };
    session
        .execute(
            OPERATION,
            "INSERT INTO task_note (task, position, at, agent, epoch, text) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                id.number().into(),
                note.position.into(),
                now.unix_millis().into(),
                note.agent.as_ref().map(AgentName::as_str).into(),
                note.epoch.map(Epoch::number).into(),
                text.into(),
            ],
        )
        .await?;
    journal::append(session, JournalKind::TaskNoted, &content(id, &note), now).await
}

/// What the journal says of a note.
fn content(id: TaskId, note: &Note) -> Json {
    serde_json::json!({
        "task": id.to_string(),
        "position": note.position,
        "at": note.at.unix_millis(),
        "agent": note.agent,
        "epoch": note.epoch,
        "digest": sha256::digest_of(note.text.as_bytes()).to_string(),
    })
}

pub(super) async fn notes_of(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<Vec<Note>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task_note WHERE task = $1 ORDER BY position");
    session
        .query("read notes", &sql, &[id.number().into()])
        .await?
        .iter()
        .map(|row| note_of(row, 0))
        .collect()
}

/// All notes, as the journal explains them: a name for a person, and the entry's content.
pub(super) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(String, Json)>, StoreError> {
    let sql = format!("SELECT task, {COLUMNS} FROM task_note ORDER BY task, position");
    session
        .query("read notes", &sql, &[])
        .await?
        .iter()
        .map(|row| {
            let id = TaskId::from_number(row.integer(0)?);
            let note = note_of(row, 1)?;
            let name = format!("note {} of {id}", note.position);
            Ok((name, content(id, &note)))
        })
        .collect()
}

fn note_of(row: &Row, first: usize) -> Result<Note, StoreError> {
    Ok(Note {
        position: row.integer(first)?,
        at: Timestamp::from_unix_millis(row.integer(first + 1)?),
        agent: row
            .optional_text(first + 2)?
            .map(|_| row.parse(first + 2))
            .transpose()?,
        epoch: row.optional_integer(first + 3)?.map(Epoch::from_number),
        text: row.text(first + 4)?.to_owned(),
    })
}
