//! PostgreSQL, or what speaks its protocol: how it is connected to, and how statements run on it.

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use bytes::BytesMut;
use tokio::sync::oneshot;
use tokio_postgres::NoTls;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::value::Value;
use crate::{DatabaseError, StoreError};

/// A consistent view for as long as the transaction lasts.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The lock that makes this the only writer is taken before anything is read, so what is read is
/// what the last writer left. The number is "adjutant" in ASCII. Half a minute of waiting means that
/// a process hangs, as on SQLite.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
     SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(7017851172046335604)";

/// A connection.
pub(crate) struct Client {
    client: tokio_postgres::Client,
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
    /// Connects. Without TLS: the server is on this machine or on a network that is trusted.
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
        match receiver.await {
            Ok(Ok(client)) => Ok(Self {
                client,
                _driver: driver,
            }),
            Ok(Err(error)) => Err(refused(error)),
            Err(_gone) => Err(refused(DatabaseError::Driver(
                std::io::ErrorKind::BrokenPipe.into(),
            ))),
        }
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(crate) async fn execute(
        &mut self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<u64, DatabaseError> {
        Ok(self.client.execute(sql, &borrowed(parameters)).await?)
    }

    pub(crate) async fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        let rows = self.client.query(sql, &borrowed(parameters)).await?;
        rows.iter().map(cells).collect()
    }

    /// Ends a transaction that was not committed. Nobody waits for the answer: when it fails the
    /// connection is broken, and every later statement says so.
    pub(crate) fn roll_back(&self, sql: &str) {
        // The first poll hands the statement to the driver.
        let mut statement = std::pin::pin!(self.client.batch_execute(sql));
        let mut context = Context::from_waker(Waker::noop());
        match statement.as_mut().poll(&mut context) {
            Poll::Pending | Poll::Ready(Ok(()) | Err(_)) => {}
        }
    }
}

/// Connects, hands the client over, and moves bytes until it is dropped.
fn drive(url: &str, sender: oneshot::Sender<Result<tokio_postgres::Client, DatabaseError>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let connected = match runtime {
        Ok(runtime) => runtime
            .block_on(tokio_postgres::connect(url, NoTls))
            .map(|pair| (runtime, pair))
            .map_err(DatabaseError::from),
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

/// The address as it may be shown: what stands between `//` and `@` is left out.
pub(crate) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (Some(_) | None, None) if !url.contains("password") => url.to_owned(),
        (Some(_) | None, Some(_) | None) => "(an address with a password)".to_owned(),
    }
}
