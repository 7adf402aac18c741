//! An agent's day over the Model Context Protocol, spoken line by line to the built program: every
//! answer is what the command line prints, and no message ends the server.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use adjutant_work::{Check, CheckRun, Intake, Priority, ProofKind, Risk, TaskKind, Timebox};
use serde_json::{Value, json};

use crate::stage::{POLICY, latencies};

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// A task whose check is a test of the work's own.
pub(crate) fn intake() -> Value {
    let some = || vec!["some".to_owned()];
    let check = Check {
        name: "unit".parse().unwrap(),
        run: CheckRun::Command {
            argv: vec!["sh".to_owned(), "run-tests.sh".to_owned()],
        },
        proof: ProofKind::RedGreen,
        tests: vec![],
        frozen: vec![],
        seconds_max: 60,
    };
    let intake = Intake {
        title: "Mend the sum".to_owned(),
        kind: Some(TaskKind::Fix),
        goal: "The sum is right.".to_owned(),
        context: "It is wrong.".to_owned(),
        success_criteria: some(),
        deliverables: some(),
        non_goals: some(),
        risks: vec![Risk {
            risk: "some".to_owned(),
            mitigation: "some".to_owned(),
        }],
        test_hooks: some(),
        timebox: Some(Timebox::S),
        priority: Some(Priority::High),
        checks: vec![check],
        ..Intake::default()
    };
    serde_json::to_value(intake).unwrap()
}

/// A repository with a sum that is wrong, a task to mend it, and a work tree for an agent.
pub(crate) struct Bench {
    pub(crate) workspace: Workspace,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let workspace = Workspace::repository();
        workspace.write("adjutant.toml", POLICY);
        workspace.write("sum.sh", "echo 3\n");
        workspace.write(
            "run-tests.sh",
            "for test in tests/*.sh; do sh \"$test\" || exit 1; done\n",
        );
        workspace.write("tests/begin.sh", "true\n");
        workspace.git(&["add", "-A"]);
        workspace.git(&["commit", "-q", "-m", "The sum"]);
        workspace.git(&["worktree", "add", "-q", "-b", "work", "agent"]);
        let bench = Self { workspace };
        bench.file(&intake());
        bench
    }

    /// Files a task.
    pub(crate) fn file(&self, intake: &Value) {
        let adding = ["task", "add", "--from", "-"];
        let mut filing = program::command(PROGRAM, self.workspace.path(), &adding)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = filing.stdin.take().unwrap();
        writeln!(input, "{intake}").unwrap();
        drop(input);
        assert!(filing.wait().unwrap().success());
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.workspace.path().join("agent")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = program::command(PROGRAM, self.workspace.path(), arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The agent's work: the sum is right, and a test says so.
    pub(crate) fn mend(&self) -> String {
        self.workspace.write("agent/sum.sh", "echo 4\n");
        self.workspace
            .write("agent/tests/sum.sh", "test \"$(sh sum.sh)\" = 4\n");
        self.workspace.git(&["-C", "agent", "add", "-A"]);
        self.workspace
            .git(&["-C", "agent", "commit", "-q", "-m", "Mend the sum"]);
        self.workspace.git(&["-C", "agent", "rev-parse", "HEAD"])
    }
}

/// A running `adjutant mcp`.
pub(crate) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    calls: u64,
}

impl Session {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut all = vec!["mcp"];
        all.extend(arguments);
        let mut child = program::command(PROGRAM, folder, &all)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            calls: 0,
        }
    }

    /// With the handshake of 2025-11-25.
    pub(crate) fn greeted(folder: &Path, arguments: &[&str]) -> Self {
        let mut session = Self::start(folder, arguments);
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let greeted = session.ask("initialize", hello);
        assert_eq!(greeted["result"]["protocolVersion"], "2025-11-25");
        let noted = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        session.send(noted.to_string().as_bytes());
        session
    }

    fn send(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send(message.to_string().as_bytes());
        let answer = self.hear();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask("tools/call", params)["result"].take()
    }

    /// What a tool answers as JSON, which it must.
    #[track_caller]
    pub(crate) fn told(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], false, "{tool}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        serde_json::from_str(text).unwrap()
    }

    /// Why a tool refuses, in words.
    #[track_caller]
    pub(crate) fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Ends the input; the server ends by itself.
    fn end(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn an_agents_day_from_claim_over_evidence_to_proof() {
    let bench = Bench::new();
    let mut agent = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let before = agent.told("now", json!({}));
    assert_eq!(before["agent"], "ada");
    assert_eq!(before["claims"], json!([]));
    assert!(before["focus"].as_str().unwrap().contains("Mend the sum"));

    let won = agent.told("claim", json!({}));
    assert_eq!((&won["task"], &won["epoch"]), (&json!("T-1"), &json!(1)));
    let now = agent.told("now", json!({}));
    assert_eq!(now["claims"][0]["task"], "T-1");
    assert!(now["claims"][0]["seconds_left"].as_i64().unwrap() > 0);
    let renewed = agent.told("heartbeat", json!({ "lease_seconds": 1800 }));
    assert_eq!(renewed["renewed"], true);

    std::fs::write(bench.tree().join("latency.csv"), latencies(1_000, 1, 1.0)).unwrap();
    let evidence = json!({ "file": "latency.csv", "subject": "candidate", "run": "run_1" });
    let stored = agent.told("submit_evidence", evidence);
    assert_eq!(stored[0]["subject"], "candidate");
    std::fs::remove_file(bench.tree().join("latency.csv")).unwrap();

    assert_eq!(agent.told("conflicts", json!({}))["conflicts"], json!([]));
    let commit = bench.mend();
    let proven = agent.told("complete", json!({ "commit": commit }));
    assert_eq!(
        (&proven["task"], &proven["weaker"]),
        (&json!("T-1"), &json!(false))
    );
    assert_eq!(agent.told("now", json!({}))["claims"], json!([]));
    agent.end();
    let shown: Value =
        serde_json::from_str(&bench.run(&["task", "show", "T-1", "--format", "json"])).unwrap();
    assert_eq!(shown["state"], "proven");
    assert!(
        bench
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[test]
fn a_refusal_is_a_tool_error_that_says_what_to_do_next() {
    let bench = Bench::new();
    let mut ada = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let mut bo = Session::greeted(bench.workspace.path(), &["--agent", "bo"]);
    ada.told("claim", json!({}));
    let held = bo.call("claim", json!({ "task": "T-1" }));
    assert_eq!(held["isError"], true);
    assert_eq!(held["structuredContent"]["refused"]["reason"], "held");
    let told = held["content"][0]["text"].as_str().unwrap();
    assert!(told.starts_with("refused: T-1 is held by ada"), "{told}");
    assert!(told.contains("\nnext: Take another"), "{told}");

    let stale = bo.refused("heartbeat", json!({ "task": "T-1", "epoch": 1 }));
    assert!(
        stale.starts_with("refused: the lease on T-1 was lost"),
        "{stale}"
    );
    let unsaid = bo.refused("complete", json!({}));
    assert!(unsaid.contains("which claim is meant"), "{unsaid}");
    let wrong = bo.refused("heartbeat", json!({ "task": 7 }));
    assert!(wrong.contains("arguments cannot be read"), "{wrong}");
    let none = bo.refused("report", json!({ "gate": "merge" }));
    assert!(none.contains("NO DATA AVAILABLE"), "{none}");
    let vote = bo.refused("vote", json!({ "about": "candidate" }));
    assert!(vote.contains("for which role"), "{vote}");

    let mut nobody = Session::greeted(bench.workspace.path(), &[]);
    let unnamed = nobody.refused("now", json!({}));
    assert!(unnamed.contains("which agent works here"), "{unnamed}");
    assert!(nobody.told("gate_status", json!({})).is_array());
}

#[test]
fn a_stateless_client_of_2026_07_28_needs_no_handshake() {
    let bench = Bench::new();
    let mut session = Session::start(&bench.tree(), &["--agent", "ada"]);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let found = session.ask("server/discover", json!({ "_meta": meta }));
    assert_eq!(
        found["result"]["supportedVersions"],
        json!(["2025-11-25", "2026-07-28"])
    );
    let asked = json!({ "_meta": meta, "name": "claim", "arguments": {} });
    let won = session.ask("tools/call", asked);
    assert_eq!(won["result"]["resultType"], "complete", "{won}");
    let other = json!({ "_meta": {
        "io.modelcontextprotocol/protocolVersion": "1999-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    } });
    assert_eq!(session.ask("tools/list", other)["error"]["code"], -32022);
    session.end();
}

#[test]
fn what_cannot_be_read_gets_an_error_and_the_server_lives_on() {
    let bench = Bench::new();
    let mut session = Session::start(&bench.tree(), &["--agent", "ada"]);
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let long = [b"\"".to_vec(), vec![b'x'; 17 << 20], b"\"".to_vec()].concat();
    for (line, code) in [
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"me".to_vec(), -32700),
        (b"\xff\xfe\x00".to_vec(), -32700),
        (deep, -32700),
        (long, -32600),
        (b"[]".to_vec(), -32600),
        (b"7".to_vec(), -32600),
        (
            b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}".to_vec(),
            -32600,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}".to_vec(),
            -32600,
        ),
    ] {
        session.send(&line);
        let answer = session.hear();
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
        assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
    }
    for (method, params, code) in [
        ("tools/burn", json!({}), -32601),
        ("tools/call", json!({ "name": 7 }), -32602),
        ("tools/call", json!({ "name": "burn" }), -32602),
        (
            "tools/call",
            json!({ "name": "now", "arguments": [] }),
            -32602,
        ),
        ("initialize", json!({ "protocolVersion": 1 }), -32602),
    ] {
        let answer = session.ask(method, params);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
    assert!(session.ask("tools/list", json!({}))["result"]["tools"].is_array());
    session.end();
}

#[test]
fn the_tools_are_those_of_the_stored_list() {
    let bench = Bench::new();
    let mut session = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let lines: Vec<String> = tools.iter().map(Value::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn tasks_evidence_reports_and_the_focus_are_read_by_their_addresses() {
    let bench = Bench::new();
    bench
        .workspace
        .write("candidate.csv", latencies(1_000, 1, 1.0));
    bench
        .workspace
        .write("baseline.csv", latencies(1_000, 2, 1.0));
    bench.run(&[
        "gate",
        "smoke",
        "--evidence",
        "candidate=candidate.csv",
        "--evidence",
        "baseline=baseline.csv",
    ]);
    let mut session = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let templates = session.ask("resources/templates/list", json!({}));
    let templates = &templates["result"]["resourceTemplates"];
    assert_eq!(templates[0]["uriTemplate"], "adjutant://tasks/{task}");
    let mut read = |address: &str| {
        let answer = session.ask("resources/read", json!({ "uri": address }));
        let contents = &answer["result"]["contents"][0];
        let text = contents["text"].as_str().unwrap_or_default().to_owned();
        (text, contents["mimeType"].clone(), answer["error"].clone())
    };
    let (task, media, _) = read("adjutant://tasks/T-1");
    assert_eq!(media, "application/json");
    let shown = bench.run(&["task", "show", "T-1", "--format", "json"]);
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&task), parsed(&shown));
    assert_eq!(parsed(&read("adjutant://tasks").0)["tasks"][0]["id"], "T-1");
    assert!(read("adjutant://focus").0.starts_with("# AGENT_FOCUS: ada"));
    let (report, media, _) = read("adjutant://reports/smoke");
    assert_eq!(media, "text/markdown");
    assert!(report.contains("gate `smoke`"), "{report}");
    for (address, code) in [
        ("adjutant://tasks/T-99", -32002),
        ("adjutant://tasks/seventeen", -32602),
        ("adjutant://evidence/none", -32002),
        ("adjutant://reports/release", -32002),
        ("file:///etc/passwd", -32002),
    ] {
        assert_eq!(read(address).2["code"], code, "{address}");
    }
}

#[test]
fn each_role_has_a_prompt() {
    let bench = Bench::new();
    let mut session = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let listed = session.ask("prompts/list", json!({}));
    let prompts = listed["result"]["prompts"].as_array().unwrap();
    assert_eq!(prompts.len(), 8);
    for prompt in prompts {
        let told = session.ask("prompts/get", json!({ "name": prompt["name"] }));
        let text = told["result"]["messages"][0]["content"]["text"].as_str();
        assert!(text.unwrap().contains("now, then claim"), "{told}");
    }
    let unknown = session.ask("prompts/get", json!({ "name": "king" }));
    assert_eq!(unknown["error"]["code"], -32602);
}
