//! What people add to incidents. Rows are only ever added.

use adjutant_domain::Timestamp;
use adjutant_rollout::{IncidentId, IncidentNote};
use adjutant_work::{Refusal, Task};
use serde_json::Value as Json;

use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::tasks::filing;
use crate::value::{Row, variant_text};
use crate::{NewTask, Store, StoreError};

const OPERATION: &str = "add to an incident";
const READ: &str = "read incidents";
const COLUMNS: &str = "incident, at, kind, text, task";

impl Store {
    /// Adds a note to an incident.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_incident(
        &self,
        incident: &IncidentId,
        note: &IncidentNote,
    ) -> Result<(), StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        insert(&mut session, incident, note).await?;
        session.commit().await
    }

    /// Files an action item of an incident as a task: both or neither.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn act_on_incident(
        &self,
        incident: &IncidentId,
        note: &IncidentNote,
        task: &NewTask,
    ) -> Result<Result<Task, Refusal>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let task = match filing::file(&mut session, task, note.at).await? {
            Ok(task) => task,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let note = IncidentNote {
            task: Some(task.id),
            ..note.clone()
        };
        insert(&mut session, incident, &note).await?;
        session.commit().await?;
        Ok(Ok(task))
    }

    /// What people added to an incident, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn incident_notes(
        &self,
        incident: &IncidentId,
    ) -> Result<Vec<IncidentNote>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM incident_note WHERE incident = $1 ORDER BY id");
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(READ, &sql, &[incident.to_string().into()])
            .await?;
        session.commit().await?;
        rows.iter().map(note_of).collect()
    }
}

async fn insert(
    session: &mut Session<'_>,
    incident: &IncidentId,
    note: &IncidentNote,
) -> Result<(), StoreError> {
    let id = session.next_id(OPERATION, "incident_note").await?;
    session
        .execute(
            OPERATION,
            "INSERT INTO incident_note (id, incident, at, kind, text, task) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                id.into(),
                incident.to_string().into(),
                note.at.unix_millis().into(),
                variant_text(OPERATION, &note.kind)?.into(),
                note.text.as_str().into(),
                note.task.map(|task| task.number()).into(),
            ],
        )
        .await?;
    let content = note_content(&incident.to_string(), note);
    journal::append(session, JournalKind::IncidentNoted, &content, note.at).await
}

fn note_of(row: &Row) -> Result<IncidentNote, StoreError> {
    Ok(IncidentNote {
        at: Timestamp::from_unix_millis(row.integer(1)?),
        kind: row.variant(2)?,
        text: row.text(3)?.to_owned(),
        task: row
            .optional_integer(4)?
            .map(adjutant_domain::TaskId::from_number),
    })
}

/// What the journal says of a note.
fn note_content(incident: &str, note: &IncidentNote) -> Json {
    serde_json::json!({ "incident": incident, "note": note })
}

/// Every note as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident_note ORDER BY id");
    let mut explained = Vec::new();
    for row in session.query(READ, &sql, &[]).await? {
        let incident = row.text(0)?;
        let content = note_content(incident, &note_of(&row)?);
        let name = format!("a note on incident {incident}");
        explained.push((JournalKind::IncidentNoted, name, content));
    }
    Ok(explained)
}
