//! Teams on PostgreSQL: servers that outlive their database's restarts, and moving there.

use std::time::{Duration, Instant};

use adjutant_testkit::postgres::Server as Postgres;
use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::Served;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// A loaded machine is slow; what never comes is not waited for for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, is_met: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < PATIENCE, "not {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn draft(title: &str) -> Value {
    json!({ "intake": { "title": title }, "draft": true })
}

#[test]
fn a_server_says_that_its_database_is_away_and_goes_on_when_it_is_back() {
    let mut postgres = Postgres::start();
    let url = postgres.new_database();
    let variables = [("ADJUTANT_DATABASE_URL", url.as_str())];
    let served = Served::start_with(Workspace::repository(), &[], &variables);
    served.post("/tasks", &draft("before")).expect(201);
    let mut events = served.events(None);
    served.post("/tasks", &draft("heard")).expect(201);
    assert_eq!(events.next().kind, "task.filed");

    postgres.crash();
    until("told that it is away", || {
        served.at("/readyz").status == 503
    });
    let refused = served.post("/tasks", &draft("lost")).expect(503).json();
    assert!(
        refused["hint"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key")
    );
    served.at("/healthz").expect(200);

    postgres.restart();
    until("back", || served.at("/readyz").status == 200);
    let key = [("Idempotency-Key", "after")];
    // On a busy machine it may be away once more for a moment; under its key the write is done once.
    until("written", || {
        served.post_with("/tasks", &draft("after"), &key).status == 201
    });
    // The stream that was open all the time misses nothing; it may have told why nothing came.
    let kinds = std::iter::repeat_with(|| events.next().kind);
    let mut entries = kinds.filter(|kind| kind != "problem");
    assert_eq!(entries.next().as_deref(), Some("task.filed"));
    let told = served.get("/tasks").expect(200).json();
    assert_eq!(told["tasks"].as_array().unwrap().len(), 3);
}

#[test]
fn a_team_moves_to_postgresql_and_is_whole_or_not_there_when_that_is_killed() {
    let postgres = Postgres::start();
    let url = postgres.new_database();
    let workspace = Workspace::repository();
    let run = |arguments: &[&str], is_there: bool| {
        let mut command = program::command(PROGRAM, workspace.path(), arguments);
        if is_there {
            command.env("ADJUTANT_DATABASE_URL", &url);
        }
        command
    };
    for title in ["one", "two", "three"] {
        let filed = run(&["task", "add", "--draft", title], false).status();
        assert!(filed.unwrap().success());
    }
    let copy = ["db", "copy", "--from", "sqlite", "--to", "postgres"];
    for millis in [1, 5, 20, 60] {
        let mut copying = run(&copy, true).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        copying.kill().unwrap();
        copying.wait().unwrap();
    }
    let last = run(&copy, true).output().unwrap();
    // One of those that were killed may have come through.
    let code = last.status.code();
    assert!(code == Some(0) || code == Some(40), "{last:?}");
    let there = run(&["task", "list", "--format", "json"], true);
    let here = run(&["task", "list", "--format", "json"], false);
    let [there, here] = [there, here].map(|mut command| command.output().unwrap().stdout);
    assert_eq!(there, here);
    let holds = run(&["journal", "verify"], true).status();
    assert!(holds.unwrap().success());

    let again = run(&copy, true).output().unwrap();
    assert_eq!(again.status.code(), Some(40), "{again:?}");
    let nowhere = ["db", "copy", "--from", "sqlite", "--to", "elsewhere"];
    assert_eq!(run(&nowhere, false).status().unwrap().code(), Some(2));
}
