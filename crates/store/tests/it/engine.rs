//! Runs the same cases on SQLite and on PostgreSQL.

use std::future::Future;

use adjutant_domain::Timestamp;
use adjutant_store::{Location, Store};
use adjutant_testkit::postgres::Server;
use adjutant_testkit::workspace::Workspace;

/// An empty store of its own for each case.
pub(crate) struct Stage<'a> {
    workspace: Workspace,
    pub(crate) location: Location,
    server: Option<&'a Server>,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000)
}

impl<'a> Stage<'a> {
    pub(crate) fn sqlite() -> Self {
        Self::at(Workspace::empty())
    }

    pub(crate) fn in_memory() -> Self {
        Self::at(Workspace::in_memory())
    }

    fn at(workspace: Workspace) -> Self {
        let location = Location {
            folder: workspace.path().join("state"),
            postgres: None,
        };
        Self {
            workspace,
            location,
            server: None,
        }
    }

    pub(crate) fn postgres(server: &'a Server) -> Self {
        let mut stage = Self::in_memory();
        stage.location.postgres = Some(server.new_database());
        stage.server = Some(server);
        stage
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.location, now()).await.unwrap()
    }

    /// Runs SQL past the store.
    pub(crate) fn run(&self, sql: &str) -> Vec<String> {
        if let (Some(server), Some(url)) = (self.server, &self.location.postgres) {
            return server.run(url, sql);
        }
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        if !sql.starts_with("SELECT") {
            connection.execute_batch(sql).unwrap();
            return vec![];
        }
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Makes the database anew, as it was when so many migrations were known.
    pub(crate) fn go_back_to(&self, migrations: usize) {
        if self.server.is_some() {
            self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        } else {
            for ending in ["", "-wal", "-shm"] {
                let mut file = self.database().into_os_string();
                file.push(ending);
                std::fs::remove_file(file).unwrap();
            }
        }
        self.run(
            "CREATE TABLE migration (number BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)",
        );
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        for (number, file) in (1..=migrations).zip(files) {
            self.run(&std::fs::read_to_string(file).unwrap());
            self.run(&format!("INSERT INTO migration VALUES ({number}, 0)"));
        }
    }

    /// How SQLite would answer a query.
    pub(crate) fn explain(&self, sql: &str) -> Vec<String> {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get("detail")).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn database(&self) -> std::path::PathBuf {
        self.workspace.path().join("state/adjutant.db")
    }
}

/// Runs a case to its end, on a runtime as the program has one.
pub(crate) fn play<F: Future>(case: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap()
        .block_on(case)
}
