//! Requests that no client would send, thousands of them: valid ones whose bytes were changed, over
//! HTTP and over MCP. Nothing breaks, and the next good request is answered.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use adjutant_testkit::night::figure;
use adjutant_testkit::program;
use serde_json::{Value, json};

use crate::http_server::{Answered, Served};
use crate::mcp::{Bench, intake};

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// How long an answer to noise is waited for, until it is seen that none comes.
const SILENCE: Duration = Duration::from_millis(400);

/// Memory that the noise may leave behind.
const GROWTH_MAX: u64 = 50 << 20;

/// What parsers stumble over.
const STUMBLES: [&[u8]; 24] = [
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\xff\xfe",
    b"\xc0\xae",
    b"\xed\xa0\x80",
    br"\ud800",
    br"\u0000",
    b"%00",
    b"%",
    b"%2e%2e%2f",
    b"-1",
    b"9223372036854775808",
    b"1e309",
    b"NaN",
    b"null",
    b"{",
    b"[[[[[[[[",
    b"\"",
    b"--upload-pack=x",
    b"\x1b]0;x\x07",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 0\r\n",
];

/// The same noise from the same seed (SplitMix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Some changes of some bytes.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(24)).min(bytes.len());
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] = self.next() as u8,
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
                3 => bytes.truncate(at),
                _ => {
                    let stumble = *self.pick(&STUMBLES);
                    drop(bytes.splice(at..at, stumble.iter().copied()));
                }
            }
        }
    }
}

/// A request as it is written on the line.
fn request(served: &Served, method: &str, path: &str, body: Option<&str>) -> Vec<u8> {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
        served.address, served.admin
    );
    if let Some(body) = body {
        text.push_str(&format!(
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             Idempotency-Key: k-1\r\nContent-Length: {}\r\n",
            body.len()
        ));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// A request for each operation that answers at once, with a body of its shape where one is known.
fn requests(served: &Served) -> Vec<Vec<u8>> {
    let document = served.at("/api/v1/openapi.json").expect(200).json();
    let mut requests = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        // A stream, and what computes for seconds.
        if ["/events", "/doctor", "/self-test"]
            .iter()
            .any(|slow| path.ends_with(slow))
        {
            continue;
        }
        let place = path
            .replace("{task}", "T-1")
            .replace("{gate}", "release")
            .replace("{service}", "search")
            .replace("{digest}", &"0".repeat(64))
            .replace("{record}", &"0".repeat(64))
            .replace("{incident}", "search:1")
            .replace("{format}", "json")
            .replace("{which}", "run_1")
            .replace("{role}", "qa-evals-docs")
            .replace("{vote}", "1")
            .replace("{hook}", "rollout");
        for (method, _) in methods.as_object().unwrap() {
            let body = (method == "post").then(|| body_of(path).to_string());
            let asked = if body.is_none() && place.matches('/').count() == 3 {
                format!("{place}?limit=5&after=1")
            } else {
                place.clone()
            };
            let method = method.to_uppercase();
            requests.push(request(served, &method, &asked, body.as_deref()));
        }
    }
    requests
}

fn body_of(path: &str) -> Value {
    match path.rsplit('/').next().unwrap() {
        "tasks" => json!({ "intake": intake(), "draft": true }),
        "claims" => json!({ "agent": "ada", "task": "T-1", "lease_seconds": 60 }),
        "evidence" => json!({
            "name": "latency.csv", "content": "latency_ms\n1\n2\n", "subject": "candidate",
            "run": "run_1", "measure": "latency_ms",
        }),
        "votes" => json!({ "role": "qa-evals-docs", "about": "candidate", "because": "x",
            "ballot": "ABSTAIN", "evidence": ["run_1"] }),
        "decisions" => json!({ "reasons": { "p95": "known" } }),
        "notes" => json!({ "kind": "cause", "text": "the index was cold" }),
        "start" => json!({ "version": "0".repeat(64) }),
        "lift" => json!({ "version": "0".repeat(64), "because": "it was the database" }),
        "verify" => json!({ "report": "# Report\n" }),
        "complete" => json!({ "agent": "ada", "epoch": 1, "commit": "0".repeat(40) }),
        "release" => json!({ "agent": "ada", "epoch": 1, "reason": "x" }),
        "renew" => json!({ "agent": "ada", "epoch": 1 }),
        "handoff" => json!({ "agent": "ada", "epoch": 1, "to": "executive", "state": "x",
            "next_command": "x", "open_risks": ["none"], "unproven_claims": ["none"] }),
        "{hook}" => json!({ "name": "c", "namespace": "n", "phase": "p",
            "metadata": { "gate": "release", "maxAge": "15m" } }),
        _ => json!({ "because": "x" }),
    }
}

/// The messages of an agent's day.
fn messages() -> Vec<Vec<u8>> {
    let call = |tool: &str, arguments: Value| {
        asked(
            "tools/call",
            &json!({ "name": tool, "arguments": arguments }),
        )
    };
    let held = |more: Value| {
        let mut all = json!({ "task": "T-1", "epoch": 1 });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    [
        asked(
            "initialize",
            &json!({ "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": { "name": "noise", "version": "1" } }),
        ),
        asked("tools/list", &json!({})),
        asked("resources/list", &json!({})),
        asked("resources/read", &json!({ "uri": "adjutant://tasks/T-1" })),
        asked("prompts/get", &json!({ "name": "qa-evals-docs" })),
        call("now", json!({ "max_tokens": 500 })),
        call("claim", json!({ "task": "T-1" })),
        call("heartbeat", held(json!({}))),
        call("complete", held(json!({ "commit": "0".repeat(40) }))),
        call(
            "hand_off",
            held(
                json!({ "to": "executive", "state": "x", "next_command": "x",
                "open_risks": ["none"], "unproven_claims": ["none"], "paths": ["a/**"] }),
            ),
        ),
        call(
            "submit_evidence",
            json!({ "name": "latency.csv", "content": "latency_ms\n1\n", "run": "run_1" }),
        ),
        call("gate_status", json!({ "gate": "release" })),
        call(
            "vote",
            json!({ "about": "candidate", "ballot": "ABSTAIN", "because": "x" }),
        ),
        call("report", json!({ "gate": "release" })),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!([{ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }]),
    ]
    .iter()
    .map(|message| message.to_string().into_bytes())
    .collect()
}

fn asked(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// Everything that the server says to some bytes. Where it waits for more, it is told that nothing
/// follows.
fn answers(served: &Served, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut answer = Vec::new();
    match stream.write_all(bytes) {
        Ok(()) => {}
        // It refused the head and closed before it was sent the rest.
        Err(error) => assert!(is_closed(&error), "{error}"),
    }
    let mut part = [0; 8_192];
    let mut is_told = false;
    loop {
        match stream.read(&mut part) {
            Ok(0) => return answer,
            Ok(read) => answer.extend(&part[..read]),
            Err(error) if is_closed(&error) => return answer,
            Err(error) => {
                let is_silent = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(is_silent, "{error}");
                if is_told {
                    return answer;
                }
                is_told = true;
                match stream.shutdown(Shutdown::Write) {
                    Ok(()) => {}
                    Err(error) => {
                        assert!(is_closed(&error) || error.kind() == ErrorKind::NotConnected);
                    }
                }
            }
        }
    }
}

fn is_closed(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}

/// The first status of an answer; `None` where the connection was closed without one.
#[track_caller]
fn expect_no_failure(sent: &[u8], answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer);
    let statuses: Vec<u16> = text
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|answer| answer.get(..3)?.parse().ok())
        .collect();
    for status in &statuses {
        assert!(
            *status < 500 || matches!(status, 503 | 507),
            "{}\n--- was answered\n{text}",
            String::from_utf8_lossy(sent)
        );
    }
    statuses.first().copied()
}

/// Sends noise from several connections at once, and gives how often each status came.
fn send_noise(served: &Served, of: &[Vec<u8>], count: u32) -> std::collections::BTreeMap<u16, u32> {
    const CONNECTIONS: u32 = 8;
    let mut seen = std::collections::BTreeMap::new();
    std::thread::scope(|scope| {
        let sending: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                scope.spawn(move || {
                    let mut noise = Noise(u64::from(connection));
                    let mut statuses = Vec::new();
                    for _ in 0..count / CONNECTIONS {
                        let mut bytes = noise.pick(of).clone();
                        noise.change(&mut bytes);
                        let answer = answers(served, &bytes);
                        statuses.push(expect_no_failure(&bytes, &answer).unwrap_or(0));
                    }
                    statuses
                })
            })
            .collect();
        for statuses in sending {
            for status in statuses.join().unwrap() {
                *seen.entry(status).or_insert(0) += 1;
            }
        }
    });
    seen
}

/// Sends noise, then says what came of it: nothing broke, and no memory was kept.
#[allow(clippy::print_stderr, reason = "the night tells its figures")]
fn stands(served: Served, of: &[Vec<u8>], what: &str) {
    let count = figure(2_000, 10_000);
    send_noise(&served, of, count / 10);
    let before = served.resident_bytes();
    let seen = send_noise(&served, of, count);
    let growth = served.resident_bytes().saturating_sub(before);
    eprintln!(
        "{what}: {count} inputs, {seen:?}, {} KiB more",
        growth >> 10
    );
    assert!(growth < GROWTH_MAX, "{growth} bytes more");
    served.get("/tasks").expect(200);
    let verified = served.run(&["journal", "verify"]);
    assert!(verified.starts_with("the journal holds"), "{verified}");
    let told = served.end();
    assert!(!told.contains("panicked"), "{told}");
}

#[test]
fn noise_over_http_breaks_nothing() {
    let served = Served::start_in(Bench::new().workspace, &[]);
    let requests = requests(&served);
    for good in &requests {
        expect_no_failure(good, &answers(&served, good));
    }
    stands(served, &requests, "HTTP");
}

#[test]
fn noise_in_the_messages_of_mcp_breaks_nothing_over_http() {
    let served = Served::start_in(Bench::new().workspace, &[]);
    let secret = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    let mut noise = Noise(7);
    let mut requests = Vec::new();
    for message in messages() {
        for _ in 0..50 {
            let mut body = message.clone();
            noise.change(&mut body);
            let mut bytes = format!(
                "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {secret}\r\n\
                 Connection: close\r\nContent-Type: application/json\r\n\
                 Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n",
                served.address,
                body.len()
            )
            .into_bytes();
            bytes.extend(body);
            let answer = answers(&served, &bytes);
            expect_no_failure(&bytes, &answer);
            assert_no_internal_error(&bytes, &String::from_utf8_lossy(&answer));
            requests.push(bytes);
        }
    }
    stands(served, &requests, "MCP over HTTP");
}

#[track_caller]
fn assert_no_internal_error(sent: &[u8], answer: &str) {
    assert!(
        !answer.contains("-32603"),
        "{}\n--- was answered\n{answer}",
        String::from_utf8_lossy(sent)
    );
}

/// Each line that a server writes.
fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (told, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            // Whoever listened may be gone.
            match line.map(|line| told.send(line)) {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    });
    lines
}

/// Sends a good request, and hears everything up to its answer.
#[track_caller]
fn answered(input: &mut ChildStdin, lines: &Receiver<String>, sent: &[u8], id: u32) {
    let good = json!({ "jsonrpc": "2.0", "id": format!("good-{id}"), "method": "tools/list",
        "params": {} });
    writeln!(input, "\n{good}").unwrap();
    loop {
        let line = lines
            .recv_timeout(Duration::from_secs(60))
            .unwrap_or_else(|error| panic!("{error} after\n{}", String::from_utf8_lossy(sent)));
        assert_no_internal_error(sent, &line);
        if line.contains(&format!("\"good-{id}\"")) {
            return;
        }
    }
}

#[test]
fn noise_in_the_messages_of_mcp_breaks_nothing_over_standard_streams() {
    const AT_ONCE: u32 = 40;
    let bench = Bench::new();
    let arguments = ["mcp", "--agent", "ada", "--role", "qa-evals-docs"];
    let mut server = program::command(PROGRAM, &bench.tree(), &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let lines = lines_of(server.stdout.take().unwrap());
    let said = lines_of(server.stderr.take().unwrap());
    let messages = messages();
    let mut noise = Noise(11);
    let count = figure(2_000, 10_000);
    for batch in 0..count / AT_ONCE {
        let mut sent = Vec::new();
        for _ in 0..AT_ONCE {
            let mut message = noise.pick(&messages).clone();
            noise.change(&mut message);
            sent.extend(message);
            sent.push(b'\n');
        }
        input.write_all(&sent).unwrap();
        answered(&mut input, &lines, &sent, batch);
    }
    drop(input);
    assert!(server.wait().unwrap().success());
    let said: Vec<String> = said.iter().collect();
    assert!(
        !said.iter().any(|line| line.contains("panicked")),
        "{said:?}"
    );
}

/// What a terminal shows of a command, by a terminal of the system's `script`.
#[allow(clippy::disallowed_methods, reason = "script is a process of its own")]
fn shown_on_a_terminal(folder: &std::path::Path, arguments: &[&str]) -> String {
    let line = format!("'{PROGRAM}' {}", arguments.join(" "));
    let output = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_title_steers_no_terminal() {
    let bench = Bench::new();
    for (at, evil) in [
        "\x1b]0;owned\x07",
        "\x1b]52;c;cm0gLXJm\x07",
        "\x1b[2J\x1b[H",
        "\x1b[8mhidden",
        "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
        "\u{9b}31m",
        "\rgone",
        "\x7f\x08\x08",
        "\u{202e}desrever",
    ]
    .into_iter()
    .enumerate()
    {
        let mut intake = intake();
        for field in ["title", "goal", "context"] {
            intake[field] = json!(format!("evil-{at} {evil}"));
        }
        bench.file(&intake);
        let task = format!("T-{}", at + 2);
        for arguments in [
            vec!["task", "list"],
            vec!["task", "show", &task],
            vec!["journal", "verify"],
        ] {
            let told = shown_on_a_terminal(bench.workspace.path(), &arguments);
            let mut rest = told.replace("\r\n", "\n");
            for ink in [
                "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m",
            ] {
                rest = rest.replace(ink, "");
            }
            let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
            assert!(!rest.contains(steers), "{arguments:?}: {told:?}");
            if arguments[1] == "show" {
                assert!(told.contains(&format!("evil-{at}")), "{told}");
            }
        }
    }
}

/// A text that JSON allows and that no encoding of Unicode has.
const LONE: &str = r"\ud800";

#[test]
fn every_text_field_takes_or_refuses_a_nul_a_lone_surrogate_and_ten_megabytes() {
    let served = Served::start_in(Bench::new().workspace, &[]);
    let document = served.at("/api/v1/openapi.json").expect(200).json();
    let long = "x".repeat(10_000_000);
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods.get("post").is_none() {
            continue;
        }
        let body = body_of(path);
        let place = path
            .replace("{task}", "T-1")
            .replace("{hook}", "rollout")
            .replace("{incident}", "search:1")
            .replace(['{', '}'], "");
        for (at, pointer) in texts_of(&body, String::new()).into_iter().enumerate() {
            let mut texts = vec![("NUL", "a\\u0000b"), ("surrogate", LONE)];
            // Each takes a while: by night every field, otherwise one of each operation.
            if at < figure(1, 1_000) as usize {
                texts.push(("long", &long));
            }
            for (what, text) in texts {
                let mut marked = body.clone();
                *marked.pointer_mut(&pointer).unwrap() = json!("@@");
                let sent = marked.to_string().replace("@@", text);
                let bytes = request(&served, "POST", &place, Some(&sent.clone()));
                let key = b"Idempotency-Key: k-1\r\n";
                let at = bytes
                    .windows(key.len())
                    .position(|part| part == key)
                    .unwrap();
                let bytes = [&bytes[..at], &bytes[at + key.len()..]].concat();
                let answer = Answered::to(served.address, &bytes).unwrap();
                assert!(
                    answer.status < 500,
                    "{path} {pointer} {what}: {} {}",
                    answer.status,
                    answer.body.get(..500).unwrap_or(&answer.body)
                );
                if what == "surrogate" {
                    answer.expect(400);
                }
            }
        }
    }
    served.get("/tasks").expect(200);
    assert!(!served.end().contains("panicked"));
}

/// Where a value holds texts.
fn texts_of(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![at],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| texts_of(item, format!("{at}/{index}")))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| texts_of(field, format!("{at}/{name}")))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}
