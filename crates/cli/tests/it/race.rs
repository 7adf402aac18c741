//! `adjutant selftest race` at a size that every change can afford, and in the night at its whole:
//! real processes, both databases.

use adjutant_testkit::night::figure;
use adjutant_testkit::postgres::Server;
use serde_json::Value;

use crate::stage::Stage;

/// Runs a race and holds what it counted against what was promised.
fn race(stage: &Stage, postgres: Option<&str>, size: &[(&str, u32)]) -> Value {
    let options = size.iter().map(|(name, size)| format!("--{name}={size}"));
    let options: Vec<String> = options.collect();
    let mut command = stage.command(&["selftest", "race", "--format", "json"]);
    command.args(&options);
    if let Some(url) = postgres {
        command.env("ADJUTANT_DATABASE_URL", url);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let size = |name: &str| u64::from(size.iter().find(|it| it.0 == name).unwrap().1);
    let count = |part: &str, name: &str| told[part][name].as_u64().unwrap();
    assert_eq!(told["holds"], true, "{told}");
    assert_eq!(count("rounds", "one_winner"), size("rounds"), "{told}");
    assert_eq!(count("drain", "done_once"), size("drain"), "{told}");
    for never in ["lost", "done_twice", "acknowledged_lost"] {
        assert_eq!(count("drain", never), 0, "{told}");
    }
    for sometimes in ["killed", "held", "late_refused", "taken_over"] {
        assert!(count("drain", sometimes) > 0, "{sometimes}: {told}");
    }
    let state = stage.path().join(".git/adjutant");
    let left: Vec<_> = std::fs::read_dir(state).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    told
}

/// Sixteen processes with leases of a second. Nearly a third of all holders are held for one and a
/// half to three times that, some are killed.
fn stopped() -> [(&'static str, u32); 8] {
    [
        ("processes", 12),
        ("rounds", 25),
        ("drain", figure(200, 20_000)),
        ("workers", 16),
        ("lease-millis", 1_000),
        ("hold-per-thousand", 300),
        ("kill-per-thousand", 50),
        ("seed", 7),
    ]
}

/// Many processes, most of them in peace.
fn crowded() -> [(&'static str, u32); 4] {
    [
        ("processes", figure(48, 64)),
        ("rounds", figure(10, 1_000)),
        ("drain", figure(50, 10_000)),
        ("workers", figure(8, 32)),
    ]
}

#[test]
fn on_sqlite_each_task_has_one_holder_and_late_writers_are_refused() {
    for size in [stopped().as_slice(), &crowded()] {
        let told = race(&Stage::new(), None, size);
        assert_eq!(told["database"], "SQLite");
    }
}

#[test]
fn on_postgresql_each_task_has_one_holder_and_late_writers_are_refused() {
    let server = Server::start();
    for size in [stopped().as_slice(), &crowded()] {
        let url = server.new_database();
        let told = race(&Stage::new(), Some(&url), size);
        assert_eq!(told["database"], "PostgreSQL");
        let schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'selftest%'";
        assert_eq!(server.run(&url, schemas), Vec::<String>::new());
    }
}

#[test]
fn a_race_is_told_in_words() {
    let stage = Stage::new();
    let told = stage.answer(
        0,
        &[
            "selftest",
            "race",
            "--processes=2",
            "--rounds=3",
            "--drain=12",
            "--workers=2",
            "--lease-millis=300",
        ],
    );
    for line in [
        "race on SQLite",
        "3 rounds, 2 processes claim one task",
        "  exactly one winner  3",
        "12 tasks, 2 processes drain them",
        "  done exactly once                  12",
        "the journal holds",
        "HOLDS",
    ] {
        assert!(
            told.lines().any(|it| it.starts_with(line)),
            "{line}: {told}"
        );
    }
}
