//! Directives that deploy: a good version gets everything, a bad one is taken back, and what
//! happened can be told. The main job, in small.

use serde_json::{Value as Json, json};

use crate::rollouts::{Clients, Service};
use crate::stage::latencies;

fn deploy(artifact: &str, before: &[&str]) -> Json {
    json!({
        "id": format!("deploy-{artifact}"),
        "title": format!("Ship {artifact}"),
        "priority": "HIGH",
        "owner": "ops-commander",
        "estimate": "1m",
        "kind": "deploy",
        "parameters": {"service": "search", "artifact": artifact},
        "success_criteria": [{"text": "it can be looked at", "file": artifact}],
        "dependencies": before,
    })
}

/// An action of another kind than deploy.
fn action(id: &str, kind: &str, priority: &str, parameters: Json, before: &[&str]) -> Json {
    let mut action = deploy("one", before);
    action["id"] = json!(id);
    action["kind"] = json!(kind);
    action["priority"] = json!(priority);
    action["parameters"] = parameters;
    action
}

fn directives(service: &Service, actions: &[Json]) {
    let text = json!({"actions": actions}).to_string();
    let file = "reports/handoff/pending_actions.json";
    service.stage.workspace.write(file, text);
}

fn answer(service: &Service, code: i32, arguments: &[&str]) -> Json {
    let answer = service.stage.answer(code, arguments);
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn directives_deploy_the_good_version_and_take_the_bad_one_back_and_an_incident_tells_it() {
    let service = Service::new("{ setWeight = 50 }");
    directives(&service, &[deploy("one", &[])]);
    assert_eq!(service.stage.code(&["run"]), 0);
    let clients = Clients::of(&service);

    let all = [
        deploy("one", &[]),
        deploy("bad", &["deploy-two"]),
        deploy("two", &[]),
    ];
    directives(&service, &all);
    let planned = answer(&service, 0, &["run", "--dry-run", "--format", "json"]);
    let two = planned["directives"].as_array().unwrap();
    let two = two.iter().find(|one| one["id"] == "deploy-two").unwrap();
    assert!(two["worst_case_ms"].as_i64().unwrap() < 120_000, "{two}");

    assert_eq!(service.stage.code(&["run"]), 30);
    let ran = answer(&service, 30, &["run", "--format", "json"]);
    let statuses: Vec<_> = ran["directives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect();
    assert_eq!(
        statuses,
        [
            ("deploy-one", "DONE"),
            ("deploy-two", "DONE"),
            ("deploy-bad", "FAILED")
        ]
    );
    // The second run did not begin a rollout of the blocked version again.
    let blocked = ran["directives"][2]["result"].as_str().unwrap();
    assert!(blocked.contains("was taken back by R-3"), "{blocked}");
    assert_eq!(clients.end(), 0, "every request got an answer");

    let incidents = answer(&service, 0, &["incident", "list", "--format", "json"]);
    let [incident] = incidents.as_array().unwrap().as_slice() else {
        panic!("{incidents}");
    };
    assert_eq!(incident["rollout"], "R-3");
    assert!(incident["failures"].as_u64().unwrap() > 0, "{incident}");
    assert!(
        incident["recovery_ms"].as_i64().unwrap() < 5_000,
        "{incident}"
    );

    let id = incident["id"].as_str().unwrap();
    let told = service.stage.answer(0, &["incident", "show", id]);
    assert!(
        told.contains("NO DATA AVAILABLE: `adjutant incident note"),
        "{told}"
    );
    for (kind, text) in [("cause", "nobody | tried it"), ("action", "Try it first")] {
        service
            .stage
            .answer(0, &["incident", "note", id, kind, text]);
    }
    service
        .stage
        .answer(2, &["incident", "note", "search:999", "cause", "none"]);
    let told = service.stage.answer(0, &["incident", "show", id]);
    assert!(told.contains("- nobody \\| tried it ("), "{told}");
    assert!(told.contains("- [ ] T-1 Try it first (draft)"), "{told}");
    assert!(told.contains("ROLL BACK"), "{told}");
    let task = service.stage.answer(0, &["task", "show", "T-1"]);
    assert!(
        task.contains(&format!("adjutant incident show {id}")),
        "{task}"
    );

    let figures = answer(&service, 0, &["incident", "figures", "--format", "json"]);
    assert_eq!(
        (&figures["ended"], &figures["succeeded"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&figures["reached_users"], &figures["failed"]),
        (&json!(2), &json!(1))
    );
    let told = service.stage.answer(0, &["incident", "figures"]);
    assert!(
        told.contains("50.0 % (1 of 2 rollouts that reached users)"),
        "{told}"
    );
    service.stage.answer(0, &["journal", "verify"]);
}

/// The answer of `adjutant run`: the status and the result of each directive, in their order.
fn ends(ran: &Json) -> Vec<(&str, &str, &str)> {
    fn text<'a>(one: &'a Json, key: &str) -> &'a str {
        one[key].as_str().unwrap_or_default()
    }
    let all = ran["directives"].as_array().unwrap().iter();
    all.map(|one| (text(one, "id"), text(one, "status"), text(one, "result")))
        .collect()
}

#[test]
fn the_main_job_measures_decides_ships_takes_back_and_reports() {
    let shadow = "{ setMirrorRoute = { percentage = 100 } }";
    let service = Service::with_gate(&format!("{shadow}, {{ setWeight = 50 }}"));
    let measured = json!([
        {"subject": "baseline", "source": "baseline.csv"},
        {"subject": "candidate", "source": "same.csv"},
    ]);
    let mut slow = deploy("bad", &["deploy-two"]);
    slow["priority"] = json!("MEDIUM");
    let verify = json!({"command": ["true"]});
    let before = [
        action(
            "tell",
            "generate_report",
            "LOW",
            json!({"gate": "smoke"}),
            &["decide"],
        ),
        action("smoke-test", "smoke_test", "HIGH", verify, &["deploy-one"]),
        action(
            "measure",
            "collect_baseline",
            "HIGH",
            json!({"command": ["true"], "evidence": ["baseline.csv"]}),
            &[],
        ),
        deploy("one", &["measure"]),
    ];
    directives(&service, &before[1..]);
    assert_eq!(service.stage.code(&["run"]), 0);
    let clients = Clients::of(&service);
    let mut all = before.to_vec();
    all.extend([
        slow,
        deploy("two", &["decide"]),
        action(
            "decide",
            "experiment",
            "HIGH",
            json!({"gate": "smoke", "evidence": measured, "artifact": "two"}),
            &["measure"],
        ),
    ]);
    directives(&service, &all);
    let ran = answer(&service, 30, &["run", "--format", "json"]);
    assert_eq!(clients.end(), 0, "every request got an answer");
    let ends = ends(&ran);
    let statuses: Vec<_> = ends.iter().map(|(id, status, _)| (*id, *status)).collect();
    assert_eq!(
        statuses,
        [
            ("measure", "DONE"),
            ("deploy-one", "DONE"),
            ("smoke-test", "DONE"),
            ("decide", "DONE"),
            ("deploy-two", "DONE"),
            ("deploy-bad", "FAILED"),
            ("tell", "DONE"),
        ],
        "{ends:?}"
    );
    let (shipped, taken_back) = (ends[4].2, ends[5].2);
    let stages = [
        "R-2 completed after",
        "copies of 100 % at",
        "50 % at",
        "everybody at",
    ];
    for told in stages {
        assert!(shipped.contains(told), "{told}: {shipped}");
    }
    assert!(
        taken_back.starts_with("R-3 rolled back after"),
        "{taken_back}"
    );
    assert!(taken_back.contains("after its detection"), "{taken_back}");
    service
        .stage
        .answer(0, &["verify", "reports/deployment.md"]);
    let report = std::fs::read_to_string(service.stage.path().join("reports/deployment.md"));
    let report = report.unwrap();
    assert!(
        report.contains("| State | Directives | Evidence |"),
        "{report}"
    );
    assert!(
        report.contains("The candidate is the build `two`"),
        "{report}"
    );
    service.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_deployment_that_cannot_begin_says_why_and_what_to_do() {
    let service = Service::new("{ setWeight = 50 }, { pause = {} }");
    directives(&service, &[deploy("one", &[]), deploy("two", &[])]);
    let ran = answer(&service, 30, &["run", "--format", "json"]);
    let [_, (_, status, told)] = ends(&ran).try_into().unwrap();
    assert_eq!(status, "FAILED");
    assert!(
        told.contains("Send requests through the service's proxy"),
        "{told}"
    );

    let clients = Clients::of(&service);
    let mut waiting = service
        .stage
        .command(&["rollout", "start", "search", "--artifact", "two"])
        .spawn()
        .unwrap();
    service.until("under way", |status| status["rollout"] == "R-2");
    directives(&service, &[deploy("bad", &[])]);
    let ran = answer(&service, 30, &["run", "--format", "json"]);
    let [(_, _, told)] = ends(&ran).try_into().unwrap();
    assert!(
        told.contains("R-2 is under way with another version"),
        "{told}"
    );
    assert!(told.contains("adjutant rollout abort search"), "{told}");

    service
        .stage
        .answer(0, &["rollout", "abort", "search", "--because", "enough"]);
    assert_eq!(waiting.wait().unwrap().code(), Some(30));
    directives(&service, &[deploy("two", &[])]);
    let ran = answer(&service, 30, &["run", "--format", "json"]);
    let [(_, _, told)] = ends(&ran).try_into().unwrap();
    assert!(told.contains("was taken back by R-2"), "{told}");
    assert!(told.contains("adjutant rollout lift search"), "{told}");
    assert_eq!(clients.end(), 0, "every request got an answer");
}

#[test]
fn a_new_go_of_its_gate_about_the_very_build_lifts_a_block() {
    let service = Service::with_gate("{ setWeight = 50 }");
    let stage = &service.stage;
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 0);
    stage.answer(
        0,
        &[
            "rollout",
            "undo",
            "search",
            "--because",
            "support is called",
        ],
    );
    let judge = |code: i32, artifact: &str, candidate: &str| {
        let candidate = format!("candidate={candidate}");
        let sources = [
            "--evidence",
            "baseline=baseline.csv",
            "--evidence",
            &candidate,
        ];
        stage.answer(
            code,
            &[&["gate", "smoke", "--artifact", artifact], &sources[..]].concat(),
        );
    };
    // What was measured before it was taken back says nothing new.
    judge(0, "two", "same.csv");
    assert_eq!(service.start("two"), 40);
    // Nor does a decision about another build, nor one that a later one contradicts.
    stage.workspace.write("again.csv", latencies(1_000, 5, 1.0));
    stage.workspace.write("worse.csv", latencies(1_000, 6, 1.3));
    judge(0, "one", "again.csv");
    assert_eq!(service.start("two"), 40);
    judge(0, "two", "again.csv");
    judge(30, "two", "worse.csv");
    assert_eq!(service.start("two"), 40);
    judge(0, "two", "again.csv");
    assert_eq!(service.start("two"), 0);
    let history = stage.answer(0, &["rollout", "history", "search"]);
    assert!(
        history.contains("may be used again: smoke says GO about it"),
        "{history}"
    );
    assert_eq!(clients.end(), 0, "every request got an answer");
    stage.answer(0, &["journal", "verify"]);
}
