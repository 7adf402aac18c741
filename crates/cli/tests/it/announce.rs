//! Announcements: written with what happened, sent to real servers, killed at every effect.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hooks::{Hook, Manner, Received};
use crate::killed::kill_at_every;
use crate::rollouts::{Clients, Service, moves};
use crate::stage::{HOOK_SECRET, POLICY, Stage};

fn stage(settings: &[String]) -> Stage {
    Stage::with_settings(&settings.concat())
}

/// Something happens: a gate goes.
fn happen(stage: &Stage) {
    stage.decide();
}

fn json(stage: &Stage, code: i32, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    serde_json::from_str(&stage.answer(code, &arguments)).unwrap()
}

/// The signature as a receiver in another language computes it.
#[allow(clippy::disallowed_methods, reason = "a test's own process")]
fn expected_signature(received: &Received) -> String {
    let script = "import base64, hashlib, hmac, sys\n\
                  key = base64.b64decode(sys.argv[1].removeprefix('whsec_'))\n\
                  signed = (sys.argv[2] + '.' + sys.argv[3] + '.').encode() + sys.stdin.buffer.read()\n\
                  print('v1,' + base64.b64encode(hmac.digest(key, signed, 'sha256')).decode())";
    let timestamp = &received.headers["webhook-timestamp"];
    let mut python = std::process::Command::new("python3")
        .args(["-c", script, HOOK_SECRET, received.id(), timestamp])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(received.body.as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_happens_is_told_once_signed_and_under_an_id_of_its_own() {
    let (plain, events) = (
        Hook::new(Manner::Answers(204)),
        Hook::new(Manner::Answers(200)),
    );
    let stage = stage(&[
        plain.settings("chat", "plain"),
        events.settings("events", "cdevents"),
    ]);
    happen(&stage);
    happen(&stage);
    assert!(plain.received().is_empty(), "a gate waits for no receiver");
    let delivered = stage.run(&["announce", "deliver"]);
    assert_eq!(delivered.status.code(), Some(0), "{delivered:?}");
    let told = format!("{delivered:?}");
    for hook in [&plain, &events] {
        let received = hook.received();
        assert_eq!((received.len(), hook.ids().len()), (2, 2));
        for one in &received {
            assert_eq!(one.headers["webhook-signature"], expected_signature(one));
            assert!(!told.contains(&one.headers["webhook-signature"]));
            assert!(!told.contains(&one.body) && !told.contains(HOOK_SECRET));
        }
    }
    let message: Value = serde_json::from_str(&plain.received()[0].body).unwrap();
    assert_eq!(message["type"], "gate.decided");
    assert_eq!(message["data"]["verdict"], "GO");
    let event: Value = serde_json::from_str(&events.received()[0].body).unwrap();
    assert_eq!(event["type"], "dev.cdevents.testsuiterun.finished.0.3.0");
    assert_eq!(event["data"]["subject"]["content"]["outcome"], "success");
    assert_eq!(event["id"], events.received()[0].id());

    stage.answer(0, &["announce", "deliver"]);
    assert_eq!(plain.received().len(), 2, "nothing is sent twice");
    let listed = json(&stage, 0, &["announce", "list"]);
    assert_eq!(
        (&listed[0]["delivered"], &listed[0]["waiting"]),
        (&2.into(), &0.into())
    );
    let shown = json(&stage, 0, &["announce", "show", "chat"]);
    assert_eq!(shown[1]["id"], plain.received()[0].id());
    assert_eq!(shown[1]["attempts"][0]["answer"]["answered"]["status"], 204);
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_deliverer_that_is_killed_at_any_effect_loses_nothing_and_keeps_the_ids() {
    // Before and after the lead; before and after each message is sent, and after it is noted.
    let effects = 0..8;
    std::thread::scope(|scope| {
        for effect in effects.clone() {
            scope.spawn(move || killed_at(effect));
        }
    });
    let (stage, hook) = waiting();
    let mut last = stage.command(&["announce", "deliver"]);
    last.env("ADJUTANT_DIES_AFTER", effects.end.to_string());
    assert_eq!(
        last.status().unwrap().code(),
        Some(0),
        "there is no other effect"
    );
    assert_eq!(hook.received().len(), 2);
}

/// A receiver for whom two messages wait.
fn waiting() -> (Stage, Hook) {
    let hook = Hook::new(Manner::Answers(200));
    let stage = stage(&[hook.settings("chat", "plain")]);
    happen(&stage);
    happen(&stage);
    (stage, hook)
}

fn killed_at(effect: u32) {
    let (stage, hook) = waiting();
    let mut killed = stage.command(&["announce", "deliver"]);
    killed.env("ADJUTANT_DIES_AFTER", effect.to_string());
    assert_eq!(
        killed.status().unwrap().signal(),
        Some(9),
        "effect {effect}"
    );
    stage.answer(0, &["announce", "deliver"]);
    let received = hook.received();
    // What was sent and not noted is sent again, under its id and word for word.
    let is_sent_again = effect == 3 || effect == 6;
    assert_eq!(
        received.len(),
        2 + usize::from(is_sent_again),
        "effect {effect}"
    );
    assert_eq!(hook.ids().len(), 2, "effect {effect}");
    for one in &received {
        let same = |other: &&Received| other.id() == one.id();
        assert!(
            received
                .iter()
                .filter(same)
                .all(|other| other.body == one.body)
        );
    }
    let listed = json(&stage, 0, &["announce", "list"]);
    assert_eq!(
        (&listed[0]["delivered"], &listed[0]["waiting"]),
        (&2.into(), &0.into())
    );
}

#[test]
fn deliverers_at_once_send_each_message_once() {
    let (stage, hook) = waiting();
    for _ in 0..3 {
        happen(&stage);
    }
    hook.behaves(Manner::Slow(Duration::from_millis(100)));
    let mut deliverers: Vec<_> = (0..3)
        .map(|_| {
            let mut command = stage.command(&["announce", "deliver"]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for deliverer in &mut deliverers {
        assert_eq!(deliverer.wait().unwrap().code(), Some(0));
    }
    assert_eq!((hook.received().len(), hook.ids().len()), (5, 5));
}

#[test]
fn a_receiver_in_trouble_delays_nobody_else_and_gets_everything_later() {
    let manners = [
        ("closes", Manner::Closes),
        ("fails", Manner::Answers(500)),
        ("good", Manner::Answers(200)),
        ("hangs", Manner::Hangs),
        ("redirects", Manner::Redirects),
        ("slow", Manner::Slow(Duration::from_secs(2))),
    ];
    let hooks = manners.map(|(name, manner)| (name, Hook::new(manner)));
    let settings = hooks
        .each_ref()
        .map(|(name, hook)| hook.settings(name, "plain"));
    let stage = stage(&settings);
    happen(&stage);
    stage.answer(20, &["announce", "deliver"]);
    for (name, hook) in &hooks {
        let paths: Vec<_> = hook.received().into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["/hook"], "{name}");
    }
    let listed = json(&stage, 0, &["announce", "list"]);
    let waiting: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["waiting"])
        .collect();
    assert_eq!(waiting, [1, 1, 0, 1, 1, 0]);
    let hung = json(&stage, 0, &["announce", "show", "hangs"]);
    assert_eq!(
        hung[0]["attempts"][0]["answer"]["unanswered"],
        "no answer in time"
    );

    for (name, hook) in &hooks {
        hook.behaves(Manner::Answers(200));
        stage.answer(0, &["announce", "retry", name]);
    }
    stage.answer(0, &["announce", "deliver"]);
    for (name, hook) in &hooks {
        assert_eq!(hook.ids().len(), 1, "{name} knows it by one id");
    }
}

#[test]
fn a_receiver_says_when_it_is_asked_again_and_when_it_wants_no_more() {
    let (busy, gone) = (
        Hook::new(Manner::Busy(3_600)),
        Hook::new(Manner::Answers(410)),
    );
    let stage = stage(&[
        busy.settings("busy", "plain"),
        gone.settings("gone", "plain"),
    ]);
    happen(&stage);
    stage.answer(20, &["announce", "deliver"]);
    happen(&stage);
    stage.answer(20, &["announce", "deliver"]);
    assert_eq!((busy.received().len(), gone.received().len()), (1, 1));
    let listed = json(&stage, 0, &["announce", "list"]);
    let is = |at: usize| listed[at]["is"].as_str().unwrap();
    assert!(is(0).starts_with("resting until"), "{listed}");
    assert!(is(1).starts_with("stopped since"), "{listed}");
    let doctor = stage.answer(1, &["doctor"]);
    assert!(doctor.contains("gone has stopped"), "{doctor}");
    gone.behaves(Manner::Answers(200));
    stage.answer(0, &["announce", "retry", "gone"]);
    stage.answer(20, &["announce", "deliver"]);
    assert_eq!(gone.received().len(), 2);
    stage.answer(2, &["announce", "retry", "nobody"]);
}

#[test]
fn without_a_secret_nothing_is_sent_and_a_mistake_in_the_settings_stops_no_other_work() {
    let hook = Hook::new(Manner::Answers(200));
    let text = hook
        .settings("chat", "plain")
        .replace("HOOK_SECRET", "NO_SECRET");
    let secretless = stage(&[text]);
    happen(&secretless);
    let delivered = secretless.run(&["announce", "deliver"]);
    assert_eq!(delivered.status.code(), Some(20));
    let told = String::from_utf8(delivered.stderr).unwrap();
    assert!(
        told.contains("nothing can be signed: NO_SECRET: it is not set"),
        "{told}"
    );
    assert!(hook.received().is_empty());

    let mistaken = stage(&["\n[announce.chat]\nurl = \"ftp://x\"\n".to_owned()]);
    happen(&mistaken);
    mistaken.answer(2, &["announce", "list"]);
    mistaken.workspace.write("adjutant.toml", POLICY);
    mistaken.answer(20, &["announce", "deliver"]);
}

#[test]
fn a_number_of_effects_that_is_none_is_refused() {
    let stage = Stage::new();
    let mut command = stage.command(&["announce", "list"]);
    let refused = command.env("ADJUTANT_DIES_AFTER", "soon").output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn a_rollout_tells_what_happens_while_it_runs_and_waits_for_no_dead_receiver() {
    let (chat, dead) = (Hook::new(Manner::Answers(200)), Hook::new(Manner::Hangs));
    let service = Service::new("{ setWeight = 50 }");
    let settings = service.stage.workspace.read("adjutant.toml");
    let told = [
        chat.settings("chat", "plain"),
        dead.settings("dead", "plain"),
    ]
    .concat();
    service
        .stage
        .workspace
        .write("adjutant.toml", settings + &told);
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 0);
    assert_eq!(service.start("bad"), 30);
    clients.end();
    let kinds = || -> Vec<String> {
        let received = chat.received();
        let body = |one: &Received| serde_json::from_str::<Value>(&one.body).unwrap();
        let kind = |one: &Received| body(one)["type"].as_str().unwrap().to_owned();
        received.iter().map(kind).collect()
    };
    assert_eq!(
        kinds(),
        [
            "service.deployed",
            "rollout.started",
            "rollout.advanced",
            "rollout.advanced",
            "service.upgraded",
            "rollout.started",
            "rollout.advanced",
            "service.rolled_back",
            "incident.opened",
            "incident.recovered",
        ]
    );
    let incident = json(&service.stage, 0, &["incident", "list"]);
    let recovery = incident[0]["recovery_ms"].as_i64().unwrap();
    assert!(
        recovery < 5_000,
        "a dead receiver slows no recovery: {recovery} ms"
    );
    let ids: BTreeSet<_> = chat.ids().into_iter().collect();
    assert_eq!(ids.len(), kinds().len(), "each once");
}

#[test]
fn a_rollout_that_is_killed_again_and_again_tells_each_decision_under_one_id() {
    let service = Service::new("{ setWeight = 50 }");
    let hook = Hook::new(Manner::Answers(200));
    let settings = service.stage.workspace.read("adjutant.toml");
    let told = hook.settings("chat", "plain");
    service
        .stage
        .workspace
        .write("adjutant.toml", settings + &told);
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let kills = kill_at_every(4, &service);
    clients.end();
    assert!(kills >= 5, "{kills} kills");
    everything_was_told(&service, &hook);
}

/// Whatever was killed: each decision is announced, arrived, and has one id and one text.
fn everything_was_told(service: &Service, hook: &Hook) {
    service.stage.answer(0, &["announce", "deliver"]);
    let received = hook.received();
    let texts: BTreeSet<_> = received.iter().map(|one| (one.id(), &one.body)).collect();
    assert_eq!(texts.len(), hook.ids().len(), "one text an id");
    let told = |kind: &str| {
        let is_it = |(_, body): &&(&str, &String)| body.contains(&format!("\"type\":\"{kind}\""));
        texts.iter().filter(is_it).count()
    };
    let history = service.history();
    let decided = |action: &str| {
        moves(&history)
            .into_iter()
            .filter(|one| *one == action)
            .count()
    };
    assert_eq!(told("service.upgraded"), decided("COMPLETE"));
    assert_eq!(told("incident.opened"), decided("ROLL_BACK"));
    assert_eq!(told("incident.recovered"), decided("ROLL_BACK"));
    let started = history.iter().filter(|event| event["told"] == "started");
    assert_eq!(told("rollout.started"), started.count());
}

#[test]
fn whoever_watches_sends_what_becomes_due() {
    let (stage, hook) = waiting();
    let mut watching = stage.command(&["announce", "deliver", "--watch"]);
    let mut watching = watching.stderr(Stdio::null()).spawn().unwrap();
    let until = |count: usize| {
        let began = Instant::now();
        while hook.received().len() < count {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{count} do not come"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(2);
    happen(&stage);
    until(3);
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(hook.ids().len(), 3);
}
