//! An older program beside a newer one, on the same state.

use adjutant_testkit::postgres::Server as Postgres;
use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::Served;

/// A schema that no program knows yet.
const NEWER: &str = "INSERT INTO migration (number, applied_at) VALUES (99, 0)";
const AS_BEFORE: &str = "DELETE FROM migration WHERE number = 99";

fn draft(title: &str) -> Value {
    json!({ "intake": { "title": title }, "draft": true })
}

/// A newer program brings the schema up to date while this one serves.
fn an_older_server_only_reads(served: &Served, database: &dyn Fn(&str)) {
    served.post("/tasks", &draft("before")).expect(201);
    served.at("/readyz").expect(200);
    database(NEWER);
    let refused = served.post("/tasks", &draft("after")).expect(503).json();
    let told = "the database has schema 99; this Adjutant knows ";
    assert!(
        refused["detail"].as_str().unwrap().starts_with(told),
        "{refused}"
    );
    assert!(
        refused["hint"]
            .as_str()
            .unwrap()
            .starts_with("Use the newer")
    );
    // A balancer sends others elsewhere.
    served.at("/readyz").expect(503);
    served.at("/healthz").expect(200);
    let listed = served.get("/tasks").expect(200).json();
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1);

    for arguments in [
        ["task", "list"].as_slice(),
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let output = served.command(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.contains("schema 99") && told.contains("remedy: Use the newer"),
            "{told}"
        );
    }

    database(AS_BEFORE);
    served.at("/readyz").expect(200);
    served.post("/tasks", &draft("again")).expect(201);
}

#[test]
fn an_older_server_only_reads_what_a_newer_one_has_brought_up_to_date_on_sqlite() {
    let served = Served::start_to_be_killed(Workspace::repository(), None);
    let path = served.workspace.path().join(".git/adjutant/adjutant.db");
    let database = rusqlite::Connection::open(path).unwrap();
    an_older_server_only_reads(&served, &|sql| {
        database.execute(sql, []).unwrap();
    });
}

#[test]
fn an_older_server_only_reads_what_a_newer_one_has_brought_up_to_date_on_postgresql() {
    let postgres = Postgres::start();
    let url = postgres.new_database();
    let served = Served::start_to_be_killed(Workspace::repository(), Some(url.clone()));
    an_older_server_only_reads(&served, &|sql| {
        postgres.run(&url, sql);
    });
}
