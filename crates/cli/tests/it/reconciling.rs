//! What a server does by itself: nobody keeps a command running for it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::hooks::{Hook, Manner};
use crate::http_server::Served;
use crate::rollouts::{Clients, Service, moves};
use crate::stage::{HOOK_SECRET, Stage};

/// A loaded machine is slow; what never comes is not waited for for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, is_met: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < PATIENCE, "not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn secret() -> [(&'static str, &'static str); 1] {
    [("HOOK_SECRET", HOOK_SECRET)]
}

#[test]
fn a_server_delivers_what_happens_and_what_was_left_over() {
    let hook = Hook::new(Manner::Answers(204));
    let stage = Stage::with_settings(&hook.settings("chat", "plain"));
    stage.decide();
    let served = Served::start_with(stage.workspace, &[], &secret());
    until("delivered", || hook.received().len() == 1);
    served.run(&["gate", "smoke"]);
    until("delivered without being told", || hook.ids().len() == 2);
    // Settings that name another receiver are followed without a new start.
    let second = Hook::new(Manner::Answers(204));
    let settings =
        served.workspace.read("adjutant.toml") + &second.settings("pipeline", "cdevents");
    served.workspace.write("adjutant.toml", settings);
    served.run(&["gate", "smoke"]);
    until("delivered to both", || {
        (hook.ids().len(), second.ids().len()) == (3, 1)
    });
    let figures = served.at("/metrics").expect(200).body;
    assert!(figures.contains("adjutant_reconciler_passes_total{reconciler=\"announcements\"}"));
    assert_eq!(hook.received().len(), 3, "nothing is sent twice");
}

#[test]
fn a_replica_that_only_answers_delivers_nothing() {
    let hook = Hook::new(Manner::Answers(204));
    let stage = Stage::with_settings(&hook.settings("chat", "plain"));
    stage.decide();
    let served = Served::start_with(stage.workspace, &["--no-reconcile"], &secret());
    served.run(&["gate", "smoke"]);
    served.at("/readyz").expect(200);
    let figures = served.at("/metrics").expect(200).body;
    assert!(
        !figures.contains("reconciler=\"announcements\""),
        "{figures}"
    );
    assert!(hook.received().is_empty());
}

#[test]
fn settings_that_cannot_be_followed_are_told_and_counted_until_they_are_mended() {
    let hook = Hook::new(Manner::Answers(204));
    let stage = Stage::with_settings("[announce.chat]\nurl = 7\n");
    stage.decide();
    let served = Served::start_with(stage.workspace, &[], &secret());
    until("counted", || {
        let figures = served.at("/metrics").expect(200).body;
        figures.contains("adjutant_reconciler_failures_total{reconciler=\"announcements\"}")
    });
    let broken = served.workspace.read("adjutant.toml");
    let mended = broken.replace(
        "[announce.chat]\nurl = 7\n",
        &hook.settings("chat", "plain"),
    );
    served.workspace.write("adjutant.toml", mended);
    served.run(&["gate", "smoke"]);
    until("delivered", || hook.received().len() == 1);
    let told = served.end();
    assert!(told.contains("warning: announcements: "), "{told}");
}

#[test]
fn a_rollout_whose_controller_was_killed_is_carried_on_by_a_server() {
    let service = Service::new("{ setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let mut controller = service
        .stage
        .command(&["rollout", "start", "search", "--artifact", "two"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    service.until("under way", |status| status["phase"] == "progressing");
    controller.kill().unwrap();
    controller.wait().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut server = service.stage.command(&serve);
    let mut server = server
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    service.until("completed", |status| status["phase"] == "completed");
    server.kill().unwrap();
    let told = String::from_utf8(server.wait_with_output().unwrap().stderr).unwrap();
    assert_eq!(moves(&service.history()).last(), Some(&"COMPLETE"));
    assert!(told.contains("search: "), "{told}");
    assert_eq!(clients.end(), 0, "every request got an answer");
    service.stage.answer(0, &["journal", "verify"]);
}
