//! PostgreSQL with a standby that takes its place: nothing that was acknowledged is lost.

use std::time::{Duration, Instant};

use adjutant_testkit::night::figure;
use adjutant_testkit::postgres::Server as Postgres;
use adjutant_testkit::workspace::Workspace;

use crate::http_server::Served;
use crate::writers::{Writers, commit_to_prove, is_all_there_once};

const CLIENTS: usize = 16;

/// How long a hanging primary is left to hang before it is killed.
const HANGS: Duration = Duration::from_secs(2);

/// How a primary ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// SIGKILL of each of its processes.
    Killed,
    /// An immediate stop.
    Stopped,
    /// It hangs, and is killed when another one has taken its place.
    Hung,
}

/// Every answer that came from now on was made after that.
fn wait_for_later_answers(writers: &Writers) {
    for _ in 0..=CLIENTS {
        writers.wait_for_more();
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_a_standby_takes_over() {
    let first = Postgres::start();
    let (_, name) = (first.new_database(), "test_0");
    let mut pair = [first.start_standby(), first];
    let [standby, primary] = pair.each_ref().map(Postgres::host);
    let url = format!("postgres://adjutant@{standby},{primary}/{name}");
    let workspace = Workspace::repository();
    let commit = commit_to_prove(&workspace);
    let served = Served::start_to_be_killed(workspace, Some(url));
    let writers = Writers::start(CLIENTS, served.address, &served.admin, &commit);
    let mut longest = Duration::ZERO;
    let ends = [End::Killed, End::Stopped, End::Hung];
    let failovers = figure(3, 30) as usize;
    for (number, end) in ends.iter().cycle().take(failovers).enumerate() {
        let [standby, primary] = &mut pair;
        wait_for_later_answers(&writers);
        let began = Instant::now();
        match end {
            End::Killed => primary.kill(),
            End::Stopped => primary.crash(),
            End::Hung => primary.freeze(),
        }
        standby.promote();
        if let End::Hung = end {
            std::thread::sleep(HANGS);
            primary.kill();
        }
        wait_for_later_answers(&writers);
        longest = longest.max(began.elapsed());
        primary.restart_as_standby_of(standby);
        pair.swap(0, 1);
        eprintln!("failover {number}, {end:?}: {:?}", began.elapsed());
    }
    let (deeds, words) = writers.end();
    eprintln!("{failovers} failovers: {words}; the longest gap was {longest:?}");
    is_all_there_once(&served, &deeds);
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}
