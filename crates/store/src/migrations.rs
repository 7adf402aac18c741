//! How a database is brought up to date.

use adjutant_domain::Timestamp;
use tokio::sync::Mutex;

use crate::artifacts::Artifacts;
use crate::schema::{APPLIED, KNOWN, MIGRATIONS, check_known};
use crate::session::{Connection, Purpose, Session};
use crate::{Store, StoreError, decisions};

/// The migration after which the builds of earlier decisions are read from their records.
const BUILD_OF_A_DECISION: i64 = 14;

const OPERATION: &str = "bring the schema up to date";

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

/// Applies what is missing. Safe when several processes start at once.
pub(crate) async fn migrate(
    connection: &Mutex<Connection>,
    artifacts: &Artifacts,
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
            if number == BUILD_OF_A_DECISION {
                decisions::note_builds(&mut session, artifacts).await?;
            }
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
