//! SQLite: how the database is opened, and how statements run on it.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::value::Value;
use crate::{DatabaseError, StoreError};

/// 3.51.3: earlier versions can corrupt a WAL database that several processes write.
const VERSION_MIN: i32 = 3_051_003;

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
    connection.busy_timeout(BUSY_WAIT)?;
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
        cells.push(
            (0..columns)
                .map(|at| Ok(cell(row.get_ref(at)?)))
                .collect::<Result<_, rusqlite::Error>>()?,
        );
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
pub(crate) fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").ok();
    }
}
