//! Whole rollouts: the real controller, the real proxy, real processes, real requests.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http_server::Served;
use crate::stage::{POLICY, Stage};

/// A version that does `before` each answer, answers `body`, and fails this share of requests.
pub(crate) fn version(name: &str, before: &str, body: &str, failing: f64) -> String {
    format!(
        r#"#!/usr/bin/env python3
# {name}
import http.server, os, random, socketserver, sys, time
asked = 0
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # An answer is sent whole, or not at all when the version ends.
    def do_GET(self):
        global asked
        is_user = self.path != "/healthz"
        asked += is_user
        if is_user:
            {before}
        body = b'{body}'
        self.send_response(500 if is_user and random.random() < {failing} else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
Server(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"#
    )
}

pub(crate) fn healthy(name: &str) -> String {
    version(name, "pass", BODY, 0.0)
}

pub(crate) const BODY: &str = r#"{"price": 3, "unit": "EUR"}"#;

/// A version whose program says why, and ends.
const BROKEN: &str = "#!/bin/sh\nprintf 'no\\033[2Jdatabase at 10.0.0.9\\n' >&2\nexit 3\n";

/// A service with its plan, and clients that ask it.
pub(crate) struct Service {
    pub(crate) stage: Stage,
    pub(crate) port: u16,
}

impl Service {
    pub(crate) fn new(steps: &str) -> Self {
        let stage = Stage::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let service = Self { stage, port };
        service.plan(&format!("canary]\nsteps = [{steps}]"));
        let workspace = &service.stage.workspace;
        workspace.write("one", healthy("one"));
        workspace.write("two", healthy("two"));
        workspace.write("bad", version("bad", "pass", BODY, 0.9));
        service
    }

    /// The plan of the rollouts that begin from now on.
    pub(crate) fn plan(&self, strategy: &str) {
        let port = self.port;
        let plan = format!(
            r#"
[rollout.search]
requestsMin = 40
deadline = "30s"
[rollout.search.strategy.{strategy}
[rollout.search.templates.answers]
requests = 60
looks = 1
metrics = [{{ name = "answers", measure = "disagreements", limit = "10 %" }}]
[rollout.search.monitor]
metrics = [
    {{ name = "errors", measure = "errors", margin = "2 points", detects = "50 points" }},
    {{ name = "p95", measure = "latency", quantile = 0.95, margin = "900 %", detects = "9000 %" }},
    {{ name = "failing", measure = "errors", limit = "30 %", detects = "60 points" }},
]
[rollout.search.recovery]
tick = "50ms"
requestTimeout = "2s"
[rollout.search.service]
command = ["{{artifact}}", "{{port}}"]
health = "/healthz"
healthEvery = "100ms"
startWithin = "30s"
drain = "1s"
[rollout.search.service.traffic]
listen = "127.0.0.1:{port}"
mirrorAllow = ["GET /*"]
"#
        );
        self.stage.workspace.write("adjutant.toml", plan);
    }

    /// The same service, and a gate that two CSV files can answer.
    pub(crate) fn with_gate(steps: &str) -> Self {
        let service = Self::new(steps);
        let settings = service.stage.path().join("adjutant.toml");
        let plan = std::fs::read_to_string(settings).unwrap();
        let plan = plan.replacen(
            "[rollout.search]\n",
            "[rollout.search]\ngate = \"smoke\"\n",
            1,
        );
        service
            .stage
            .workspace
            .write("adjutant.toml", plan + POLICY);
        service
    }

    pub(crate) fn start(&self, artifact: &str) -> i32 {
        let output = self
            .stage
            .run(&["rollout", "start", "search", "--artifact", artifact]);
        let code = output.status.code().unwrap();
        assert!(code != 1 && code != 2, "{output:?}");
        code
    }

    pub(crate) fn status(&self) -> Value {
        let status = self
            .stage
            .answer(0, &["rollout", "status", "search", "--format", "json"]);
        serde_json::from_str(&status).unwrap()
    }

    pub(crate) fn history(&self) -> Vec<Value> {
        let history = self
            .stage
            .answer(0, &["rollout", "history", "search", "--format", "json"]);
        serde_json::from_str(&history).unwrap()
    }

    pub(crate) fn until(&self, what: &str, is_met: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while !is_met(&self.status()) {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "not {what}: {}",
                self.status()
            );
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stage.answer(0, &["rollout", "down", "search"]);
    }
}

/// Clients that go on asking.
pub(crate) struct Clients {
    ends: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    unanswered: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    /// Each asks over one connection.
    pub(crate) fn of(service: &Service) -> Self {
        Self::asking(service, "keep-alive")
    }

    /// Each asks over a connection a request.
    pub(crate) fn fleeting(service: &Service) -> Self {
        Self::asking(service, "close")
    }

    fn asking(service: &Service, connection: &'static str) -> Self {
        let mut clients = Self {
            ends: Arc::default(),
            answered: Arc::default(),
            unanswered: Arc::default(),
            threads: Vec::new(),
        };
        for _ in 0..4 {
            let (ends, answered, unanswered, port) = (
                clients.ends.clone(),
                clients.answered.clone(),
                clients.unanswered.clone(),
                service.port,
            );
            clients.threads.push(std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    let asked = ask(port, connection, &ends, &answered);
                    if let Err(reason) = asked
                        && !ends.load(Ordering::Relaxed)
                    {
                        tell_unanswered(&reason);
                        unanswered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }));
        }
        let began = Instant::now();
        // Enough traffic for three seconds: less says nothing about what there is.
        while clients.answered.load(Ordering::Relaxed) < 200
            || began.elapsed() < Duration::from_millis(3_100)
        {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody answers");
            std::thread::yield_now();
            std::thread::sleep(Duration::from_millis(5));
        }
        clients
    }

    /// How many requests got no answer at all.
    pub(crate) fn end(self) -> u64 {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.unanswered.load(Ordering::Relaxed)
    }
}

#[allow(
    clippy::print_stderr,
    reason = "a test that fails is read by its output"
)]
fn tell_unanswered(reason: &io::Error) {
    eprintln!("a request got no answer: {reason}");
}

/// Asks over one connection for as long as it shall hold.
fn ask(port: u16, connection: &str, ends: &AtomicBool, answered: &AtomicU64) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while !ends.load(Ordering::Relaxed) {
        let request =
            format!("GET /search HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut length = None;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the connection was closed"));
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
            if line == "\r\n" {
                break;
            }
        }
        let length = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        answered.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(5));
        if connection == "close" {
            break;
        }
    }
    Ok(())
}

pub(crate) fn moves(history: &[Value]) -> Vec<&str> {
    let told = history
        .iter()
        .filter_map(|event| event["told"]["decided"]["action"].as_str());
    told.collect()
}

#[test]
fn a_good_version_gets_everything_and_a_bad_one_is_taken_back_and_blocked() {
    let service = Service::new("{ setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 0);
    let live = service.status()["desired"]["live"].clone();
    assert_eq!(
        service.start("two"),
        0,
        "what is in use already needs nothing"
    );

    assert_eq!(service.start("bad"), 30);
    let status = service.status();
    assert_eq!(
        (&status["desired"]["live"], &status["phase"]),
        (&live, &"rolled_back".into())
    );
    let history = service.history();
    let times = &history.last().unwrap()["told"]["recovered"];
    let took: i64 = ["decision_ms", "actuation_ms", "verification_ms"]
        .iter()
        .map(|part| times[part].as_i64().unwrap())
        .sum();
    assert!(took < 5_000, "{times}");
    assert_eq!(service.start("bad"), 40, "it is blocked");
    let blocked = status["desired"]["blocked"][0]["version"].as_str().unwrap();
    let lift = [
        "rollout",
        "lift",
        "search",
        blocked,
        "--because",
        "once more",
    ];
    service.stage.answer(0, &lift);
    service.stage.answer(40, &lift);
    assert_eq!(service.start("bad"), 30, "a lifted version is judged again");

    service.stage.answer(
        0,
        &["rollout", "undo", "search", "--because", "carts are empty"],
    );
    let status = service.status();
    assert_ne!(status["desired"]["live"], live);
    assert_eq!(status["desired"]["blocked"].as_array().unwrap().len(), 2);
    assert_eq!(clients.end(), 0, "every request got an answer");
    service.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn over_http_an_incident_is_noted_a_block_lifted_and_a_version_started() {
    let service = Service::new("{ setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("bad"), 30);
    let served = Served::beside(&service.stage.workspace);
    let blocked = service.status()["desired"]["blocked"][0]["version"].clone();
    let version = json!({"version": blocked});
    let start = |body: &Value| served.post("/rollouts/search/start", body);
    let refused = start(&version).expect(409).json();
    let told = refused["detail"].as_str().unwrap();
    assert!(told.contains("was taken back by"), "{told}");

    let incidents = served.get("/incidents").expect(200).json();
    let incident = incidents[0]["id"].as_str().unwrap();
    let path = format!("/incidents/{incident}/notes");
    for (kind, text) in [("cause", "the index was cold"), ("action", "warm it")] {
        let note = json!({"kind": kind, "text": text});
        let noted = served.post(&path, &note).expect(201).json();
        assert_eq!(noted["task"].is_string(), kind == "action", "{noted}");
    }
    let empty = json!({"kind": "note", "text": " "});
    served.post(&path, &empty).expect(400);
    let other = json!({"kind": "note", "text": "x"});
    served
        .post("/incidents/search:9999/notes", &other)
        .expect(404);
    let told = service.stage.answer(0, &["incident", "show", incident]);
    assert!(told.contains("the index was cold"), "{told}");

    let lift = json!({"version": blocked, "because": "it was the database"});
    served.post("/rollouts/search/lift", &lift).expect(200);
    assert_eq!(start(&version).expect(200).json()["outcome"], "started");
    // Whoever is quicker, a controller of the server or this one: it is judged again.
    service.stage.answer(30, &["rollout", "run", "search"]);
    let live = json!({"version": service.status()["desired"]["live"]});
    assert_eq!(start(&live).expect(200).json()["outcome"], "live");
    start(&json!({"version": "0".repeat(64)})).expect(404);
    start(&json!({})).expect(400);
    start(&json!({"image": "search:2"})).expect(400);
    clients.end();
}

#[test]
fn a_first_version_that_ends_again_and_again_is_told_and_a_mended_one_takes_its_place() {
    let service = Service::new("{ setWeight = 50 }");
    service.stage.workspace.write("broken", BROKEN);
    let start = ["rollout", "start", "search", "--artifact", "broken"];
    let output = service.stage.run(&start);
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    for words in [
        "ends again and again: it ended with code 3; it printed last: no [2Jdatabase at 10.0.0.9",
        "adjutant rollout run search tries on",
    ] {
        assert!(told.contains(words), "{told}");
    }

    assert_eq!(
        service.start("one"),
        0,
        "nobody was served: it is the first"
    );
    let clients = Clients::of(&service);
    assert_eq!(
        service.start("broken"),
        30,
        "the first one is judged by now"
    );
    assert_eq!(clients.end(), 0, "every request got an answer");
}

#[test]
fn a_first_version_that_never_answers_is_waited_for_until_the_deadline() {
    let service = Service::new("{ setWeight = 50 }");
    let settings = service.stage.path().join("adjutant.toml");
    let plan = std::fs::read_to_string(&settings).unwrap();
    let plan = plan.replace("deadline = \"30s\"", "deadline = \"2s\"");
    std::fs::write(&settings, plan).unwrap();
    let deaf = "#!/bin/sh\necho 'waiting for a database'\nexec sleep 600\n";
    service.stage.workspace.write("deaf", deaf);
    let start = ["rollout", "start", "search", "--artifact", "deaf"];
    let output = service.stage.run(&start);
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    let words = "s; it printed last: waiting for a database";
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_proxy_whose_address_is_taken_is_told() {
    let service = Service::new("{ setWeight = 50 }");
    let _taken = TcpListener::bind(("127.0.0.1", service.port)).unwrap();
    let start = ["rollout", "start", "search", "--artifact", "one"];
    let output = service.stage.run(&start);
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    let words = "what takes the requests ends again and again";
    assert!(told.contains(words), "{told}");
}

#[test]
fn no_traffic_holds_the_weight_and_then_waits_for_a_person() {
    let service = Service::new("{ setWeight = 50 }");
    let plan = std::fs::read_to_string(service.stage.path().join("adjutant.toml")).unwrap();
    let hurried = plan.replace("deadline = \"30s\"", "deadline = \"3s\"");
    service.stage.workspace.write(
        "adjutant.toml",
        hurried.replace("requestsMin = 40", "requestsMin = 5000000"),
    );
    assert_eq!(service.start("one"), 0);
    assert_eq!(
        service.start("two"),
        20,
        "no traffic says nothing about a recovery"
    );
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 20);
    clients.end();
    let status = service.status();
    assert_eq!(status["phase"], "paused_to_fix");
    assert_eq!(status["desired"]["exposure"]["weight"], 5_000);
    assert_eq!(status["desired"]["blocked"].as_array().unwrap().len(), 0);
    let abort = ["rollout", "abort", "search", "--because", "nobody comes"];
    service.stage.answer(0, &abort);
    service.stage.answer(40, &abort);
    assert_eq!(service.status()["desired"]["exposure"]["weight"], 0);
}

#[test]
fn a_person_can_hold_a_rollout_and_send_it_on_from_another_terminal() {
    let service = Service::new("{ setWeight = 50 }, { pause = {} }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let start = ["rollout", "start", "search", "--artifact", "two"];
    let mut controller = service
        .stage
        .command(&start)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    service.until("at the pause", |status| status["state"]["step"] == 2);
    for (order, phase) in [("pause", "paused"), ("resume", "progressing")] {
        service
            .stage
            .answer(0, &["rollout", order, "search", "--because", "lunch"]);
        assert_eq!(service.status()["phase"], phase);
    }
    service.stage.answer(
        0,
        &["rollout", "promote", "search", "--because", "seen enough"],
    );
    assert!(controller.wait().unwrap().success());
    assert_eq!(service.status()["phase"], "completed");
    assert_eq!(clients.end(), 0);
}

#[test]
fn a_plan_whose_worst_case_takes_too_long_does_not_start() {
    let service = Service::new("{ setWeight = 0.01 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 40);
    let plan = service.stage.run(&["rollout", "plan", "search"]);
    assert_eq!(plan.status.code(), Some(40));
    let told = String::from_utf8(plan.stdout).unwrap();
    assert!(told.contains("is more than 120 s"), "{told}");
    assert_eq!(service.history().len(), 1, "nothing changed");
    clients.end();
}

#[test]
fn an_image_is_refused_where_the_service_runs_on_this_machine() {
    let service = Service::new("{ setWeight = 50 }");
    let start = ["rollout", "start", "search", "--image", "search:2"];
    let output = service.stage.run(&start);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("which starts no image"), "{told}");
    assert!(told.contains("--artifact FILE"), "{told}");
}

#[test]
fn planted_faults_are_taken_back_before_they_reach_everybody() {
    let service = Service::new(
        "{ setMirrorRoute = {} }, { analysis = { templates = [{ templateName = \"answers\" }] } }, \
         { setWeight = 50 }",
    );
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let live = service.status()["desired"]["live"].clone();
    let dropped = r#"{"price": 3, "unid": "EUR"}"#;
    for (fault, text) in [
        ("it ends at once", "#!/bin/sh\nexit 3\n".to_owned()),
        ("it hangs", version("hang", "time.sleep(60)", BODY, 0.0)),
        (
            "it is killed",
            version("leak", "asked > 60 and os.kill(os.getpid(), 9)", BODY, 0.0),
        ),
        ("it drops a field", version("field", "pass", dropped, 0.0)),
        ("it fails", version("fails", "pass", BODY, 0.5)),
    ] {
        service.stage.workspace.write("faulty", text);
        assert_eq!(service.start("faulty"), 30, "{fault}");
        let status = service.status();
        assert_eq!(status["desired"]["live"], live, "{fault}");
        assert_eq!(status["desired"]["candidate"], Value::Null, "{fault}");
    }
    assert_eq!(clients.end(), 0);
}
