//! Requests made from the OpenAPI document by schemathesis (PyPI), against a server with real data:
//! every answer is one that the document names, in the shape that it gives.
#![allow(
    clippy::disallowed_methods,
    reason = "schemathesis is a process of its own"
)]

use std::process::Command;

use adjutant_testkit::night::figure;
use serde_json::json;

use crate::collector::venv;
use crate::http_server::Served;
use crate::mcp::Bench;
use crate::stage::latencies;

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/schemathesis.toml");

/// A stream that does not end, and what computes or runs programs for seconds.
const LEFT_OUT: [&str; 3] = ["events", "doctor", "self_test_gate"];

/// Tasks, a claim, evidence, a decision, a token, a directive: something at every address.
fn served() -> Served {
    let bench = Bench::new();
    let served = Served::start_in(bench.workspace, &[]);
    for subject in ["baseline", "candidate"] {
        let body = json!({ "name": "latency.csv", "content": latencies(50, 1, 1.0), "subject": subject,
            "run": "run_1" });
        served.post("/evidence", &body).expect(201);
    }
    served
        .post("/claims", &json!({ "agent": "ada", "task": "T-1" }))
        .expect(200);
    served
        .post("/gates/release/decisions", &json!({}))
        .expect(201);
    served
}

#[test]
#[allow(clippy::print_stderr, reason = "the night tells its figures")]
fn every_answer_is_one_that_the_document_names() {
    let served = served();
    let examples = figure(8, 420).to_string();
    // Its own list of what breaks programs is long: by night all of it.
    let phases = match figure(0, 1) {
        0 => "fuzzing",
        _ => "coverage,fuzzing",
    };
    let mut program = Command::new(venv("schemathesis"));
    program
        .current_dir(served.workspace.path())
        .args(["--config-file", SETTINGS])
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", served.address))
        .args([
            "--header",
            &format!("Authorization: Bearer {}", served.admin),
        ])
        .args(["--max-examples", &examples, "--workers", "4", "--no-color"])
        .args(["--continue-on-failure", "--generation-database", "none"])
        .args(["--phases", phases, "--warnings", "off"]);
    for operation in LEFT_OUT {
        program.args(["--exclude-operation-id", operation]);
    }
    let output = program.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let cases = told.lines().find(|line| line.contains("generated"));
    eprintln!("schemathesis: {}", cases.unwrap_or("told no figure").trim());
    served.get("/tasks").expect(200);
    assert!(!served.end().contains("panicked"));
}
