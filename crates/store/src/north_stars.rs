//! What was seen of the north-star gates. Rows are only ever added.

use adjutant_domain::{Digest, NorthStarName, Timestamp, sha256};
use adjutant_work::calendar::Week;
use adjutant_work::north_star::Observation;
use serde_json::Value as Json;

use crate::evidence::insert_artifact;
use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::json_text;
use crate::{Store, StoreError};

/// An observation with the file it was made on.
#[derive(Debug, Clone, Copy)]
pub struct NewObservation<'a> {
    /// What was seen.
    pub observation: &'a Observation,
    /// The file that was read, with its digest, where it is not in the store anyway.
    pub input: Option<(Digest, &'a [u8])>,
}

const OPERATION: &str = "store an observation of a north-star gate";

impl Store {
    /// Adds observations: all of them or none. One that says the same as the last of its gate and
    /// week is not added again. Answers which are new.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn observe_north_stars(
        &self,
        batch: &[NewObservation<'_>],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let inputs: Vec<(Digest, &[u8])> = batch.iter().filter_map(|new| new.input).collect();
        self.artifacts.write_all(&inputs, now)?;
        let mut session = self.begin(Purpose::Write).await?;
        let mut is_new = Vec::with_capacity(batch.len());
        for new in batch {
            let seen = new.observation;
            let last = last_of(&mut session, &seen.gate, seen.week).await?;
            let repeats = last.is_some_and(|last| seen.repeats(&last));
            if !repeats {
                insert(&mut session, new, now).await?;
            }
            is_new.push(!repeats);
        }
        session.commit().await?;
        Ok(is_new)
    }

    /// Every observation, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn north_star_observations(&self) -> Result<Vec<Observation>, StoreError> {
        let mut session = self.begin(Purpose::Look).await?;
        let sql = "SELECT content FROM north_star_observation ORDER BY id";
        let rows = session.query("read observations", sql, &[]).await?;
        session.commit().await?;
        rows.iter().map(|row| row.json(0)).collect()
    }
}

async fn last_of(
    session: &mut Session<'_>,
    gate: &NorthStarName,
    week: Week,
) -> Result<Option<Observation>, StoreError> {
    let rows = session
        .query(
            "read observations",
            "SELECT content FROM north_star_observation WHERE gate = $1 AND week = $2 \
             ORDER BY id DESC LIMIT 1",
            &[gate.as_str().into(), week.to_string().into()],
        )
        .await?;
    rows.first().map(|row| row.json(0)).transpose()
}

async fn insert(
    session: &mut Session<'_>,
    new: &NewObservation<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let seen = new.observation;
    if let Some((digest, bytes)) = new.input {
        insert_artifact(session, digest, bytes.len(), now).await?;
    }
    let id = session.next_id(OPERATION, "north_star_observation").await?;
    let week = seen.week.to_string();
    let text = json_text(OPERATION, seen)?;
    let input = new.input.map(|(digest, _)| digest.to_string());
    session
        .execute(
            OPERATION,
            "INSERT INTO north_star_observation (id, gate, week, input, content) \
             VALUES ($1, $2, $3, $4, $5)",
            &[
                id.into(),
                seen.gate.as_str().into(),
                week.as_str().into(),
                input.as_deref().into(),
                text.as_str().into(),
            ],
        )
        .await?;
    let content = observation_content(seen.gate.as_str(), &week, &text);
    journal::append(session, JournalKind::NorthStarObserved, &content, now).await
}

/// What the journal says of an observation.
fn observation_content(gate: &str, week: &str, content: &str) -> Json {
    serde_json::json!({
        "gate": gate,
        "week": week,
        "digest": sha256::digest_of(content.as_bytes()).to_string(),
    })
}

/// Every observation as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let sql = "SELECT id, gate, week, content FROM north_star_observation ORDER BY id";
    let mut explained = Vec::new();
    for row in session.query("read observations", sql, &[]).await? {
        let content = observation_content(row.text(1)?, row.text(2)?, row.text(3)?);
        let name = format!("observation {}", row.integer(0)?);
        explained.push((JournalKind::NorthStarObserved, name, content));
    }
    Ok(explained)
}
