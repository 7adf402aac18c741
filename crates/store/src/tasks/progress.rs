//! How far the work has come: how many tasks and directives stand how, at one place of the journal.

use adjutant_work::StateName;
use adjutant_work::directive::DirectiveOutcome;

use crate::journal;
use crate::session::{Purpose, Session};
use crate::{Store, StoreError};

/// The tasks and the directives by state, and the journal's last entry when they were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkProgress {
    /// How many tasks are in each state, zeros included, in the order of a task's life; nothing
    /// when there are no tasks.
    pub states: Vec<(StateName, u64)>,
    /// How many directives ended how at their last attempt, zeros included, and how many have begun
    /// and not ended; nothing when none ever began.
    pub directives: Vec<(Option<DirectiveOutcome>, u64)>,
    /// How many entries the journal had.
    pub journal_entries: i64,
    /// The hash of its last one.
    pub journal_head: String,
}

const OPERATION: &str = "count the work by state";

impl Store {
    /// Counts tasks and directives; `None` when there are none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn work_progress(&self) -> Result<Option<WorkProgress>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let states = tasks(&mut session).await?;
        let directives = directives(&mut session).await?;
        let journal = journal::last(&mut session).await?;
        session.commit().await?;
        let is_any = !(states.is_empty() && directives.is_empty());
        Ok(is_any.then_some(WorkProgress {
            states,
            directives,
            journal_entries: journal.position,
            journal_head: journal.hash,
        }))
    }
}

async fn tasks(session: &mut Session<'_>) -> Result<Vec<(StateName, u64)>, StoreError> {
    let sql = "SELECT state, COUNT(*) FROM task GROUP BY state";
    let rows = session.query(OPERATION, sql, &[]).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let mut states: Vec<(StateName, u64)> = StateName::ALL.map(|state| (state, 0)).into();
    for row in &rows {
        let (name, counted) = (row.text(0)?, row.integer(1)?);
        let Some(state) = states.iter_mut().find(|(state, _)| state.as_str() == name) else {
            return Err(row.foreign(0));
        };
        state.1 = counted.unsigned_abs();
    }
    Ok(states)
}

async fn directives(
    session: &mut Session<'_>,
) -> Result<Vec<(Option<DirectiveOutcome>, u64)>, StoreError> {
    let sql = "SELECT outcome, COUNT(*) FROM directive_attempt AS one \
               WHERE attempt = (SELECT MAX(attempt) FROM directive_attempt \
               WHERE directive = one.directive) GROUP BY outcome";
    let rows = session.query(OPERATION, sql, &[]).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let outcomes = [
        Some(DirectiveOutcome::Done),
        Some(DirectiveOutcome::Unproven),
        Some(DirectiveOutcome::Failed),
        None,
    ];
    let mut directives: Vec<_> = outcomes.map(|outcome| (outcome, 0)).into();
    for row in &rows {
        let outcome = row.optional_text(0)?.map(|_| row.variant(0)).transpose()?;
        let Some(found) = directives.iter_mut().find(|(known, _)| *known == outcome) else {
            return Err(row.foreign(0));
        };
        found.1 = row.integer(1)?.unsigned_abs();
    }
    Ok(directives)
}
