//! Routines that ran, once a period. What a routine stored is never changed.

use adjutant_domain::{AgentName, Timestamp, sha256};
use adjutant_work::routine::Routine;
use serde_json::Value as Json;

use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, variant_text};
use crate::{Store, StoreError};

/// A routine that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineRun {
    /// Which.
    pub routine: Routine,
    /// The day, week or month.
    pub period: String,
    /// For whom; for the team when it is nobody's own.
    pub agent: Option<AgentName>,
    /// When.
    pub at: Timestamp,
    /// What it stored, as JSON.
    pub content: String,
}

/// What became of a routine that was to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutineTurn {
    /// It ran for the first time in its period.
    First,
    /// It had run in its period; this is what it stored then.
    Again(RoutineRun),
}

const OPERATION: &str = "store a routine";
const COLUMNS: &str = "routine, period, agent, at, content";

impl Store {
    /// Stores a routine, unless it ran in its period already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn store_routine(&self, run: &RoutineRun) -> Result<RoutineTurn, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let agent = run.agent.as_ref();
        if let Some(stored) = find(&mut session, run.routine, &run.period, agent).await? {
            return Ok(RoutineTurn::Again(stored));
        }
        insert(&mut session, run).await?;
        session.commit().await?;
        Ok(RoutineTurn::First)
    }

    /// What a routine stored in a period.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn routine(
        &self,
        routine: Routine,
        period: &str,
        agent: Option<&AgentName>,
    ) -> Result<Option<RoutineRun>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let found = find(&mut session, routine, period, agent).await?;
        session.commit().await?;
        Ok(found)
    }

    /// What the last run of a routine for the team stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_routine(&self, routine: Routine) -> Result<Option<RoutineRun>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM routine_run WHERE routine = $1 AND agent = '' \
             ORDER BY id DESC LIMIT 1"
        );
        let mut session = self.begin(Purpose::Read).await?;
        let name = variant_text("read routines", &routine)?;
        let rows = session.query("read routines", &sql, &[name.into()]).await?;
        session.commit().await?;
        rows.first().map(run_of).transpose()
    }
}

/// The team has no name.
fn name_of(agent: Option<&AgentName>) -> &str {
    agent.map_or("", AgentName::as_str)
}

async fn find(
    session: &mut Session<'_>,
    routine: Routine,
    period: &str,
    agent: Option<&AgentName>,
) -> Result<Option<RoutineRun>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM routine_run WHERE routine = $1 AND period = $2 AND agent = $3"
    );
    let rows = session
        .query(
            "read routines",
            &sql,
            &[
                variant_text("read routines", &routine)?.into(),
                period.into(),
                name_of(agent).into(),
            ],
        )
        .await?;
    rows.first().map(run_of).transpose()
}

async fn insert(session: &mut Session<'_>, run: &RoutineRun) -> Result<(), StoreError> {
    let id = session.next_id(OPERATION, "routine_run").await?;
    let routine = variant_text(OPERATION, &run.routine)?;
    let agent = name_of(run.agent.as_ref());
    session
        .execute(
            OPERATION,
            "INSERT INTO routine_run (id, routine, period, agent, at, content) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                id.into(),
                routine.as_str().into(),
                run.period.as_str().into(),
                agent.into(),
                run.at.unix_millis().into(),
                run.content.as_str().into(),
            ],
        )
        .await?;
    let content = routine_content(&routine, agent, run);
    journal::append(session, JournalKind::RoutineRan, &content, run.at).await
}

fn run_of(row: &Row) -> Result<RoutineRun, StoreError> {
    Ok(RoutineRun {
        routine: row.variant(0)?,
        period: row.text(1)?.to_owned(),
        agent: match row.text(2)? {
            "" => None,
            _name => Some(row.parse(2)?),
        },
        at: Timestamp::from_unix_millis(row.integer(3)?),
        content: row.text(4)?.to_owned(),
    })
}

/// What the journal says of a routine.
fn routine_content(routine: &str, agent: &str, run: &RoutineRun) -> Json {
    serde_json::json!({
        "routine": routine,
        "period": run.period,
        "agent": agent,
        "at": run.at.unix_millis(),
        "digest": sha256::digest_of(run.content.as_bytes()).to_string(),
    })
}

/// Every routine as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM routine_run ORDER BY id");
    let mut explained = Vec::new();
    for row in session.query("read routines", &sql, &[]).await? {
        let run = run_of(&row)?;
        let content = routine_content(row.text(0)?, row.text(2)?, &run);
        let name = format!("the {} routine of {}", run.routine, run.period);
        explained.push((JournalKind::RoutineRan, name, content));
    }
    Ok(explained)
}
