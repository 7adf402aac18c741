//! How far the work has come: how many tasks stand how, at one place of the journal.

use adjutant_work::StateName;

use crate::journal;
use crate::session::Purpose;
use crate::{Store, StoreError};

/// The tasks by state, and the journal's last entry when they were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskProgress {
    /// How many tasks are in each state, zeros included, in the order of a task's life.
    pub states: Vec<(StateName, u64)>,
    /// How many entries the journal had.
    pub journal_entries: i64,
    /// The hash of its last one.
    pub journal_head: String,
}

impl Store {
    /// Counts the tasks; `None` when there are none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn task_progress(&self) -> Result<Option<TaskProgress>, StoreError> {
        const OPERATION: &str = "count tasks by state";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(
                OPERATION,
                "SELECT state, COUNT(*) FROM task GROUP BY state",
                &[],
            )
            .await?;
        let (journal_entries, journal_head) = journal::last(&mut session).await?;
        session.commit().await?;
        let mut states: Vec<(StateName, u64)> = StateName::ALL.map(|state| (state, 0)).into();
        for row in &rows {
            let (name, counted) = (row.text(0)?, row.integer(1)?);
            let Some(state) = states.iter_mut().find(|(state, _)| state.as_str() == name) else {
                return Err(row.foreign(0));
            };
            state.1 = counted.unsigned_abs();
        }
        let progress = TaskProgress {
            states,
            journal_entries,
            journal_head,
        };
        Ok((!rows.is_empty()).then_some(progress))
    }
}
