//! PostgreSQL, or what speaks its protocol: how it is connected to, and how statements run on it.

use bytes::BytesMut;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::value::Value;
use crate::{DatabaseError, StoreError};

/// A consistent view for as long as the transaction lasts.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The lock that makes this the only writer is taken before anything is read, so what is read is
/// what the last writer left. The number is "adjutant" in ASCII.
pub(crate) const BEGIN_WRITE: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7017851172046335604)";

/// A connection with the task that drives it.
pub(crate) struct Client {
    client: tokio_postgres::Client,
    abandoned: bool,
    /// Owns the task that moves the bytes; dropped, it ends.
    _driver: JoinSet<()>,
}

impl Client {
    /// Connects. Without TLS: the server is on this machine or on a network that is trusted.
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let refused = |source: tokio_postgres::Error| StoreError::Open {
            what: without_password(url),
            source: source.into(),
        };
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(refused)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The error that ends the connection is also the answer to the waiting statement.
            match connection.await {
                Ok(()) | Err(_) => {}
            }
        });
        Ok(Self {
            client,
            abandoned: false,
            _driver: driver,
        })
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

    /// Marks a transaction that was not committed; it is rolled back before the next one begins.
    pub(crate) fn abandon_transaction(&mut self) {
        self.abandoned = true;
    }

    pub(crate) async fn end_abandoned_transaction(&mut self) -> Result<(), DatabaseError> {
        if self.abandoned {
            self.batch("ROLLBACK").await?;
            self.abandoned = false;
        }
        Ok(())
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
