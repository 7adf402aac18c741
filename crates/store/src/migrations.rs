//! The schema's history. Numbers only grow; a migration that was released never changes.

use adjutant_domain::Timestamp;
use tokio::sync::Mutex;

use crate::session::{Connection, Purpose, Session};
use crate::{Store, StoreError};

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

/// The schema that this program knows.
const KNOWN: i64 = MIGRATIONS.len() as i64;

const OPERATION: &str = "bring the schema up to date";

/// What says which schema a database has.
pub(crate) const APPLIED: &str = "SELECT COALESCE(MAX(number), 0) FROM migration";

/// Nobody who knows less than a database holds may write to it: what they leave out would be missed.
pub(crate) fn check_known(found: i64) -> Result<(), StoreError> {
    if found > KNOWN {
        return Err(StoreError::SchemaTooNew {
            found,
            known: KNOWN,
        });
    }
    Ok(())
}

impl Store {
    /// Whether this program may still write: a newer one may have brought the schema up to date
    /// since it was opened.
    ///
    /// # Errors
    /// When it may not, or the database cannot be read.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let found = applied(&mut session).await?;
        session.commit().await?;
        check_known(found)
    }
}

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
    let mut session = Session::begin(connection.lock().await, Purpose::Read).await?;
    let applied = applied(&mut session).await?;
    session.commit().await?;
    check_known(applied)?;
    if applied == KNOWN {
        return Ok(());
    }
    let mut session = Session::begin(connection.lock().await, Purpose::Migrate).await?;
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
    check_known(applied)?;
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
    let rows = session.query(OPERATION, APPLIED, &[]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
