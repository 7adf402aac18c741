//! One transaction on either engine. The verbs are written once, on top of it.
//!
//! SQLite runs on the caller's thread: a statement takes microseconds, and a command has nothing
//! else to do. PostgreSQL is awaited.

use tokio::sync::MutexGuard;

use crate::schema::check_known;
use crate::seen::Seen;
use crate::value::{Row, Value, refuse_nul};
use crate::{DatabaseError, DatabaseTrouble, StoreError, postgres, sqlite};

/// The engine that holds the rows.
pub(crate) enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
}

/// A connection, and the transactions that are open on it, one inside the other.
pub(crate) struct Connection {
    engine: Engine,
    open: Vec<Scope>,
    /// Whether something may have been written since the last savepoint.
    is_changed: bool,
    /// Counts how often it was connected.
    number: u64,
    course: Course,
    /// What the last statement that failed met.
    trouble: DatabaseTrouble,
    /// What this transaction knows.
    seen: Seen,
}

/// An open transaction. Dropped without [`Session::commit`], it is rolled back.
pub(crate) struct Session<'a> {
    connection: MutexGuard<'a, Connection>,
    committed: bool,
    has_written: bool,
}

/// What begins and ends together.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// A transaction.
    Whole,
    /// A part that begins at a savepoint of its own.
    Part,
    /// A part that begins where the one around it does: nothing was written in between.
    SamePart,
    /// One statement that reads: nothing has to begin.
    Look,
}

/// How far a transaction is.
#[derive(Clone, Copy, PartialEq)]
enum Course {
    /// It reads, and PostgreSQL has answered nothing yet.
    Unheard,
    /// It reads.
    Reading,
    /// It writes.
    Writing,
    /// It writes, and the journal grew: others hear of it when it is kept.
    Telling,
}

/// What a transaction is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// One query.
    Look,
    /// A consistent view.
    Read,
    /// The only writer: the journal is a chain, so there is one at a time.
    Write,
    /// The only writer, whatever the schema is: to bring it up to date.
    Migrate,
}

impl Connection {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            open: Vec::new(),
            is_changed: false,
            number: 1,
            course: Course::Unheard,
            trouble: DatabaseTrouble::Other,
            seen: Seen::default(),
        }
    }

    /// Another number is another connection.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Begins a transaction; inside another one it is a part of that, which can be taken back alone.
    pub(crate) async fn begin(&mut self, purpose: Purpose) -> Result<(), StoreError> {
        if self.open.is_empty() {
            self.forget();
            self.connect_again_if_gone().await?;
            self.course = match purpose {
                Purpose::Look | Purpose::Read => Course::Unheard,
                Purpose::Write | Purpose::Migrate => Course::Writing,
            };
        }
        self.check_open("begin")?;
        let scope = match (purpose, self.open.last()) {
            (Purpose::Look, _) => Scope::Look,
            (Purpose::Read | Purpose::Write | Purpose::Migrate, None) => {
                self.begin_whole(purpose).await?;
                Scope::Whole
            }
            (_, Some(Scope::Part | Scope::SamePart)) if !self.is_changed => Scope::SamePart,
            (_, Some(Scope::Whole | Scope::Part | Scope::SamePart | Scope::Look)) => {
                self.bound("begin", "SAVEPOINT part").await?;
                self.is_changed = false;
                Scope::Part
            }
        };
        self.open.push(scope);
        Ok(())
    }

    async fn begin_whole(&mut self, purpose: Purpose) -> Result<(), StoreError> {
        let begun = match self.begin_for(purpose).await {
            // It broke since the last transaction. Nothing was done on it yet.
            Err(error) if error.is_away() => {
                self.connect_again_if_gone().await?;
                self.begin_for(purpose).await
            }
            begun => begun,
        };
        if begun.is_err() {
            // It may have begun and then waited in vain for the other writers.
            self.roll_back();
        }
        begun
    }

    /// Nothing is known any more, and nobody waits for what was sent.
    fn forget(&mut self) {
        self.seen = Seen::default();
        if let Engine::Postgres(client) = &mut self.engine {
            client.forget_sent();
        }
    }

    /// Begins a transaction that is in no other one.
    async fn begin_for(&mut self, purpose: Purpose) -> Result<(), StoreError> {
        let schema = match (&mut self.engine, purpose) {
            (Engine::Sqlite(_), Purpose::Read) => {
                return self.batch("begin", "BEGIN DEFERRED").await;
            }
            (Engine::Sqlite(_), Purpose::Migrate) => {
                return self.batch("begin", "BEGIN IMMEDIATE").await;
            }
            (Engine::Postgres(client), Purpose::Read) => {
                client.send_bound(postgres::BEGIN_READ);
                return Ok(());
            }
            (Engine::Sqlite(_) | Engine::Postgres(_), Purpose::Look) => return Ok(()),
            (Engine::Postgres(_), Purpose::Migrate) => {
                return self.batch("begin", postgres::BEGIN_MIGRATION).await;
            }
            (Engine::Sqlite(connection), Purpose::Write) => sqlite::begin_write(connection),
            (Engine::Postgres(client), Purpose::Write) => client.begin_write().await,
        };
        check_known(self.noted("begin", schema)?)
    }

    async fn connect_again_if_gone(&mut self) -> Result<(), StoreError> {
        if let Engine::Postgres(client) = &mut self.engine
            && client.is_gone()
        {
            *client = client.again().await?;
            self.number += 1;
        }
        Ok(())
    }

    /// The connection broke before this transaction read anything on it.
    async fn begin_again(&mut self) -> Result<(), StoreError> {
        self.connect_again_if_gone().await?;
        match self.open.last() {
            Some(Scope::Look) | None => Ok(()),
            Some(Scope::Whole | Scope::Part | Scope::SamePart) => {
                self.begin_for(Purpose::Read).await
            }
        }
    }

    async fn query(
        &mut self,
        operation: &'static str,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::query(connection, sql, parameters),
            Engine::Postgres(client) => client.query(sql, parameters).await,
        };
        self.noted(operation, done)
    }

    /// Keeps what was written since the last [`Self::begin`].
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        self.check_open("commit")?;
        match self.open.last() {
            Some(Scope::Look | Scope::SamePart) => {}
            Some(Scope::Part) => {
                self.bound("commit", "RELEASE part").await?;
                self.is_changed = true;
            }
            Some(Scope::Whole) | None => self.keep_whole().await?,
        }
        self.open.pop();
        Ok(())
    }

    async fn keep_whole(&mut self) -> Result<(), StoreError> {
        let client = match &mut self.engine {
            Engine::Sqlite(_) => return self.batch("commit", "COMMIT").await,
            Engine::Postgres(client) => client,
        };
        let sql = match self.course {
            Course::Unheard | Course::Reading => {
                client.send_bound(postgres::COMMIT_READ);
                client.send_bounds();
                return Ok(());
            }
            Course::Writing => postgres::COMMIT_WRITE,
            Course::Telling => postgres::NOTIFY_AND_COMMIT,
        };
        let settled = client.settle().await;
        self.noted("commit", settled)?;
        self.check_open("commit")?;
        self.batch("commit", sql).await
    }

    /// Where a part begins or ends.
    async fn bound(
        &mut self,
        operation: &'static str,
        sql: &'static str,
    ) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(_) => self.batch(operation, sql).await,
            Engine::Postgres(client) => {
                client.send_bound(sql);
                Ok(())
            }
        }
    }

    /// Forgets what was written since the last [`Self::begin`].
    pub(crate) fn roll_back(&mut self) {
        let sql = match self.open.last() {
            Some(Scope::Look) => "",
            Some(Scope::SamePart) => "ROLLBACK TO part",
            Some(Scope::Part) => "ROLLBACK TO part; RELEASE part",
            Some(Scope::Whole) | None => {
                self.forget();
                "ROLLBACK"
            }
        };
        if !sql.is_empty() {
            self.take_back(sql);
        }
        self.open.pop();
    }

    fn take_back(&mut self, sql: &'static str) {
        match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::roll_back(connection, sql),
            Engine::Postgres(client) => {
                client.send_bound(sql);
                client.send_bounds();
            }
        }
        self.seen = Seen::default();
        // Of the part around this one it is not known.
        self.is_changed = self.open.last() != Some(&Scope::SamePart);
    }

    /// On a full disk SQLite takes a whole transaction back, not the part that failed; what comes
    /// later in it would be kept by itself. On PostgreSQL a write that was not waited for may have
    /// been of a part that is thought to be kept.
    fn check_open(&mut self, operation: &'static str) -> Result<(), StoreError> {
        let has_transaction = self.open.iter().any(|scope| *scope != Scope::Look);
        let (is_taken_back, reason) = match &mut self.engine {
            Engine::Sqlite(connection) => (has_transaction && connection.is_autocommit(), None),
            Engine::Postgres(client) => (client.is_spoiled(), client.take_reason()),
        };
        let trouble = self.trouble;
        match reason {
            Some(reason) => self.noted(operation, Err(reason)),
            None if is_taken_back => Err(StoreError::TakenBack { operation, trouble }),
            None => Ok(()),
        }
    }

    /// Runs several statements without parameters.
    async fn batch(&mut self, operation: &'static str, sql: &str) -> Result<(), StoreError> {
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => {
                connection.execute_batch(sql).map_err(DatabaseError::from)
            }
            Engine::Postgres(client) => client.batch(sql).await,
        };
        self.noted(operation, done)
    }

    /// What a statement gave; its failure is remembered.
    fn noted<T>(
        &mut self,
        operation: &'static str,
        done: Result<T, DatabaseError>,
    ) -> Result<T, StoreError> {
        done.map_err(|source| {
            self.trouble = source.trouble();
            StoreError::Statement { operation, source }
        })
    }
}

impl<'a> Session<'a> {
    pub(crate) async fn begin(
        mut connection: MutexGuard<'a, Connection>,
        purpose: Purpose,
    ) -> Result<Self, StoreError> {
        connection.begin(purpose).await?;
        Ok(Self {
            connection,
            committed: false,
            has_written: false,
        })
    }

    /// Whether a statement changed anything.
    pub(crate) fn has_written(&self) -> bool {
        self.has_written
    }

    pub(crate) fn is_postgres(&self) -> bool {
        match self.connection.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(_) => true,
        }
    }

    pub(crate) fn connection_number(&self) -> u64 {
        self.connection.number()
    }

    /// This transaction may take long, and wait long between two statements.
    pub(crate) async fn take_time(&mut self, operation: &'static str) -> Result<(), StoreError> {
        if !self.is_postgres() {
            return Ok(());
        }
        let sql = "SET LOCAL statement_timeout = 0; \
                   SET LOCAL idle_in_transaction_session_timeout = 0";
        self.batch(operation, sql).await
    }

    /// What this transaction knows.
    pub(crate) fn seen(&mut self) -> &mut Seen {
        &mut self.connection.seen
    }

    /// Others hear of it when this is committed.
    pub(crate) fn announce(&mut self) {
        self.connection.course = Course::Telling;
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.commit().await?;
        self.committed = true;
        Ok(())
    }

    pub(crate) async fn batch(
        &mut self,
        operation: &'static str,
        sql: &str,
    ) -> Result<(), StoreError> {
        self.connection.is_changed = true;
        self.connection.batch(operation, sql).await
    }

    /// Runs one statement and says how many rows it changed. Parameters are `$1`, `$2`, …, each
    /// first used in that order (SQLite numbers them by their first use).
    pub(crate) async fn execute(
        &mut self,
        operation: &'static str,
        sql: &str,
        parameters: &[Value],
    ) -> Result<u64, StoreError> {
        self.has_written = true;
        self.connection.is_changed = true;
        refuse_nul(operation, parameters)?;
        let done = match &mut self.connection.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, parameters),
            Engine::Postgres(client) => client.execute(sql, parameters).await,
        };
        self.connection.noted(operation, done)
    }

    /// Runs one statement whose count nobody needs. PostgreSQL is not waited for: when it fails, what
    /// comes next says so, at the latest the end of this transaction.
    pub(crate) async fn write(
        &mut self,
        operation: &'static str,
        sql: &str,
        parameters: Vec<Value>,
    ) -> Result<(), StoreError> {
        self.has_written = true;
        self.connection.is_changed = true;
        refuse_nul(operation, &parameters)?;
        let done = match &mut self.connection.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, &parameters).map(|_| ()),
            Engine::Postgres(client) => client.send(sql, parameters).await,
        };
        self.connection.noted(operation, done)
    }

    /// All rows of a query.
    pub(crate) async fn query(
        &mut self,
        operation: &'static str,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let cells = match self.connection.query(operation, sql, parameters).await {
            Err(error) if error.is_away() && self.connection.course == Course::Unheard => {
                self.connection.begin_again().await?;
                self.connection.query(operation, sql, parameters).await
            }
            cells => cells,
        };
        if self.connection.course == Course::Unheard {
            self.connection.course = Course::Reading;
        }
        Ok(cells?
            .into_iter()
            .map(|cells| Row { operation, cells })
            .collect())
    }

    /// What a `SELECT COUNT(*)` counts.
    pub(crate) async fn count(
        &mut self,
        operation: &'static str,
        sql: &str,
        parameters: &[Value],
    ) -> Result<u64, StoreError> {
        let rows = self.query(operation, sql, parameters).await?;
        match rows.as_slice() {
            [row] => Ok(row.integer(0)?.unsigned_abs()),
            rows => Err(StoreError::ForeignRow {
                operation,
                found: format!("{} rows as a count", rows.len()),
            }),
        }
    }

    /// The number for the next row of `table`; safe because there is one writer at a time.
    pub(crate) async fn next_id(
        &mut self,
        operation: &'static str,
        table: &'static str,
    ) -> Result<i64, StoreError> {
        let sql = format!("SELECT COALESCE(MAX(id), 0) + 1 FROM {table}");
        let rows = self.query(operation, &sql, &[]).await?;
        match rows.first() {
            Some(row) => row.integer(0),
            None => Ok(1),
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.roll_back();
        }
    }
}
