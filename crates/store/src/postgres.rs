//! PostgreSQL, or what speaks its protocol: how it is connected to, and how statements run on it.

mod connecting;
mod listening;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use bytes::BytesMut;
use tokio::sync::oneshot;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{SimpleQueryMessage, Statement};

use crate::schema::APPLIED;
use crate::value::Value;
use crate::{DatabaseError, StoreError};

pub(crate) use connecting::without_password;
pub use listening::{Heard, JournalListener};

/// A consistent view for as long as the transaction lasts.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The lock that makes this the only writer is taken before anything is read, so what is read is
/// what the last writer left. The number is "adjutant" in ASCII. Half a minute of waiting means that
/// a process hangs, as on SQLite.
pub(crate) const BEGIN_MIGRATION: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
     SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(7017851172046335604)";

pub(crate) const COMMIT_READ: &str = "COMMIT";

/// A commit that waits for a standby waits for as long as it takes: a time limit would end the wait,
/// not the commit, and what only this server has would be acknowledged.
pub(crate) const COMMIT_WRITE: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// Writers tell on this channel that the journal grew, in the transaction in which it did.
pub(crate) const NOTIFY_AND_COMMIT: &str =
    "NOTIFY adjutant_journal; SET LOCAL statement_timeout = 0; COMMIT";

/// The server notices a client that is cut off as fast as that notices it, and ends what it has left
/// open: a write holds up all others, and what nobody hears any more still counts as a connection.
const NOTICE_CUTS: &str = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; \
     SET tcp_keepalives_count = 2; SET tcp_user_timeout = 9000";

/// What else a session that works is told at its begin. Nothing of ours runs for a minute but
/// migrations, which lift the limit. What is acknowledged has to be on disk, so how it is
/// acknowledged is asked last.
const LIMITS: &str = "SET idle_in_transaction_session_timeout = '5s'; \
     SET statement_timeout = '60s'; SHOW synchronous_commit";

/// How a server may acknowledge: when it is on its own disk, and maybe on that of others.
const DURABLE: [&str; 2] = ["on", "remote_apply"];

/// Statements that stay prepared. The verbs have fewer; who copies a database brings a new one for each
/// length of a page.
const STATEMENTS_MAX: usize = 256;

/// How a statement that was sent will have ended.
type Sent = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// A connection.
pub(crate) struct Client {
    address: String,
    client: Arc<tokio_postgres::Client>,
    /// Prepared, by their text.
    statements: HashMap<String, Statement>,
    /// Bounds of parts that go with the next statement.
    bounds: String,
    /// On their way, in the order in which the server does them.
    sent: VecDeque<Sent>,
    /// Whether one of those failed in this transaction, and why, until somebody is told.
    is_spoiled: bool,
    reason: Option<tokio_postgres::Error>,
    /// Declared behind the client: that one has to go before the driver ends.
    _driver: Driver,
}

/// The thread that moves the bytes. It goes on while this process waits for something else, so
/// that a transaction that was given up is ended then, and keeps no lock until the next one begins.
struct Driver(Option<JoinHandle<()>>);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && let Err(panic) = thread.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let refused = |source: DatabaseError| StoreError::Open {
            what: without_password(url),
            source,
        };
        let (sender, receiver) = oneshot::channel();
        let address = url.to_owned();
        let thread = std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || drive(&address, sender))
            .map_err(|source| refused(DatabaseError::Driver(source)))?;
        let driver = Driver(Some(thread));
        let client = match receiver.await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(refused(error)),
            Err(_gone) => {
                return Err(refused(DatabaseError::Driver(
                    std::io::ErrorKind::BrokenPipe.into(),
                )));
            }
        };
        let told = client
            .simple_query(&format!("{NOTICE_CUTS}; {LIMITS}"))
            .await;
        let found = told.map_err(|error| refused(error.into()))?;
        let found = found.iter().find_map(first_cell).unwrap_or_default();
        if !DURABLE.contains(&found) {
            return Err(StoreError::NotDurable {
                found: found.to_owned(),
            });
        }
        Ok(Self {
            address: url.to_owned(),
            client: Arc::new(client),
            statements: HashMap::new(),
            bounds: String::new(),
            sent: VecDeque::new(),
            is_spoiled: false,
            reason: None,
            _driver: driver,
        })
    }

    /// Whether the connection is broken.
    pub(crate) fn is_gone(&self) -> bool {
        self.client.is_closed()
    }

    /// Another connection to the same server.
    pub(crate) async fn again(&self) -> Result<Self, StoreError> {
        Self::connect(&self.address).await
    }

    /// Begins to write, and gives the schema that the database has.
    pub(crate) async fn begin_write(&mut self) -> Result<i64, DatabaseError> {
        let sql = format!("{BEGIN_MIGRATION}; {APPLIED}");
        let told = self.client.simple_query(&sql).await?;
        let schema = told.iter().rev().find_map(first_cell);
        let number = schema.and_then(|number| number.parse().ok());
        number.ok_or(DatabaseError::NoSchema)
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.send_bounds();
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(crate) async fn execute(
        &mut self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<u64, DatabaseError> {
        let statement = self.prepared(sql).await?;
        self.send_bounds();
        let done = self.client.execute(&statement, &borrowed(parameters)).await;
        self.note_done();
        Ok(done.map_err(|error| self.reason_of(error))?)
    }

    pub(crate) async fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        let statement = self.prepared(sql).await?;
        self.send_bounds();
        let rows = self.client.query(&statement, &borrowed(parameters)).await;
        self.note_done();
        let rows = rows.map_err(|error| self.reason_of(error))?;
        rows.iter().map(cells).collect()
    }

    /// Sends a statement that writes, and does not wait for it.
    pub(crate) async fn send(
        &mut self,
        sql: &str,
        parameters: Vec<Value>,
    ) -> Result<(), DatabaseError> {
        let statement = self.prepared(sql).await?;
        self.send_bounds();
        let client = Arc::clone(&self.client);
        self.dispatch(Box::pin(async move {
            let done = client.execute(&statement, &borrowed(&parameters)).await;
            done.map(|_rows| ())
        }));
        Ok(())
    }

    /// Where a part of the transaction, or one that reads, begins or ends. It goes together with what is
    /// sent next, and fails only together with that.
    pub(crate) fn send_bound(&mut self, sql: &'static str) {
        if !self.bounds.is_empty() {
            self.bounds.push_str("; ");
        }
        self.bounds.push_str(sql);
    }

    /// Sends the bounds that wait for what comes next.
    pub(crate) fn send_bounds(&mut self) {
        if self.bounds.is_empty() {
            return;
        }
        let sql = std::mem::take(&mut self.bounds);
        let client = Arc::clone(&self.client);
        self.dispatch(Box::pin(async move { client.batch_execute(&sql).await }));
    }

    fn dispatch(&mut self, mut statement: Sent) {
        // The first poll hands the statement to the driver.
        match statement.as_mut().poll(&mut context()) {
            Poll::Pending => self.sent.push_back(statement),
            Poll::Ready(done) => self.note(done),
        }
    }

    /// Everything that was sent before a statement is done when that one is.
    fn note_done(&mut self) {
        while let Some(statement) = self.sent.front_mut() {
            match statement.as_mut().poll(&mut context()) {
                Poll::Pending => return,
                Poll::Ready(done) => self.note(done),
            }
            self.sent.pop_front();
        }
    }

    fn note(&mut self, done: Result<(), tokio_postgres::Error>) {
        if let Err(error) = done
            && !self.is_spoiled
        {
            self.is_spoiled = true;
            self.reason = Some(error);
        }
    }

    /// What failed before is the reason why a statement failed.
    fn reason_of(&mut self, error: tokio_postgres::Error) -> tokio_postgres::Error {
        self.reason.take().unwrap_or(error)
    }

    /// Waits until everything that was sent is done.
    pub(crate) async fn settle(&mut self) -> Result<(), DatabaseError> {
        for statement in std::mem::take(&mut self.sent) {
            let done = statement.await;
            self.note(done);
        }
        Ok(self.reason.take().map_or(Ok(()), Err)?)
    }

    /// Why, until somebody is told.
    pub(crate) fn take_reason(&mut self) -> Option<DatabaseError> {
        self.reason.take().map(DatabaseError::from)
    }

    /// Whether something failed in this transaction that was not waited for.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.is_spoiled
    }

    /// Nobody waits for what was sent: it was of a transaction that has ended.
    pub(crate) fn forget_sent(&mut self) {
        self.bounds.clear();
        self.sent.clear();
        self.is_spoiled = false;
        self.reason = None;
    }

    async fn prepared(&mut self, sql: &str) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Of a future that is only looked at.
fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Connects, hands the client over, and moves bytes until it is dropped.
fn drive(url: &str, sender: oneshot::Sender<Result<tokio_postgres::Client, DatabaseError>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let connected = match runtime {
        Ok(runtime) => runtime
            .block_on(connecting::connect(url))
            .map(|pair| (runtime, pair)),
        Err(error) => Err(DatabaseError::Driver(error)),
    };
    match connected {
        Ok((runtime, (client, connection))) => {
            // Whoever asked may have gone; then the client is dropped here, and the connection
            // ends at once. The error that ends it is also the answer to the waiting statement.
            match sender.send(Ok(client)) {
                Ok(()) | Err(_) => {}
            }
            match runtime.block_on(connection) {
                Ok(()) | Err(_) => {}
            }
        }
        Err(error) => match sender.send(Err(error)) {
            Ok(()) | Err(_) => {}
        },
    }
}

fn first_cell(message: &SimpleQueryMessage) -> Option<&str> {
    if let SimpleQueryMessage::Row(row) = message {
        return row.get(0);
    }
    None
}

fn borrowed(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn cells(row: &tokio_postgres::Row) -> Result<Vec<Value>, DatabaseError> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(at, column)| {
            Ok(match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
                Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
                Type::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.into(),
                _ => row.try_get::<_, Option<String>>(at)?.into(),
            })
        })
        .collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(integer) => integer.to_sql_checked(kind, out),
            Value::Real(real) => real.to_sql_checked(kind, out),
            Value::Text(text) => text.to_sql_checked(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::FLOAT8 | Type::TEXT)
    }

    to_sql_checked!();
}
