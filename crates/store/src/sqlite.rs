//! SQLite: how the database is opened, and how statements run on it.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::schema::APPLIED;
use crate::value::Value;
use crate::{DatabaseError, StoreError};

/// 3.51.3: earlier versions can corrupt a WAL database that several processes write.
const VERSION_MIN: i32 = 3_051_003;

/// A log longer than this is emptied by who opens the database, because every opening reads it.
/// One large transaction makes it as long as what it wrote.
const LOG_BYTES_MAX: u64 = 1 << 22;

/// How many statements a connection keeps prepared: all that it uses often. What is not kept is read
/// anew each time.
const STATEMENTS_MAX: usize = 128;

/// How long a writer waits for another one. Transactions take milliseconds; half a minute of
/// waiting means that a process hangs.
const BUSY_WAIT: Duration = Duration::from_secs(30);

pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < VERSION_MIN {
        return Err(StoreError::SqliteTooOld {
            found: rusqlite::version().to_owned(),
        });
    }
    prepare(path).map_err(|source| StoreError::Open {
        what: path.display().to_string(),
        source: source.into(),
    })
}

fn prepare(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    if log_bytes(path) > LOG_BYTES_MAX {
        empty_log(&connection)?;
    }
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Checkpointing when the last connection closes would add two syncs to every short command.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        enter_wal(&connection)?;
    }
    // Every opening reads the log, so it is kept short: 100 pages are 400 kB.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0; \
         PRAGMA wal_autocheckpoint = 100;",
    )?;
    Ok(connection)
}

/// The length of the write-ahead log; 0 when there is none.
fn log_bytes(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}

/// Moves the log into the database and cuts it off. Who is at work on the database is not waited
/// for: then the log stays for the next one.
fn empty_log(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::ZERO)?;
    match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(())) {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            Ok(())
        }
        done => done,
    }
}

/// Two processes that create the database at once may both try: the loser of the race for the
/// lock finds the mode already set. SQLite does not wait for this lock by itself.
fn enter_wal(connection: &Connection) -> Result<(), rusqlite::Error> {
    const ATTEMPTS_MAX: u32 = 200;
    let mut attempts = 0;
    loop {
        attempts += 1;
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        }) {
            Ok(_mode) => return Ok(()),
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && attempts < ATTEMPTS_MAX =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(*integer),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Begins to write, and gives the schema that the database has.
pub(crate) fn begin_write(connection: &Connection) -> Result<i64, DatabaseError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut asked = connection.prepare_cached(APPLIED)?;
    Ok(asked.query_row([], |row| row.get(0))?)
}

pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
) -> Result<u64, DatabaseError> {
    let changed = connection
        .prepare_cached(sql)?
        .execute(params_from_iter(parameters))?;
    Ok(changed as u64)
}

pub(crate) fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
) -> Result<Vec<Vec<Value>>, DatabaseError> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut cells = Vec::new();
    while let Some(row) = rows.next()? {
        let mut of_row = Vec::with_capacity(columns);
        for at in 0..columns {
            of_row.push(cell(row.get_ref(at)?));
        }
        cells.push(of_row);
    }
    Ok(cells)
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Value::Text(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

/// Ends a transaction that was not committed. When that fails the connection is broken, and every
/// later statement says so.
#[allow(
    clippy::unused_result_ok,
    reason = "drop cannot return an error; SQLite rolls back by itself when the connection ends"
)]
pub(crate) fn roll_back(connection: &Connection, sql: &str) {
    if !connection.is_autocommit() {
        connection.execute_batch(sql).ok();
    }
}

#[cfg(test)]
mod tests {
    use adjutant_testkit::workspace::Workspace;

    use super::*;

    fn large_transaction(connection: &Connection) {
        let bytes = i64::try_from(LOG_BYTES_MAX).unwrap() + 1_000_000;
        connection
            .execute_batch(&format!(
                "CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob({bytes}))"
            ))
            .unwrap();
    }

    #[test]
    fn a_log_that_grew_long_is_emptied_by_who_opens_the_database() {
        let workspace = Workspace::empty();
        let path = workspace.path().join("a.db");
        large_transaction(&prepare(&path).unwrap());
        assert!(log_bytes(&path) > LOG_BYTES_MAX);

        let reader = prepare(&path).unwrap();
        assert_eq!(log_bytes(&path), 0);
        let kept: i64 = reader
            .query_row("SELECT count(*) FROM large", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1);
    }

    #[test]
    fn nobody_waits_for_the_log_of_a_database_in_use() {
        let workspace = Workspace::empty();
        let path = workspace.path().join("a.db");
        let busy = prepare(&path).unwrap();
        large_transaction(&busy);
        busy.execute_batch("BEGIN IMMEDIATE").unwrap();
        prepare(&path).unwrap();
        assert!(log_bytes(&path) > LOG_BYTES_MAX);
    }
}
