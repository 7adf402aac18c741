//! Offices: what only one process at a time needs to do, such as carrying a rollout on. An office
//! saves work and nothing else: what is written is fenced by epochs and numbers whether its author
//! has one or not.
//!
//! On SQLite an office is a locked file beside the database, on PostgreSQL an advisory lock of the
//! connection. Both are free again when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::session::Purpose;
use crate::{Store, StoreError};

const OPERATION: &str = "take an office";

/// An office that this process has, until it is given back with [`Store::leave_office`].
#[derive(Debug)]
pub struct Office(Hold);

#[derive(Debug)]
enum Hold {
    /// The lock goes with the file.
    File(File),
    /// The key of the lock, and the connection that has it.
    Connection { key: i64, number: u64 },
}

impl Store {
    /// Takes an office; nothing when another process has it. A store asks once for each that it
    /// does not have.
    ///
    /// # Errors
    /// When the lock cannot be asked for.
    pub async fn take_office(&self, name: &str) -> Result<Option<Office>, StoreError> {
        if !self.is_shared {
            let path = self.folder.join(format!("{}.lock", file_name(name)));
            return Ok(lock(&path)?.map(|file| Office(Hold::File(file))));
        }
        let key = key_of(name);
        let mut session = self.begin(Purpose::Read).await?;
        let sql = "SELECT CASE WHEN pg_try_advisory_lock($1) THEN CAST(1 AS BIGINT) \
                   ELSE CAST(0 AS BIGINT) END";
        let rows = session.query(OPERATION, sql, &[key.into()]).await?;
        let is_mine = rows.first().map_or(Ok(0), |row| row.integer(0))? == 1;
        let number = session.connection_number();
        session.commit().await?;
        Ok(is_mine.then_some(Office(Hold::Connection { key, number })))
    }

    /// Whether the office is still this process's: with a connection that broke, it is gone.
    pub async fn has_office(&self, office: &Office) -> bool {
        match office.0 {
            Hold::File(_) => true,
            Hold::Connection { number, .. } => self.connection.lock().await.number() == number,
        }
    }

    /// Gives an office back.
    ///
    /// # Errors
    /// When the database does not answer; then the office is free when the connection ends.
    pub async fn leave_office(&self, office: Office) -> Result<(), StoreError> {
        match office.0 {
            Hold::File(file) => drop(file),
            Hold::Connection { key, number } => {
                let mut session = self.begin(Purpose::Read).await?;
                if session.connection_number() == number {
                    let sql = "SELECT CAST(pg_advisory_unlock($1) AS TEXT)";
                    session.query(OPERATION, sql, &[key.into()]).await?;
                }
                session.commit().await?;
            }
        }
        Ok(())
    }
}

fn lock(path: &Path) -> Result<Option<File>, StoreError> {
    let failed = |source| StoreError::File {
        path: path.to_owned(),
        verb: "locked",
        source,
    };
    let file = File::create(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// An office may be that of a service, whose name may hold a slash.
fn file_name(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F")
}

/// PostgreSQL's locks have numbers, not names: FNV-1a. Two offices with one number would wait for
/// each other, no more.
fn key_of(name: &str) -> i64 {
    let mixed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |mixed, byte| {
        (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed.cast_signed()
}
