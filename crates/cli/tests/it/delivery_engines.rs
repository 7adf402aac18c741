//! Argo Rollouts and Flagger ask over HTTP, and are answered from gates.

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::Served;
use crate::stage::{POLICY, latencies};

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

fn served() -> Served {
    let workspace = Workspace::repository();
    workspace.write("adjutant.toml", POLICY);
    for (name, seed, factor) in [("baseline", 1, 1.0), ("same", 2, 1.0), ("slow", 3, 1.3)] {
        workspace.write(&format!("{name}.csv"), latencies(1_000, seed, factor));
    }
    Served::start_in(workspace, &[])
}

/// A build that a question may name.
fn build(digit: &str) -> String {
    format!("shop/search@sha256:{}", digit.repeat(64))
}

fn decide(served: &Served, candidate: &str, build: &str) {
    let evidence = format!("candidate={candidate}.csv");
    let words = [
        "gate",
        "smoke",
        "--evidence",
        "baseline=baseline.csv",
        "--evidence",
        &evidence,
        "--artifact",
        build,
    ];
    let decided = program::command(PROGRAM, served.workspace.path(), &words);
    let output = { decided }.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 30)), "{output:?}");
}

fn call() -> Value {
    json!({"name": "search", "namespace": "shop", "phase": "Progressing", "checksum": "85d557",
           "metadata": {"gate": "smoke", "artifact": build("a")}})
}

fn analysis(served: &Served, build: &str) -> Value {
    let path = format!("/gates/smoke/analysis?artifact={build}");
    served.get(&path).expect(200).json()
}

/// The token as the password of an address, which is all that Flagger can be given.
fn basic(served: &Served) -> String {
    use base64::Engine as _;
    let words = format!("flagger:{}", served.admin);
    let words = base64::engine::general_purpose::STANDARD.encode(words);
    format!("Basic {words}")
}

fn statuses(served: &Served) -> Vec<u16> {
    let hooks = ["confirm-rollout", "confirm-promotion", "rollback", "event"];
    let ask = |hook: &str| served.post(&format!("/flagger/{hook}"), &call()).status;
    hooks.map(ask).to_vec()
}

#[test]
fn without_a_decision_nothing_advances_and_nothing_is_taken_back() {
    let served = served();
    let never = analysis(&served, &build("a"));
    let next = format!("adjutant gate smoke --artifact sha256:{}", "a".repeat(64));
    assert_eq!(
        (&never["outcome"], &never["validity"], &never["next"]),
        (&json!("INCONCLUSIVE"), &json!("NO_DATA"), &json!(next))
    );
    assert_eq!(statuses(&served), [403, 403, 403, 200]);

    decide(&served, "same", &build("a"));
    assert_eq!(analysis(&served, &build("a"))["outcome"], "PASS");
    assert_eq!(statuses(&served), [200, 200, 403, 200]);
    let path = format!(
        "/gates/smoke/analysis?max_age_seconds=0&artifact={}",
        build("a")
    );
    let old = served.get(&path).expect(200);
    assert_eq!(old.json()["validity"], "STALE");

    decide(&served, "slow", &build("a"));
    assert_eq!(analysis(&served, &build("a"))["outcome"], "FAIL");
    assert_eq!(statuses(&served), [403, 403, 200, 200]);
}

#[test]
fn a_decision_about_another_build_confirms_nothing_and_takes_nothing_back() {
    let served = served();
    decide(&served, "same", &build("b"));
    let other = analysis(&served, &build("a"));
    assert_eq!(
        (&other["outcome"], &other["validity"], &other["verdict"]),
        (&json!("INCONCLUSIVE"), &json!("NO_DATA"), &Value::Null)
    );
    assert_eq!(statuses(&served), [403, 403, 403, 200]);

    decide(&served, "same", &build("a"));
    decide(&served, "slow", &build("b"));
    assert_eq!(analysis(&served, &build("a"))["outcome"], "PASS");
    assert_eq!(analysis(&served, &build("b"))["outcome"], "FAIL");
    assert_eq!(statuses(&served), [200, 200, 403, 200]);

    let unnamed = served.get("/gates/smoke/analysis").expect(200).json();
    assert_eq!(unnamed["validity"], "NO_DATA");
    served
        .get("/gates/smoke/analysis?artifact=search:2")
        .expect(400);
}

#[test]
fn a_gate_that_is_asked_over_http_says_which_build_it_judged() {
    let served = served();
    decide(&served, "same", &build("b"));
    let asked = json!({"artifact": build("a")});
    served.post("/gates/smoke/decisions", &asked).expect(201);
    assert_ne!(analysis(&served, &build("a"))["validity"], "NO_DATA");
    let unnamed = json!({"artifact": "the newest"});
    let refused = served.post("/gates/smoke/decisions", &unnamed).expect(400);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("the newest names no build"), "{detail}");
}

#[test]
fn what_is_no_call_of_flagger_is_told() {
    let served = served();
    served.post("/flagger/confirm-lunch", &call()).expect(404);
    let refused = served
        .post("/flagger/rollback", &json!({"name": "search"}))
        .expect(400);
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("namespace")
    );
    let mut no_gate = call();
    no_gate["metadata"] = json!({"some": "data"});
    let refused = served.post("/flagger/rollback", &no_gate).expect(403);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("add metadata.gate"), "{detail}");
}

#[test]
fn flagger_is_let_in_by_a_token_in_its_address() {
    let served = served();
    let body = call().to_string();
    let ask = |authorization: &str| {
        let headers = [
            ("Authorization", authorization),
            ("Content-Type", "application/json"),
        ];
        let path = "/api/v1/flagger/event";
        served.send("POST", path, &headers, &body).status
    };
    assert_eq!(ask(&basic(&served)), 200);
    for stranger in ["Basic Zmxh", "Basic !", "Basic ZmxhZ2dlcjphYmM="] {
        assert_eq!(ask(stranger), 401, "{stranger}");
    }
}
