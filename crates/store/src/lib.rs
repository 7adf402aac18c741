//! What Adjutant remembers: evidence, decisions, votes, tasks, the journal that explains them, and the
//! artifacts that they were read from. SQLite by default, PostgreSQL when a team outgrows one
//! machine; the same verbs, the same SQL.
//!
//! **Invariants.** This is the only crate that knows SQL. One transaction a verb: nothing is ever
//! half-stored. Artifacts are written before the rows that name them. `now` comes in; the one clock
//! that is read here is that of the leases, because it has to be read inside the transaction.

mod agents;
mod announcements;
mod answers;
mod artifacts;
mod copying;
mod decisions;
mod directives;
mod error;
mod evidence;
mod figures;
mod group;
mod incidents;
mod journal;
mod leading;
mod migrations;
mod north_stars;
mod offices;
mod page;
mod postgres;
mod rollouts;
mod routines;
mod schema;
mod scratch;
mod seen;
mod session;
mod sqlite;
mod tasks;
mod tidying;
mod tokens;
mod value;
mod votes;

use std::path::PathBuf;

use adjutant_domain::{Digest, Timestamp};
use tokio::sync::Mutex;

pub use agents::{AgentChange, AgentRun, RunBytes};
pub use announcements::{DeliveryState, NewAttempt, StoredDelivery, StoredReceiver, delivery_lead};
pub use answers::KeptAnswer;
pub use copying::{Copied, CopyRefusal};
pub use decisions::{NewDecision, StoredDecision};
pub use directives::{Beginning, DIRECTIVES_LEAD, DirectiveAttempt, DirectiveEnding};
pub use error::{DatabaseError, DatabaseTrouble, StoreError};
pub use evidence::{Added, NewEvidence, StoredEvidence, StoredMeasurement};
pub use figures::{AgentRunFigure, AgentUsage, DeliveryFigure, StoreFigures, UsageMeasure};
pub use group::WriteGroup;
pub use journal::{JournalCheck, JournalEntry, JournalKind};
pub use leading::Lead;
pub use north_stars::NewObservation;
pub use offices::Office;
pub use page::SubjectPage;
pub use postgres::{Heard, JournalListener};
pub use rollouts::{NewServiceEvent, RolloutBasis, ServiceTurn, StoredRollout, StoredServiceEvent};
pub use routines::{RoutineRun, RoutineTurn};
pub use scratch::Scratch;
pub use tasks::{
    Attempt, AttemptResult, Filed, Holder, LeaseClock, NewTask, Note, StoredTask, TaskFilter,
    TaskLink, TaskPage, WorkProgress, Written,
};
pub use tidying::Forgotten;
pub use tokens::NewToken;
pub use votes::StoredVote;

use artifacts::Artifacts;
use session::{Connection, Engine, Purpose, Session};

/// The file name of the SQLite database.
const DATABASE_FILE: &str = "adjutant.db";

/// Where the state lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The folder of the artifacts, and of the database where there is no other.
    pub folder: PathBuf,
    /// The address of a PostgreSQL server, such as `postgres://user@host/name`.
    pub postgres: Option<String>,
}

/// The open store.
pub struct Store {
    connection: Mutex<Connection>,
    artifacts: Artifacts,
    /// Where the files are.
    folder: PathBuf,
    /// Whether processes on other machines may use the database.
    is_shared: bool,
    database: String,
    lease_clock: LeaseClock,
}

impl Store {
    /// Opens the store, creates it where it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// When the folder or the database cannot be opened, or a newer Adjutant wrote it.
    pub async fn open(location: &Location, now: Timestamp) -> Result<Self, StoreError> {
        let artifacts = Artifacts::open(location.folder.join("artifacts"))?;
        let (engine, database) = match &location.postgres {
            Some(url) => (
                Engine::Postgres(postgres::Client::connect(url).await?),
                postgres::without_password(url),
            ),
            None => {
                let path = location.folder.join(DATABASE_FILE);
                let connection = sqlite::open(&path)?;
                (Engine::Sqlite(connection), path.display().to_string())
            }
        };
        let connection = Mutex::new(Connection::new(engine));
        migrations::migrate(&connection, &artifacts, now).await?;
        Ok(Self {
            connection,
            artifacts,
            folder: location.folder.clone(),
            is_shared: location.postgres.is_some(),
            database,
            lease_clock: LeaseClock::default(),
        })
    }

    /// The same store with another clock for its leases.
    #[must_use]
    pub fn with_lease_clock(self, lease_clock: LeaseClock) -> Self {
        Self {
            lease_clock,
            ..self
        }
    }

    /// Whether there is something at `location` that can be opened without creating it.
    pub fn exists(location: &Location) -> bool {
        location.postgres.is_some() || location.folder.join(DATABASE_FILE).is_file()
    }

    /// The database's path, or its address without the password.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The bytes of an artifact, after checking that they are the ones that were stored.
    ///
    /// # Errors
    /// When it is missing or was changed.
    pub fn artifact(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        self.artifacts.read(digest)
    }

    /// Where an artifact's file is.
    pub fn artifact_path(&self, digest: Digest) -> PathBuf {
        self.artifacts.path(digest)
    }

    async fn begin(&self, purpose: Purpose) -> Result<Session<'_>, StoreError> {
        Session::begin(self.connection.lock().await, purpose).await
    }
}
