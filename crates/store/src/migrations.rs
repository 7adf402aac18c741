//! The schema's history. Numbers only grow; a migration that was released never changes.

use adjutant_domain::Timestamp;
use tokio::sync::Mutex;

use crate::StoreError;
use crate::session::{Connection, Purpose, Session};

/// Every migration, in order; the first is number 1.
const MIGRATIONS: [&str; 13] = [
    include_str!("../migrations/0001_evidence_and_decisions.sql"),
    include_str!("../migrations/0002_tasks.sql"),
    include_str!("../migrations/0003_agents.sql"),
    include_str!("../migrations/0004_north_stars_and_routines.sql"),
    include_str!("../migrations/0005_role_of_a_claim.sql"),
    include_str!("../migrations/0006_votes.sql"),
    include_str!("../migrations/0007_directives.sql"),
    include_str!("../migrations/0008_rollouts.sql"),
    include_str!("../migrations/0009_incidents.sql"),
    include_str!("../migrations/0010_access.sql"),
    include_str!("../migrations/0011_announcements.sql"),
    include_str!("../migrations/0012_evidence_by_artifact.sql"),
    include_str!("../migrations/0013_delivered_before.sql"),
];

const OPERATION: &str = "bring the schema up to date";

/// Every table, in the order in which they were made: each refers only to those before it.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    let lines = MIGRATIONS.iter().flat_map(|sql| sql.lines());
    lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
}

/// Applies what is missing. Safe when several processes start at once.
pub(crate) async fn migrate(
    connection: &Mutex<Connection>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let mut session = Session::begin(connection.lock().await, Purpose::Read).await?;
    let applied = applied(&mut session).await?;
    session.commit().await?;
    if applied == known {
        return Ok(());
    }
    let mut session = Session::begin(connection.lock().await, Purpose::Write).await?;
    // Tables may be large.
    session.take_time(OPERATION).await?;
    session
        .batch(
            OPERATION,
            "CREATE TABLE IF NOT EXISTS migration \
             (number BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)",
        )
        .await?;
    let applied = self::applied(&mut session).await?;
    if applied > known {
        return Err(StoreError::SchemaTooNew {
            found: applied,
            known,
        });
    }
    for (number, sql) in (1..).zip(MIGRATIONS) {
        if number > applied {
            session.batch(OPERATION, sql).await?;
            session
                .execute(
                    OPERATION,
                    "INSERT INTO migration (number, applied_at) VALUES ($1, $2)",
                    &[number.into(), now.unix_millis().into()],
                )
                .await?;
        }
    }
    session.commit().await
}

/// The number of the newest migration that was applied; 0 for an empty database.
async fn applied(session: &mut Session<'_>) -> Result<i64, StoreError> {
    let there = if session.is_postgres() {
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() \
         AND tablename = 'migration'"
    } else {
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'"
    };
    if session.count(OPERATION, there, &[]).await? != 1 {
        return Ok(0);
    }
    let rows = session
        .query(
            OPERATION,
            "SELECT COALESCE(MAX(number), 0) FROM migration",
            &[],
        )
        .await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
