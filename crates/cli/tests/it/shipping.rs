//! Directives that deploy: a good version gets everything, a bad one is taken back, and what
//! happened can be told.

use serde_json::{Value as Json, json};

use crate::rollouts::{Clients, Service};

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
