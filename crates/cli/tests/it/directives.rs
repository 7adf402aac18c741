//! `adjutant run`: directives are carried out by priority, once, and reported back.

use std::process::Stdio;
use std::time::{Duration, Instant};

use adjutant_testkit::postgres::Server;
use serde_json::{Value as Json, json};

use crate::stage::Stage;

const FILE: &str = "reports/handoff/pending_actions.json";
const PROGRESS: &str = "reports/execution_progress_update.md";

/// An action that writes its name into `log`, and then runs `script`.
fn action(id: &str, priority: &str, script: &str, dependencies: &[&str]) -> Json {
    json!({
        "id": id,
        "title": format!("Do {id}"),
        "priority": priority,
        "owner": "ops-commander",
        "estimate": "1m",
        "kind": "command",
        "parameters": {"command": ["sh", "-c", format!("echo {id} >> log; {script}")]},
        "success_criteria": [{"text": "the log is there", "file": "log"}],
        "dependencies": dependencies,
    })
}

fn directives(stage: &Stage, actions: &[Json]) {
    let text = json!({"actions": actions}).to_string();
    stage.workspace.write(FILE, text);
}

fn log(stage: &Stage) -> Vec<String> {
    let text = std::fs::read_to_string(stage.path().join("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn progress(stage: &Stage) -> String {
    std::fs::read_to_string(stage.path().join(PROGRESS)).unwrap()
}

#[test]
fn the_urgent_come_first_one_failure_stops_only_what_waits_for_it_and_nothing_is_repeated() {
    let stage = Stage::new();
    directives(
        &stage,
        &[
            action("low", "LOW", "true", &[]),
            action("broken", "HIGH", "echo no such host >&2; exit 3", &[]),
            action("after-broken", "HIGH", "true", &["broken"]),
            action("medium", "MEDIUM", "true", &["root"]),
            action("root", "LOW", "true", &[]),
            json!({"id": "typo", "title": "Do typo"}),
        ],
    );
    insta::assert_snapshot!(stage.outcome(&["run", "--dry-run"]));
    assert_eq!(log(&stage), [""; 0]);
    insta::assert_snapshot!(stage.outcome(&["run"]));
    assert_eq!(log(&stage), ["broken", "root", "medium", "low"]);
    assert!(progress(&stage).contains("1 FAILED, 3 DONE, 1 BLOCKED, 1 REFUSED"));

    // The host is there again: what failed is tried again, and nothing else.
    directives(
        &stage,
        &[
            action("low", "LOW", "true", &[]),
            action("broken", "HIGH", "true", &[]),
            action("after-broken", "HIGH", "true", &["broken"]),
            action("medium", "MEDIUM", "true", &["root"]),
            action("root", "LOW", "true", &[]),
        ],
    );
    assert_eq!(stage.code(&["run"]), 0);
    assert_eq!(log(&stage)[4..], ["broken", "after-broken"]);
    assert_eq!(stage.code(&["run"]), 0);
    assert_eq!(log(&stage).len(), 6);
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn every_kind_is_carried_out_and_its_evidence_is_cited() {
    let stage = Stage::new();
    let with = |id: &str, kind: &str, parameters: Json, criteria: Json, before: &[&str]| {
        let mut action = action(id, "HIGH", "true", before);
        action["kind"] = json!(kind);
        action["parameters"] = parameters;
        action["success_criteria"] = criteria;
        action
    };
    directives(
        &stage,
        &[
            with(
                "measure",
                "collect_baseline",
                json!({"command": ["cp", "baseline.csv", "measured.csv"], "evidence": ["measured.csv"]}),
                json!([{"text": "there is a file", "file": "measured.csv"}]),
                &[],
            ),
            with(
                "decide",
                "experiment",
                json!({"gate": "smoke", "evidence": [
                    {"subject": "baseline", "source": "measured.csv"},
                    {"subject": "candidate", "source": "same.csv"}]}),
                json!([{"text": "the gate says GO", "gate": "smoke"}, "the team is happy"]),
                &["measure"],
            ),
            with(
                "too-slow",
                "experiment",
                json!({"gate": "smoke", "evidence": [
                    {"subject": "baseline", "source": "measured.csv"},
                    {"subject": "candidate", "source": "slow.csv"}]}),
                json!([{"text": "the gate says GO", "gate": "smoke"}]),
                &["measure"],
            ),
            with(
                "tell",
                "generate_report",
                json!({"gate": "smoke"}),
                json!([{"text": "there is a report", "file": "reports/deployment.md"}]),
                &["decide"],
            ),
            with(
                "smoke",
                "smoke_test",
                json!({"command": ["sh", "-c", "echo $ADJUTANT_DIRECTIVE $ADJUTANT_IDEMPOTENCY_KEY"]}),
                json!([{"text": "it fails", "command": ["false"]}]),
                &[],
            ),
            with(
                "missing",
                "smoke_test",
                json!({"command": ["./nothing-here"]}),
                json!([{"text": "it is there", "file": "nothing-here"}]),
                &[],
            ),
            with(
                "hangs",
                "command",
                json!({"command": ["sleep", "600"], "time_max": "300ms"}),
                json!([{"text": "it ends", "command": ["true"]}]),
                &[],
            ),
        ],
    );
    insta::assert_snapshot!(stage.outcome(&["run"]));
    stage.answer(0, &["verify", "reports/deployment.md"]);
    let told = progress(&stage);
    assert!(told.contains("2 DONE, 1 UNPROVEN, 4 FAILED"), "{told}");
    assert!(told.contains("baseline @ measure-1 (sha256 "), "{told}");
    let answer = stage.answer(30, &["run", "--format", "json"]);
    let answer: Json = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["directives"][0]["id"], "measure");
    assert_eq!(answer["directives"][0]["status"], "DONE");
}

#[test]
fn what_cannot_be_read_is_refused_with_the_next_step() {
    let stage = Stage::new();
    let mut told = stage.outcome(&["run"]);
    stage.workspace.write(FILE, "{\"actions\": [");
    told.push_str(&stage.outcome(&["run"]));
    stage.workspace.write(FILE, "{\"tasks\": []}");
    told.push_str(&stage.outcome(&["run"]));
    insta::assert_snapshot!(told);
    directives(&stage, &[]);
    assert_eq!(stage.answer(0, &["run"]), "no directives\n");
}

#[test]
fn killed_at_any_point_it_goes_on_and_nothing_done_is_repeated_on_sqlite() {
    goes_on_after_kills(&Stage::new(), None);
}

#[test]
fn killed_at_any_point_it_goes_on_and_nothing_done_is_repeated_on_postgresql() {
    let server = Server::start();
    goes_on_after_kills(&Stage::new(), Some(&server.new_database()));
}

/// Kills `adjutant run` again and again, then lets it finish: every action ended as done, in order,
/// and none began again once its end was on record.
fn goes_on_after_kills(stage: &Stage, database: Option<&str>) {
    const KILLS: u64 = 4;
    let mut actions = vec![];
    let names: Vec<String> = (0..8).map(|n| format!("a{n}")).collect();
    for (n, name) in names.iter().enumerate() {
        let before: Vec<&str> = names[..n].last().map(String::as_str).into_iter().collect();
        actions.push(action(
            name,
            "HIGH",
            "sleep 0.05; echo done >> log",
            &before,
        ));
    }
    directives(stage, &actions);
    let command = || {
        let mut command = stage.command(&["run"]);
        if let Some(database) = database {
            command.env("ADJUTANT_DATABASE_URL", database);
        }
        command.stdout(Stdio::null());
        command
    };
    for kill in 0..KILLS {
        let begun = log(stage).len();
        let mut child = command().spawn().unwrap();
        // Until it has begun something new: a killed one keeps the lead for some seconds.
        let started = Instant::now();
        while log(stage).len() == begun && started.elapsed() < Duration::from_secs(60) {
            assert_eq!(
                child.try_wait().unwrap(),
                None,
                "it ended before it began anything"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(kill * 17));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(command().status().unwrap().success());
    let told = log(stage);
    for (n, name) in names.iter().enumerate() {
        let times = told.iter().filter(|line| *line == name).count();
        assert!(times >= 1, "{name} was lost: {told:?}");
        let last = told.iter().rposition(|line| line == name).unwrap();
        assert_eq!(
            told.get(last + 1).map(String::as_str),
            Some("done"),
            "{told:?}"
        );
        if let Some(next) = names.get(n + 1) {
            let first_of_next = told.iter().position(|line| line == next).unwrap();
            assert!(
                first_of_next > last,
                "{next} began before {name} ended: {told:?}"
            );
        }
    }
    let mut verify = stage.command(&["journal", "verify"]);
    if let Some(database) = database {
        verify.env("ADJUTANT_DATABASE_URL", database);
    }
    assert!(verify.status().unwrap().success());
}

#[test]
fn two_at_once_do_nothing_twice() {
    let stage = Stage::new();
    let actions: Vec<Json> = (0..5)
        .map(|n| action(&format!("a{n}"), "HIGH", "sleep 0.1", &[]))
        .collect();
    directives(&stage, &actions);
    let mut both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = stage.command(&["run"]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for child in &mut both {
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 40)), "{code:?}");
    }
    let mut told = log(&stage);
    told.sort();
    assert_eq!(told, ["a0", "a1", "a2", "a3", "a4"]);
}
