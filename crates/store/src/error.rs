//! What can go wrong with what is stored, one variant an operation.

use std::path::PathBuf;

use adjutant_domain::Digest;

/// An operation on the store that failed. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("the database {what} cannot be opened")]
    Open {
        /// Its path, or its address without the password.
        what: String,
        /// Why.
        source: DatabaseError,
    },
    /// The SQLite inside is too old to be written by several processes.
    #[error("SQLite {found} can corrupt a database that several processes write; 3.51.3 is needed")]
    SqliteTooOld {
        /// The version that is linked.
        found: String,
    },
    /// The database was written by a newer Adjutant.
    #[error("the database has schema {found}; this Adjutant knows {known}: use a newer one")]
    SchemaTooNew {
        /// The database's schema number.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The server acknowledges what a power cut would lose.
    #[error("the server acknowledges what is not on disk yet: synchronous_commit is {found:?}")]
    NotDurable {
        /// How it acknowledges.
        found: String,
    },
    /// A statement failed.
    #[error("{operation}: the database refused")]
    Statement {
        /// What was being done.
        operation: &'static str,
        /// Why it failed.
        source: DatabaseError,
    },
    /// An earlier statement had the database take the whole transaction back.
    #[error("{operation}: the database took back everything that was done together")]
    TakenBack {
        /// What was being done.
        operation: &'static str,
        /// What that one met.
        trouble: DatabaseTrouble,
    },
    /// A stored row does not hold what this program writes.
    #[error("{operation}: the row holds {found}, which this Adjutant did not write")]
    ForeignRow {
        /// What was being done.
        operation: &'static str,
        /// The column's content.
        found: String,
    },
    /// A text that only one of the engines could keep.
    #[error("{operation}: the text holds a NUL character")]
    Nul {
        /// What was being done.
        operation: &'static str,
    },
    /// A value could not be written as JSON.
    #[error("{operation}: the value cannot be written as JSON")]
    Encode {
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A file or folder of the store could not be written or read.
    #[error("{}: cannot be {verb}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// `written`, `read` or `created`.
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// An artifact is not there.
    #[error("artifact {0} is not in the store")]
    ArtifactMissing(Digest),
    /// An artifact's bytes are not the ones that were stored.
    #[error("artifact {expected} was changed: its bytes now have the digest {found}")]
    ArtifactChanged {
        /// The digest it is stored under.
        expected: Digest,
        /// The digest of its bytes.
        found: Digest,
    },
}

/// What keeps a database from doing what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseTrouble {
    /// There is no space left.
    Full,
    /// The server cannot be reached.
    Away,
    /// Others hold it up.
    Passing,
    /// Something that does not pass by itself.
    Other,
}

/// The engine's own error.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite's.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL's.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// PostgreSQL lets nobody in, and refuses nobody.
    #[error("the server does not answer")]
    Silent,
    /// Somebody took the schema's number away.
    #[error("the server does not say which schema it has")]
    NoSchema,
    /// The thread that speaks to PostgreSQL cannot be had.
    #[error("no thread for the connection")]
    Driver(#[source] std::io::Error),
}

impl DatabaseError {
    pub(crate) fn trouble(&self) -> DatabaseTrouble {
        if self.is_full() {
            DatabaseTrouble::Full
        } else if self.is_away() {
            DatabaseTrouble::Away
        } else if self.is_passing() {
            DatabaseTrouble::Passing
        } else {
            DatabaseTrouble::Other
        }
    }

    fn is_full(&self) -> bool {
        match self {
            DatabaseError::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            DatabaseError::Postgres(error) => {
                error.code() == Some(&tokio_postgres::error::SqlState::DISK_FULL)
            }
            DatabaseError::Silent | DatabaseError::NoSchema | DatabaseError::Driver(_) => false,
        }
    }

    fn is_away(&self) -> bool {
        use tokio_postgres::error::SqlState;
        const ENDED: [SqlState; 4] = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        let error = match self {
            DatabaseError::Postgres(error) => error,
            DatabaseError::Silent => return true,
            DatabaseError::Sqlite(_) | DatabaseError::NoSchema | DatabaseError::Driver(_) => {
                return false;
            }
        };
        let source = std::error::Error::source(error);
        error.is_closed()
            || error.code().is_some_and(|code| ENDED.contains(code))
            || source.is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
    }

    fn is_passing(&self) -> bool {
        use tokio_postgres::error::SqlState;
        const PASSING: [SqlState; 4] = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
        ];
        match self {
            DatabaseError::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
            }
            DatabaseError::Postgres(error) => {
                error.code().is_some_and(|code| PASSING.contains(code))
            }
            DatabaseError::Silent | DatabaseError::NoSchema | DatabaseError::Driver(_) => false,
        }
    }
}

impl StoreError {
    /// Whether the server cannot be reached: everything works again when it can. Whether a write that
    /// was under way was kept is not known then.
    pub fn is_away(&self) -> bool {
        self.trouble() == DatabaseTrouble::Away
    }

    /// Whether others held the database up for too long. Nothing was kept.
    pub fn is_passing(&self) -> bool {
        self.trouble() == DatabaseTrouble::Passing
    }

    fn trouble(&self) -> DatabaseTrouble {
        if let StoreError::TakenBack { trouble, .. } = self {
            return *trouble;
        }
        let database = self.database();
        database.map_or(DatabaseTrouble::Other, DatabaseError::trouble)
    }

    /// The engine's own error, where there is one.
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            StoreError::Open { source, .. } | StoreError::Statement { source, .. } => Some(source),
            StoreError::File { .. }
            | StoreError::TakenBack { .. }
            | StoreError::SqliteTooOld { .. }
            | StoreError::SchemaTooNew { .. }
            | StoreError::NotDurable { .. }
            | StoreError::ForeignRow { .. }
            | StoreError::Nul { .. }
            | StoreError::Encode { .. }
            | StoreError::ArtifactMissing(_)
            | StoreError::ArtifactChanged { .. } => None,
        }
    }

    /// Whether the disk is full: everything works again when there is space.
    pub fn is_full(&self) -> bool {
        if let StoreError::File { source, .. } = self {
            return source.kind() == std::io::ErrorKind::StorageFull;
        }
        self.trouble() == DatabaseTrouble::Full
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            StoreError::Open { .. } => {
                "Check that the folder can be written, or that ADJUTANT_DATABASE_URL is right."
            }
            StoreError::SqliteTooOld { .. } => "Build Adjutant with its bundled SQLite.",
            StoreError::SchemaTooNew { .. } => {
                "Use the newer Adjutant that brought it up to date; an older one may only read."
            }
            StoreError::NotDurable { .. } => {
                "Set synchronous_commit to on for this database and user: ALTER ROLE … SET \
                 synchronous_commit = on."
            }
            StoreError::Statement { .. } | StoreError::TakenBack { .. } if self.is_away() => {
                "See that the server runs and can be reached; then look whether it was done, or \
                 do it again under the same key."
            }
            StoreError::Statement { .. } | StoreError::TakenBack { .. } => "Run adjutant doctor.",
            StoreError::Nul { .. } => "Take the NUL character out of the text.",
            StoreError::ForeignRow { .. } | StoreError::Encode { .. } => {
                "Run adjutant journal verify."
            }
            StoreError::File { .. } => "Check the folder's permissions and the free space.",
            StoreError::ArtifactMissing(_) | StoreError::ArtifactChanged { .. } => {
                "Add the original file again with adjutant evidence add."
            }
        }
    }
}
