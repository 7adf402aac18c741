//! Counts over everything that is stored, for those who watch from outside.

use crate::session::{Purpose, Session};
use crate::{Store, StoreError};

const OPERATION: &str = "count what is stored";

/// How many there are of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreFigures {
    /// Tasks by state.
    pub tasks: Vec<(String, u64)>,
    /// Tasks that can be claimed now.
    pub ready: u64,
    /// Claims by what became of them; those that go on are `open`.
    pub claims: Vec<(String, u64)>,
    /// Decisions by gate and verdict.
    pub decisions: Vec<(String, String, u64)>,
    /// Evidence.
    pub evidence: u64,
    /// The position of the journal's last entry.
    pub journal: u64,
}

impl Store {
    /// Counts everything, in one look.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn figures(&self) -> Result<StoreFigures, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let figures = StoreFigures {
            tasks: pairs(
                &mut session,
                "SELECT state, COUNT(*) FROM task GROUP BY state ORDER BY state",
            )
            .await?,
            ready: count(
                &mut session,
                "SELECT COUNT(*) FROM task WHERE state = 'open' AND open_blockers = 0",
            )
            .await?,
            claims: pairs(
                &mut session,
                "SELECT COALESCE(result, 'open'), COUNT(*) FROM attempt \
                 GROUP BY COALESCE(result, 'open') ORDER BY 1",
            )
            .await?,
            decisions: triples(&mut session).await?,
            evidence: count(&mut session, "SELECT COUNT(*) FROM evidence").await?,
            journal: count(
                &mut session,
                "SELECT COALESCE(MAX(position), 0) FROM journal",
            )
            .await?,
        };
        session.commit().await?;
        Ok(figures)
    }
}

async fn count(session: &mut Session<'_>, sql: &str) -> Result<u64, StoreError> {
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.first()
        .map_or(Ok(0), |row| Ok(row.integer(0)?.unsigned_abs()))
}

async fn pairs(session: &mut Session<'_>, sql: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?.unsigned_abs())))
        .collect()
}

async fn triples(session: &mut Session<'_>) -> Result<Vec<(String, String, u64)>, StoreError> {
    let sql = "SELECT gate, verdict, COUNT(*) FROM decision GROUP BY gate, verdict \
               ORDER BY gate, verdict";
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let count = row.integer(2)?.unsigned_abs();
            Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), count))
        })
        .collect()
}
