//! The tools of an agent's day over HTTP: the token says who calls, the doors are those of every route,
//! and nothing is remembered between two requests.

use serde_json::{Value, json};

use crate::http_server::{Answered, Served};
use crate::mcp::Bench;

const ACCEPT: (&str, &str) = ("Accept", "application/json, text/event-stream");

/// Sends a message as the bearer of a token.
fn post(served: &Served, secret: &str, message: &Value, headers: &[(&str, &str)]) -> Answered {
    let bearer = format!("Bearer {secret}");
    let mut all = vec![
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ACCEPT,
    ];
    all.extend(headers);
    served.send("POST", "/mcp", &all, &message.to_string())
}

fn asked(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// What a tool answers a client of 2025-11-25.
fn call(served: &Served, secret: &str, tool: &str, arguments: &Value) -> Value {
    let message = asked(
        "tools/call",
        &json!({ "name": tool, "arguments": arguments }),
    );
    let version = [("MCP-Protocol-Version", "2025-11-25")];
    post(served, secret, &message, &version).expect(200).json()["result"].take()
}

#[track_caller]
fn told(served: &Served, secret: &str, tool: &str, arguments: &Value) -> Value {
    let result = call(served, secret, tool, arguments);
    assert_eq!(result["isError"], false, "{tool}: {result}");
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

#[track_caller]
fn refused(served: &Served, secret: &str, tool: &str, arguments: &Value) -> String {
    let result = call(served, secret, tool, arguments);
    assert_eq!(result["isError"], true, "{tool}: {result}");
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

fn serve(bench: Bench) -> Served {
    Served::start_in(bench.workspace, &[])
}

#[test]
fn a_call_that_is_repeated_under_its_key_has_one_effect() {
    let served = serve(Bench::new());
    let ada = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
    let ben = served.token(&["ben", "--agent", "ben", "--role", "genai-features"]);
    let claim = |secret: &str, id: u32, arguments: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
            "name": "claim", "arguments": arguments,
            "_meta": { "adjutant/idempotency-key": "c-1" },
        } });
        let version = [("MCP-Protocol-Version", "2025-11-25")];
        post(&served, secret, &message, &version).expect(200).json()["result"].take()
    };
    let won = claim(&ada, 1, json!({ "lease_seconds": 60 }));
    assert_eq!(won["isError"], false, "{won}");
    assert_eq!(claim(&ada, 2, json!({ "lease_seconds": 60 })), won);
    let other = claim(&ada, 3, json!({ "lease_seconds": 61 }));
    let told = other["content"][0]["text"].as_str().unwrap();
    assert!(told.contains("was used for another request"), "{told}");
    // The key is that of the token: another agent is told what it is told without one.
    assert_eq!(claim(&ben, 4, json!({ "task": "T-1" }))["isError"], true);
}

#[test]
fn an_agents_token_is_its_identity_over_http() {
    let bench = Bench::new();
    let commit = bench.mend();
    let served = serve(bench);
    let ada = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
    let won = told(&served, &ada, "claim", &json!({}));
    assert_eq!(
        (&won["task"], &won["agent"]),
        (&json!("T-1"), &json!("ada"))
    );
    let now = told(&served, &ada, "now", &json!({ "max_tokens": 800 }));
    assert_eq!(now["claims"][0]["epoch"], 1);

    let forgot = refused(&served, &ada, "heartbeat", &json!({}));
    assert!(forgot.contains("which claim is meant"), "{forgot}");
    let held = json!({ "task": "T-1", "epoch": 1 });
    assert_eq!(told(&served, &ada, "heartbeat", &held)["renewed"], true);
    let file = refused(
        &served,
        &ada,
        "submit_evidence",
        &json!({ "file": "/etc/passwd", "subject": "candidate", "run": "run_1" }),
    );
    assert!(file.contains("reads no files for you"), "{file}");

    let bo = served.token(&["bo", "--agent", "bo", "--role", "genai-features"]);
    let lost = refused(&served, &bo, "heartbeat", &held);
    assert!(
        lost.starts_with("refused: the lease on T-1 was lost"),
        "{lost}"
    );
    let work = json!({ "task": "T-1", "epoch": 1, "commit": commit });
    assert_eq!(told(&served, &ada, "complete", &work)["task"], "T-1");
}

#[test]
fn whoever_may_only_look_is_offered_what_looks() {
    let served = Served::start();
    let reader = served.token(&["wall", "--reader"]);
    let listed = post(&served, &reader, &asked("tools/list", &json!({})), &[]);
    let listed = listed.expect(200).json();
    let names: Vec<&str> = listed["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["now", "conflicts", "gate_status", "report"]);
    let denied = refused(&served, &reader, "claim", &json!({}));
    assert!(denied.contains("a reader may not work"), "{denied}");
}

#[test]
fn both_revisions_are_answered_without_a_session() {
    let served = Served::start();
    let ada = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let greeted = post(&served, &ada, &asked("initialize", &hello), &[]).expect(200);
    assert_eq!(greeted.header("mcp-session-id"), None);
    assert_eq!(greeted.json()["result"]["protocolVersion"], "2025-11-25");

    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let listed = post(
        &served,
        &ada,
        &asked("tools/list", &json!({ "_meta": meta })),
        &[
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/list"),
        ],
    );
    let listed = listed.expect(200).json();
    assert_eq!(listed["result"]["resultType"], "complete");
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 10);
    let unknown = post(
        &served,
        &ada,
        &asked("tools/list", &json!({})),
        &[("MCP-Protocol-Version", "1999-01-01")],
    );
    unknown.expect(400);
}

/// T27: a token that another service gave out, or none, opens nothing; the answer says what is wanted.
#[test]
fn the_token_of_another_service_opens_no_tool() {
    let served = Served::start();
    let message = asked("tools/list", &json!({}));
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL290aGVyLmV4YW1wbGUifQ.c2ln";
    let ada = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
    served.run(&["token", "revoke", "ada"]);
    for secret in [jwt, ada.as_str(), ""] {
        let refused = post(&served, secret, &message, &[]).expect(401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn a_page_of_another_site_and_another_name_reach_no_tool() {
    let served = Served::start();
    let message = asked("tools/list", &json!({}));
    for (header, status) in [
        (("Host", "evil.example"), 421),
        (("Origin", "http://evil.example"), 403),
        (("Sec-Fetch-Site", "cross-site"), 403),
    ] {
        let admin = served.admin.clone();
        post(&served, &admin, &message, &[header]).expect(status);
    }
    let bearer = format!("Bearer {}", served.admin);
    let form = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "text/plain"),
        ACCEPT,
    ];
    let sent = served.send("POST", "/mcp", &form, &message.to_string());
    sent.expect(415);
}

#[test]
fn what_cannot_be_read_over_http_is_answered_and_the_server_lives_on() {
    let served = Served::start();
    let bearer = format!("Bearer {}", served.admin);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ACCEPT,
    ];
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "{\"jsonrpc\":\"2.0\",\"id\"", "[]", "7", deep.as_str()] {
        let answer = served.send("POST", "/mcp", &headers, body);
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    let admin = served.admin.clone();
    post(&served, &admin, &asked("tools/list", &json!({})), &[]).expect(200);
}
