//! A whole team moves from one database to another: every row of one moment, as it stands, in one
//! transaction. Killed anywhere, the target is empty or whole.

use crate::session::{Purpose, Session};
use crate::value::{Row, Value};
use crate::{JournalCheck, Store, StoreError, schema};

const OPERATION: &str = "copy the database";

/// Rows that travel together. Their cells have to fit into the parameters of a statement (32,766 on
/// SQLite), and into memory.
const PAGE: usize = 500;

/// The one table that is never empty: it starts with a row.
const LEASE_CLOCK: &str = "lease_clock";

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// How many rows of each table, in the order in which they were made.
    pub tables: Vec<(String, u64)>,
    /// How many artifacts there are; their files stay where they are, or were copied too.
    pub artifacts: u64,
    /// The journal, which holds on both sides with the same last entry.
    pub journal: JournalCheck,
}

/// Why nothing was copied. The target is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyRefusal {
    /// Somebody works there already.
    #[error("the target is not empty: {table} has {rows} rows")]
    NotEmpty {
        /// A table that has rows.
        table: String,
        /// How many.
        rows: u64,
    },
    /// What was to be copied does not hold together.
    #[error("the journal of the source does not hold: {}", .0.problems.join("; "))]
    BrokenJournal(JournalCheck),
    /// What arrived is not what was sent.
    #[error("the copy is not the same: {0}")]
    Differs(String),
}

impl Store {
    /// Copies everything as it stands at one moment into an empty store. Others may go on writing
    /// here; what they write after that moment is not in the copy.
    ///
    /// # Errors
    /// When either database fails, or an artifact is missing. Then nothing was copied.
    pub async fn copy_into(
        &self,
        target: &Store,
    ) -> Result<Result<Copied, CopyRefusal>, StoreError> {
        let _moment = self.open_view().await?;
        let journal = self.verify_journal().await?;
        if !journal.problems.is_empty() {
            return Ok(Err(CopyRefusal::BrokenJournal(journal)));
        }
        let artifacts = self.copy_artifacts(target).await?;
        let whole = target.open_group().await?;
        let tables = {
            let mut from = self.begin(Purpose::Read).await?;
            let mut into = target.begin(Purpose::Write).await?;
            for session in [&mut from, &mut into] {
                session.take_time(OPERATION).await?;
            }
            if let Some(refusal) = not_empty(&mut into).await? {
                return Ok(Err(refusal));
            }
            let tables = copy_tables(&mut from, &mut into).await?;
            into.commit().await?;
            from.commit().await?;
            tables
        };
        let arrived = target.verify_journal().await?;
        if arrived != journal {
            let told = format!(
                "{} entries up to {} became {} up to {}; {}",
                journal.entries,
                journal.head,
                arrived.entries,
                arrived.head,
                arrived.problems.join("; ")
            );
            return Ok(Err(CopyRefusal::Differs(told)));
        }
        whole.keep().await?;
        Ok(Ok(Copied {
            tables,
            artifacts,
            journal,
        }))
    }

    /// Sees to it that every artifact that a row mentions is in the folder of the target.
    async fn copy_artifacts(&self, target: &Store) -> Result<u64, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let sql = "SELECT digest, added_at FROM artifact ORDER BY digest";
        let rows = session.query(OPERATION, sql, &[]).await?;
        session.commit().await?;
        for row in &rows {
            let digest = row.parse(0)?;
            if target.artifact_path(digest).is_file() {
                continue;
            }
            let bytes = self.artifact(digest)?;
            let at = adjutant_domain::Timestamp::from_unix_millis(row.integer(1)?);
            target.artifacts.write_all(&[(digest, &bytes)], at)?;
        }
        Ok(rows.len() as u64)
    }
}

async fn not_empty(into: &mut Session<'_>) -> Result<Option<CopyRefusal>, StoreError> {
    for table in schema::tables().filter(|table| *table != LEASE_CLOCK) {
        let rows = into
            .count(OPERATION, &format!("SELECT COUNT(*) FROM {table}"), &[])
            .await?;
        if rows > 0 {
            return Ok(Some(CopyRefusal::NotEmpty {
                table: table.to_owned(),
                rows,
            }));
        }
    }
    Ok(None)
}

/// In the order in which they were made: what a row refers to is there before it.
async fn copy_tables(
    from: &mut Session<'_>,
    into: &mut Session<'_>,
) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = format!("DELETE FROM {LEASE_CLOCK}");
    into.execute(OPERATION, &sql, &[]).await?;
    let mut copied = Vec::new();
    for name in schema::tables() {
        let table = Table::of(from, name).await?;
        let mut rows = 0;
        let mut last: Option<Vec<Value>> = None;
        loop {
            let page = table.read(from, last.as_deref()).await?;
            let Some(newest) = page.last() else { break };
            last = Some(table.key_of(newest));
            rows += page.len() as u64;
            table.write(into, &page).await?;
        }
        copied.push((name.to_owned(), rows));
    }
    Ok(copied)
}

/// A table's columns, those of its primary key first.
struct Table {
    name: &'static str,
    columns: Vec<String>,
    keys: usize,
}

impl Table {
    async fn of(session: &mut Session<'_>, name: &'static str) -> Result<Self, StoreError> {
        let sql = if session.is_postgres() {
            "SELECT CAST(c.column_name AS TEXT), CAST(COALESCE(k.ordinal_position, 0) AS BIGINT) \
             FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k \
             ON k.table_schema = c.table_schema AND k.table_name = c.table_name \
             AND k.column_name = c.column_name AND k.constraint_name = c.table_name || '_pkey' \
             WHERE c.table_schema = current_schema() AND c.table_name = CAST($1 AS TEXT) \
             ORDER BY c.ordinal_position"
        } else {
            "SELECT name, pk FROM pragma_table_info($1) ORDER BY cid"
        };
        let rows = session.query(OPERATION, sql, &[name.into()]).await?;
        let mut placed = Vec::new();
        for row in &rows {
            placed.push((row.integer(1)?, row.text(0)?.to_owned()));
        }
        let (mut keys, others): (Vec<_>, Vec<_>) =
            placed.into_iter().partition(|(place, _)| *place > 0);
        keys.sort();
        let keys_count = keys.len();
        keys.extend(others);
        Ok(Self {
            name,
            columns: keys.into_iter().map(|(_, column)| column).collect(),
            keys: keys_count,
        })
    }

    fn key_of(&self, row: &Row) -> Vec<Value> {
        row.cells.iter().take(self.keys).cloned().collect()
    }

    /// The rows after a key, in the order of their keys.
    async fn read(
        &self,
        from: &mut Session<'_>,
        after: Option<&[Value]>,
    ) -> Result<Vec<Row>, StoreError> {
        let keys: Vec<&str> = self
            .columns
            .iter()
            .take(self.keys)
            .map(String::as_str)
            .collect();
        let keys = keys.join(", ");
        let condition = after.map_or_else(String::new, |key| {
            format!("WHERE ({keys}) > ({})", places(1, key.len()))
        });
        let sql = format!(
            "SELECT {} FROM {} {condition} ORDER BY {keys} LIMIT {PAGE}",
            self.columns.join(", "),
            self.name
        );
        from.query(OPERATION, &sql, after.unwrap_or_default()).await
    }

    async fn write(&self, into: &mut Session<'_>, page: &[Row]) -> Result<(), StoreError> {
        let width = self.columns.len();
        let rows: Vec<String> = (0..page.len())
            .map(|row| format!("({})", places(row * width + 1, width)))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            self.name,
            self.columns.join(", "),
            rows.join(", ")
        );
        let cells: Vec<Value> = page.iter().flat_map(|row| row.cells.clone()).collect();
        into.execute(OPERATION, &sql, &cells).await?;
        Ok(())
    }
}

/// `$3, $4, $5`
fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|at| format!("${at}")).collect();
    places.join(", ")
}
