//! Counts over everything that is stored, for those who watch from outside.

mod usage;

use adjutant_domain::Timestamp;

use crate::session::{Purpose, Session};
use crate::{Store, StoreError};

pub use usage::{AgentRunFigure, AgentUsage, UsageMeasure};

const OPERATION: &str = "count what is stored";

/// How many there are of each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoreFigures {
    /// Tasks by state.
    pub tasks: Vec<(String, u64)>,
    /// Tasks that can be claimed now.
    pub ready: u64,
    /// When the oldest of them was filed.
    pub oldest_ready: Option<Timestamp>,
    /// Claims that go on.
    pub leases: u64,
    /// Claims that ended, by what became of them.
    pub claims: Vec<(String, u64)>,
    /// Decisions by gate and verdict.
    pub decisions: Vec<(String, String, u64)>,
    /// The last decision of each gate: its verdict, and when.
    pub last_decisions: Vec<(String, String, Timestamp)>,
    /// Messages to receivers.
    pub deliveries: Vec<DeliveryFigure>,
    /// Runs of agents.
    pub runs: Vec<AgentRunFigure>,
    /// What those runs reported to have used.
    pub usage: Vec<AgentUsage>,
    /// Evidence.
    pub evidence: u64,
    /// The position of the journal's last entry.
    pub journal: u64,
    /// Events of services. They are only ever added: what follows from them changes with this.
    pub service_events: u64,
}

/// Messages to a receiver that are equally far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFigure {
    /// To whom.
    pub receiver: String,
    /// How far.
    pub state: String,
    /// How many.
    pub count: u64,
    /// When the oldest of those that wait happened.
    pub oldest_waiting: Option<Timestamp>,
}

impl Store {
    /// Counts everything, in one look.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn figures(&self) -> Result<StoreFigures, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let figures = look(&mut session).await?;
        session.commit().await?;
        Ok(figures)
    }
}

async fn look(session: &mut Session<'_>) -> Result<StoreFigures, StoreError> {
    let (ready, oldest_ready) = ready(session).await?;
    Ok(StoreFigures {
        tasks: counts(session, "SELECT state, COUNT(*) FROM task GROUP BY state").await?,
        ready,
        oldest_ready,
        leases: session
            .count(
                OPERATION,
                "SELECT COUNT(*) FROM task WHERE state = 'leased'",
                &[],
            )
            .await?,
        claims: counts(
            session,
            "SELECT result, COUNT(*) FROM attempt WHERE result IS NOT NULL GROUP BY result",
        )
        .await?,
        decisions: decisions(session).await?,
        last_decisions: last_decisions(session).await?,
        deliveries: deliveries(session).await?,
        runs: usage::runs(session).await?,
        usage: usage::reported(session).await?,
        evidence: session
            .count(OPERATION, "SELECT COUNT(*) FROM evidence", &[])
            .await?,
        journal: session
            .count(
                OPERATION,
                "SELECT COALESCE(MAX(position), 0) FROM journal",
                &[],
            )
            .await?,
        service_events: session
            .count(OPERATION, "SELECT COUNT(*) FROM service_event", &[])
            .await?,
    })
}

/// Names and their counts, by name.
async fn counts(session: &mut Session<'_>, sql: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = format!("{sql} ORDER BY 1");
    let rows = session.query(OPERATION, &sql, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?.unsigned_abs())))
        .collect()
}

async fn ready(session: &mut Session<'_>) -> Result<(u64, Option<Timestamp>), StoreError> {
    let sql = "SELECT COUNT(*), MIN(created_at) FROM task \
               WHERE state = 'open' AND open_blockers = 0";
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.first().map_or(Ok((0, None)), |row| {
        let oldest = row.optional_integer(1)?;
        let count = row.integer(0)?.unsigned_abs();
        Ok((count, oldest.map(Timestamp::from_unix_millis)))
    })
}

async fn decisions(session: &mut Session<'_>) -> Result<Vec<(String, String, u64)>, StoreError> {
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

async fn last_decisions(
    session: &mut Session<'_>,
) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
    let sql = "SELECT gate, verdict, decided_at FROM decision \
               WHERE id IN (SELECT MAX(id) FROM decision GROUP BY gate) ORDER BY gate";
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let at = Timestamp::from_unix_millis(row.integer(2)?);
            Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), at))
        })
        .collect()
}

async fn deliveries(session: &mut Session<'_>) -> Result<Vec<DeliveryFigure>, StoreError> {
    // Only what waits is looked at one by one. What was forgotten since it was delivered counts, too.
    let sql = "SELECT c.receiver, c.state, c.n + CASE WHEN c.state = 'delivered' THEN \
               (SELECT r.delivered_before FROM receiver r WHERE r.name = c.receiver) ELSE 0 END, CASE WHEN c.state = 'waiting' THEN \
               (SELECT MIN(a.at) FROM delivery d JOIN announcement a ON a.id = d.announcement \
               WHERE d.receiver = c.receiver AND d.state = 'waiting') END \
               FROM (SELECT receiver, state, COUNT(*) AS n FROM delivery \
               GROUP BY receiver, state) c ORDER BY c.receiver, c.state";
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let oldest = row.optional_integer(3)?;
            Ok(DeliveryFigure {
                receiver: row.text(0)?.to_owned(),
                state: row.text(1)?.to_owned(),
                count: row.integer(2)?.unsigned_abs(),
                oldest_waiting: oldest.map(Timestamp::from_unix_millis),
            })
        })
        .collect()
}
