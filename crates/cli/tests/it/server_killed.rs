//! kill -9 of the server while 64 clients write: what it acknowledged is there, and once.

use std::time::Duration;

use adjutant_testkit::night::figure;
use adjutant_testkit::postgres::Server;
use adjutant_testkit::workspace::Workspace;

use crate::http_server::Served;
use crate::writers::{Deed, Writers, commit_to_prove, is_all_there_once};

const CLIENTS: usize = 64;

/// A server of a repository with a commit to prove.
fn stage(database: Option<String>) -> (Served, String) {
    let workspace = Workspace::repository();
    let commit = commit_to_prove(&workspace);
    (Served::start_to_be_killed(workspace, database), commit)
}

/// Kills the server this often under its clients, and gives what was acknowledged, and that in words.
fn kill(served: &mut Served, commit: &str, kills: u32) -> (Vec<Deed>, String) {
    let writers = Writers::start(CLIENTS, served.address, &served.admin, commit);
    let mut chance = 0x9E37_79B9_u64;
    for _ in 0..kills {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        writers.wait_for_more();
        std::thread::sleep(Duration::from_millis(20 + (chance >> 33) % 380));
        served.kill_and_restart();
    }
    let (deeds, told) = writers.end();
    (deeds, format!("{kills} kills: {told}"))
}

fn is_sound(served: &Served, deeds: &[Deed]) {
    is_all_there_once(served, deeds);
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[test]
fn a_server_that_is_killed_under_64_writers_loses_nothing_on_sqlite() {
    let (mut served, commit) = stage(None);
    let (deeds, words) = kill(&mut served, &commit, figure(12, 200));
    eprintln!("SQLite, {words}");
    is_sound(&served, &deeds);
    let database = served.workspace.path().join(".git/adjutant/adjutant.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let checked: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(checked, "ok");
}

#[test]
fn a_server_that_is_killed_under_64_writers_loses_nothing_on_postgresql() {
    let server = Server::start();
    let (mut served, commit) = stage(Some(server.new_database()));
    let (deeds, words) = kill(&mut served, &commit, figure(6, 200));
    eprintln!("PostgreSQL, {words}");
    is_sound(&served, &deeds);
}
