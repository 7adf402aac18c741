//! Logs and traces: what a caller's trace leads to, and that telling of work never stops it.

use std::time::{Duration, Instant};

use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::agents;
use crate::collector::Collector;
use crate::http_server::Server;
use crate::stage::{POLICY, Stage};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn lines(told: &str) -> Vec<Value> {
    let json = told.lines().filter(|line| line.starts_with('{'));
    json.map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn name(span: &Value) -> &str {
    span["name"].as_str().unwrap()
}

#[test]
fn a_claim_over_the_api_is_told_under_the_trace_of_its_caller() {
    let collector = Collector::start("take");
    let workspace = Workspace::repository();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=a%20b"),
        ("ADJUTANT_LOG", "info"),
    ];
    let server = Server::begin(workspace.path(), &variables, &["--log", "json"]);
    let claim = json!({ "agent": "ada", "lease_seconds": 600 });
    let admin = server.admin.clone();
    let caller = [("traceparent", CALLER)];
    let refused = server
        .post_as(&admin, "/claims", &claim, &caller)
        .expect(409)
        .json();
    assert_eq!(refused["trace"], TRACE);
    // Without a caller's trace, or with a broken one, each request is one of its own.
    let own = server
        .get_with("/tasks/T-9", &[("traceparent", "00-0-0-0")])
        .expect(404)
        .json();
    let own = own["trace"].as_str().unwrap().to_owned();
    assert!(own.len() == 32 && own != TRACE);

    let spans = collector.until(|span| span["trace"] == own.as_str() && span["kind"] == 2);
    let of_caller: Vec<_> = spans.iter().filter(|one| one["trace"] == TRACE).collect();
    let request = of_caller.iter().find(|one| one["kind"] == 2).unwrap();
    assert_eq!(name(request), "POST /api/v1/claims");
    assert_eq!(request["parent"], "b7ad6b7169203331");
    assert_eq!(request["attributes"]["http.response.status_code"], 409);
    assert_eq!(
        (&request["service"], &request["header"]),
        (&json!("adjutant"), &json!("a b"))
    );
    assert!(request["lasted"].as_i64() > Some(0));
    let inner: Vec<_> = of_caller
        .iter()
        .filter(|one| name(one) == "database")
        .collect();
    assert!(!inner.is_empty() && inner.iter().all(|one| one["parent"] == request["span"]));

    let told = server.end();
    let line = lines(&told)
        .into_iter()
        .find(|line| line["trace"] == TRACE)
        .unwrap();
    assert_eq!(line["route"], "/api/v1/claims");
    assert_eq!(
        (&line["status"], &line["level"]),
        (&json!(409), &json!("INFO"))
    );
}

#[test]
fn a_command_its_agent_and_what_that_used_are_one_trace() {
    let collector = Collector::start("take");
    let transcript = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../formats/tests/fixtures/claude_code/stream.jsonl"
    );
    let script = format!("echo \"$TRACEPARENT\" > parent.txt; cat '{transcript}'");
    let stage = agents::stage_with(&script, "--command");
    let output = stage
        .command(&["agent", "run", "ada", "--next", "--log", "text"])
        .env(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            format!("{}/v1/traces", collector.endpoint),
        )
        .env("TRACEPARENT", CALLER)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains(&format!("an agent told what it used trace={TRACE}")),
        "{told}"
    );

    let spans = collector.until(|span| name(span) == "adjutant agent run");
    assert!(spans.iter().all(|span| span["trace"] == TRACE));
    let found = |wanted: &str| spans.iter().find(|one| name(one) == wanted).unwrap();
    let agent = found("invoke_agent ada");
    assert_eq!(agent["parent"], found("adjutant agent run")["span"]);
    let used = &agent["attributes"];
    assert_eq!(used["gen_ai.usage.input_tokens"], 3040);
    assert_eq!(used["gen_ai.provider.name"], "anthropic");
    assert_eq!(used["adjutant.task"], "T-1");
    let program = found("sh");
    assert_eq!(program["attributes"]["process.exit.code"], 0);
    let given = stage.workspace.git(&["show", "adjutant/T-1-e1:parent.txt"]);
    let expected = format!("00-{TRACE}-{}-01", program["span"].as_str().unwrap());
    assert_eq!(
        given, expected,
        "the agent's own spans are below that of its program"
    );
}

#[test]
fn a_program_gets_the_trace_though_nothing_is_told() {
    let stage = agents::stage_with("echo \"$TRACEPARENT\" > parent.txt", "--command");
    let output = stage
        .command(&["agent", "run", "ada", "--next"])
        .env("TRACEPARENT", CALLER)
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let given = stage.workspace.git(&["show", "adjutant/T-1-e1:parent.txt"]);
    assert_eq!(given, CALLER);
}

/// A gate that goes, and its log.
fn gate(stage: &Stage, endpoint: &str) -> (Duration, String) {
    let gate = ["gate", "smoke", "--evidence", "baseline=baseline.csv"];
    let gate = [
        &gate[..],
        &["--evidence", "candidate=same.csv", "--log", "json"],
    ]
    .concat();
    let began = Instant::now();
    let output = stage
        .command(&gate)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    (began.elapsed(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_collector_that_is_away_refuses_or_never_answers_stops_no_work() {
    let stage = Stage::new();
    stage.workspace.write("adjutant.toml", POLICY);
    let refuses = Collector::start("refuse");
    let stalls = Collector::start("stall");
    for endpoint in [
        "http://127.0.0.1:9",
        &refuses.endpoint,
        &stalls.endpoint,
        "no address",
    ] {
        let (took, told) = gate(&stage, endpoint);
        // A second for the collector, and the rest for a loaded machine.
        assert!(took < Duration::from_secs(30), "{endpoint}: {took:?}");
        let decided = lines(&told)
            .into_iter()
            .find(|line| line["message"] == "a gate decided");
        let decided = decided.unwrap_or_else(|| panic!("{endpoint}: {told}"));
        assert_eq!(
            (&decided["verdict"], &decided["gate"]),
            (&json!("GO"), &json!("smoke"))
        );
    }
    let server = Server::begin(
        stage.path(),
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", stalls.endpoint.as_str())],
        &[],
    );
    // More spans than wait for a collector.
    for _ in 0..30 {
        server.get("/tasks").expect(200);
    }
    server.get("/tasks").expect(200);
}

#[test]
fn a_level_that_is_none_is_refused() {
    let stage = Stage::new();
    let output = stage
        .command(&["task", "list"])
        .env("ADJUTANT_LOG", "loud")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("\"loud\" is no level") && told.contains("Say off, error"),
        "{told}"
    );
}
