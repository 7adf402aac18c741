//! Directives that were begun, and how they ended. Each attempt is one row, written under the lead
//! of who carries directives out.

use adjutant_domain::{Digest, DirectiveId, Epoch, Timestamp, sha256};
use adjutant_work::directive::{DirectiveOutcome, DirectiveRecord};
use serde_json::Value as Json;

use crate::evidence::insert_artifact;
use crate::journal::{self, JournalKind};
use crate::leading;
use crate::session::{Purpose, Session};
use crate::value::{Row, json_text, variant_text};
use crate::{Store, StoreError};

/// The lead of who carries directives out.
pub const DIRECTIVES_LEAD: &str = "directives";

/// An attempt to carry out a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveAttempt {
    /// Which directive.
    pub directive: DirectiveId,
    /// The digest of what it said.
    pub digest: Digest,
    /// Counted from 1.
    pub attempt: u32,
    /// When it began.
    pub began_at: Timestamp,
    /// How it ended; `None` while it lasts, and for one that was cut off.
    pub ending: Option<DirectiveEnding>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveEnding {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: DirectiveOutcome,
    /// What was found.
    pub record: DirectiveRecord,
}

/// What became of beginning a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// It began; this is the attempt.
    Attempt(u32),
    /// It was carried out before: there is nothing to do.
    CarriedOut,
    /// Another process leads now.
    LeadLost,
}

const OPERATION: &str = "carry out a directive";
const READ: &str = "read directives";
const COLUMNS: &str = "directive, digest, attempt, began_at, ended_at, outcome, content";

impl Store {
    /// Begins a directive, unless it was carried out before.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn begin_directive(
        &self,
        lead: Epoch,
        directive: &DirectiveId,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        if !leading::leads(&mut session, DIRECTIVES_LEAD, lead).await? {
            return Ok(Beginning::LeadLost);
        }
        let last = attempts(&mut session, Some(directive)).await?.pop();
        let carried_out = |last: &DirectiveAttempt| {
            let ending = last.ending.as_ref();
            ending.is_some_and(|ending| ending.outcome.is_carried_out())
        };
        if last.as_ref().is_some_and(carried_out) {
            return Ok(Beginning::CarriedOut);
        }
        let begun = DirectiveAttempt {
            directive: directive.clone(),
            digest,
            attempt: last.map_or(0, |last| last.attempt) + 1,
            began_at: now,
            ending: None,
        };
        insert(&mut session, &begun).await?;
        session.commit().await?;
        Ok(Beginning::Attempt(begun.attempt))
    }

    /// Ends an attempt. What it left becomes artifacts, which its record may name. `false` when
    /// another process leads now: then nothing is ended.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn end_directive(
        &self,
        lead: Epoch,
        begun: &DirectiveAttempt,
        ending: &DirectiveEnding,
        left: &[Vec<u8>],
    ) -> Result<bool, StoreError> {
        let left: Vec<(Digest, &[u8])> = left
            .iter()
            .map(|bytes| (sha256::digest_of(bytes), bytes.as_slice()))
            .collect();
        self.artifacts.write_all(&left, ending.at)?;
        let mut session = self.begin(Purpose::Write).await?;
        if !leading::leads(&mut session, DIRECTIVES_LEAD, lead).await? {
            return Ok(false);
        }
        for (digest, bytes) in left {
            insert_artifact(&mut session, digest, bytes.len(), ending.at).await?;
        }
        let content = json_text(OPERATION, &ending.record)?;
        let changed = session
            .execute(
                OPERATION,
                "UPDATE directive_attempt SET ended_at = $1, outcome = $2, content = $3 \
                 WHERE directive = $4 AND attempt = $5 AND ended_at IS NULL",
                &[
                    ending.at.unix_millis().into(),
                    variant_text(OPERATION, &ending.outcome)?.into(),
                    content.as_str().into(),
                    begun.directive.as_str().into(),
                    i64::from(begun.attempt).into(),
                ],
            )
            .await?;
        if changed == 0 {
            return Ok(false);
        }
        let told = ended_content(begun, ending)?;
        journal::append(&mut session, JournalKind::DirectiveEnded, &told, ending.at).await?;
        session.commit().await?;
        Ok(true)
    }

    /// Every attempt, in the order in which they began.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn directive_attempts(&self) -> Result<Vec<DirectiveAttempt>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let all = attempts(&mut session, None).await?;
        session.commit().await?;
        Ok(all)
    }

    /// At most so many attempts behind the one of this number, each with its number, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn directive_attempts_after(
        &self,
        after: i64,
        most: u32,
    ) -> Result<Vec<(i64, DirectiveAttempt)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, id FROM directive_attempt WHERE id > $1 ORDER BY id LIMIT $2"
        );
        let values = [after.into(), i64::from(most).into()];
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, &sql, &values).await?;
        session.commit().await?;
        rows.iter()
            .map(|row| Ok((row.integer(7)?, attempt_of(row)?)))
            .collect()
    }
}

async fn attempts(
    session: &mut Session<'_>,
    directive: Option<&DirectiveId>,
) -> Result<Vec<DirectiveAttempt>, StoreError> {
    let (which, parameters) = match directive {
        Some(directive) => ("WHERE directive = $1", vec![directive.as_str().into()]),
        None => ("", vec![]),
    };
    let sql = format!("SELECT {COLUMNS} FROM directive_attempt {which} ORDER BY id");
    let rows = session.query(READ, &sql, &parameters).await?;
    rows.iter().map(attempt_of).collect()
}

async fn insert(session: &mut Session<'_>, begun: &DirectiveAttempt) -> Result<(), StoreError> {
    let id = session.next_id(OPERATION, "directive_attempt").await?;
    session
        .execute(
            OPERATION,
            "INSERT INTO directive_attempt (id, directive, digest, attempt, began_at) \
             VALUES ($1, $2, $3, $4, $5)",
            &[
                id.into(),
                begun.directive.as_str().into(),
                begun.digest.to_string().into(),
                i64::from(begun.attempt).into(),
                begun.began_at.unix_millis().into(),
            ],
        )
        .await?;
    let content = begun_content(begun);
    journal::append(
        session,
        JournalKind::DirectiveBegun,
        &content,
        begun.began_at,
    )
    .await
}

fn attempt_of(row: &Row) -> Result<DirectiveAttempt, StoreError> {
    let ending = match row.optional_integer(4)? {
        None => None,
        Some(at) => Some(DirectiveEnding {
            at: Timestamp::from_unix_millis(at),
            outcome: row.variant(5)?,
            record: row.json(6)?,
        }),
    };
    Ok(DirectiveAttempt {
        directive: row.parse(0)?,
        digest: row.parse(1)?,
        attempt: row.small(2)?,
        began_at: Timestamp::from_unix_millis(row.integer(3)?),
        ending,
    })
}

/// What the journal says of an attempt that began.
fn begun_content(begun: &DirectiveAttempt) -> Json {
    serde_json::json!({
        "directive": begun.directive,
        "digest": begun.digest.to_string(),
        "attempt": begun.attempt,
        "at": begun.began_at.unix_millis(),
    })
}

/// What the journal says of how it ended.
fn ended_content(begun: &DirectiveAttempt, ending: &DirectiveEnding) -> Result<Json, StoreError> {
    Ok(serde_json::json!({
        "directive": begun.directive,
        "attempt": begun.attempt,
        "at": ending.at.unix_millis(),
        "outcome": ending.outcome,
        "record": sha256::digest_of(json_text(OPERATION, &ending.record)?.as_bytes()).to_string(),
    }))
}

/// Every attempt as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let mut explained = Vec::new();
    for attempt in attempts(session, None).await? {
        let name = format!("attempt {} of {}", attempt.attempt, attempt.directive);
        let content = begun_content(&attempt);
        explained.push((JournalKind::DirectiveBegun, name.clone(), content));
        if let Some(ending) = &attempt.ending {
            let content = ended_content(&attempt, ending)?;
            explained.push((JournalKind::DirectiveEnded, name, content));
        }
    }
    Ok(explained)
}
