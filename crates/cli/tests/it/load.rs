//! Load that goes on (T14), and more of it than can be answered (T15).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use adjutant_testkit::night::figure;
use serde_json::{Value, json};

use crate::http_server::{Served, Server};

const CLIENTS: usize = 64;

/// How many times as many are too much: together with slow ones, all connections that a server has.
const TIMES: usize = 14;
const SUBSCRIBERS: usize = 200;
const REQUESTS_A_SECOND: u32 = 200;

/// More than the clients hold at once.
const TASKS: usize = 300;

/// The write-ahead log of SQLite.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// What tells the subscribers that it is over.
const LAST: &str = "the last task";

/// A connection that is kept.
struct Line {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Line {
    fn to(server: &Server) -> Self {
        Self {
            stream: BufReader::new(server.connect()),
            head: format!(
                "Host: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
                server.address, server.admin
            ),
        }
    }

    /// The status and the answer; an error when the server ended the connection.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok((status, serde_json::from_slice(&answer).unwrap()))
    }

    fn expect(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, &body.to_string()).unwrap();
        assert!(matches!(status, 200 | 201), "{path}: {status} {answer}");
        answer
    }
}

fn draft(title: &str) -> Value {
    json!({ "draft": true, "intake": { "title": title } })
}

fn task(number: usize) -> Value {
    json!({ "intake": {
        "title": format!("task {number}"), "kind": "docs", "goal": "It is told.", "context": "It is not.",
        "success_criteria": ["it is read"], "deliverables": ["a page"], "non_goals": ["none"],
        "risks": [{ "risk": "none", "mitigation": "none" }], "test_hooks": ["none"],
        "timebox": "S", "priority": "LOW", "paths": [format!("docs/{number}.md")],
    } })
}

/// Claims, renews, gives back and lists at its pace until it is over; how long each claim took.
fn work(mut line: Line, place: usize, is_over: &AtomicBool) -> Vec<Duration> {
    let agent = format!("agent-{place}");
    let pace = Duration::from_secs(1) * CLIENTS as u32 / REQUESTS_A_SECOND;
    let mut due = Instant::now() + pace * place as u32 / CLIENTS as u32;
    let mut turn = || {
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
        due += pace;
    };
    let mut claims = vec![];
    while !is_over.load(Ordering::Relaxed) {
        turn();
        let asked = Instant::now();
        let won = line.expect("POST", "/claims", &json!({ "agent": agent }));
        claims.push(asked.elapsed());
        let (task, epoch) = (won["task"].as_str().unwrap(), &won["epoch"]);
        turn();
        let renew = json!({ "agent": agent, "epoch": epoch });
        line.expect("POST", &format!("/tasks/{task}/renew"), &renew);
        turn();
        line.expect("GET", "/tasks?ready=true", &json!(null));
        turn();
        let release = json!({ "agent": agent, "epoch": epoch, "reason": "another first" });
        line.expect("POST", &format!("/tasks/{task}/release"), &release);
    }
    claims
}

/// Hears every event until the last one, none left out; how many there were.
fn subscribe(server: &Server) -> JoinHandle<usize> {
    let mut events = server.events(None);
    std::thread::spawn(move || {
        let mut heard = 0;
        let mut last = None;
        loop {
            let event = events.next();
            assert!(last.is_none_or(|last| event.id == last + 1), "{last:?}");
            last = Some(event.id);
            heard += 1;
            if event.kind == "task.filed" && event.data["content"]["title"] == LAST {
                return heard;
            }
        }
    })
}

/// What the server has of the machine.
struct Held {
    at: f64,
    files: usize,
    memory: f64,
    log: u64,
}

fn look(served: &Served, began: Instant) -> Held {
    let process = format!("/proc/{}", served.process_id());
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let resident: f64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    let log = served
        .workspace
        .path()
        .join(".git/adjutant/adjutant.db-wal");
    Held {
        at: began.elapsed().as_secs_f64() / 3_600.0,
        files: std::fs::read_dir(format!("{process}/fd")).unwrap().count(),
        memory: resident / 1_024.0,
        log: log.metadata().map_or(0, |metadata| metadata.len()),
    }
}

/// MiB an hour, by least squares.
fn slope(held: &[Held]) -> f64 {
    let count = held.len() as f64;
    let at = held.iter().map(|held| held.at).sum::<f64>() / count;
    let memory = held.iter().map(|held| held.memory).sum::<f64>() / count;
    let (mut over, mut under) = (0.0, 0.0);
    for held in held {
        over += (held.at - at) * (held.memory - memory);
        under += (held.at - at).powi(2);
    }
    over / under
}

#[test]
fn load_that_goes_on_leaves_open_files_and_the_log_as_they_were() {
    let served = Served::start();
    let mut line = Line::to(&served);
    for number in 0..TASKS {
        line.expect("POST", "/tasks", &task(number));
    }
    let subscribers: Vec<_> = (0..SUBSCRIBERS).map(|_| subscribe(&served)).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| {
            let (line, is_over) = (Line::to(&served), Arc::clone(&is_over));
            std::thread::spawn(move || work(line, place, &is_over))
        })
        .collect();
    let began = Instant::now();
    let lasts = Duration::from_secs(figure(6, 600).into());
    let mut held = vec![];
    while began.elapsed() < lasts {
        std::thread::park_timeout(lasts / 40);
        held.push(look(&served, began));
    }
    is_over.store(true, Ordering::Relaxed);
    let mut claims: Vec<_> = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap())
        .collect();
    claims.sort_unstable();
    line.expect("POST", "/tasks", &draft(LAST));
    let heard: Vec<_> = subscribers
        .into_iter()
        .map(|subscriber| subscriber.join().unwrap())
        .collect();

    let (warm, later) = held.split_at(held.len() / 4);
    let files = |held: &[Held]| held.iter().map(|held| held.files).max().unwrap();
    let log = held.iter().map(|held| held.log).max().unwrap();
    let p99 = claims[claims.len() * 99 / 100];
    eprintln!(
        "{} s of {REQUESTS_A_SECOND} requests/s: {} claims, p99 {p99:?}; {} events heard by each of \
         {SUBSCRIBERS}; {} open files, then {}; {:.1} MiB resident, {:+.1} MiB/h; a log of {log} bytes",
        lasts.as_secs(),
        claims.len(),
        heard[0],
        files(warm),
        files(later),
        later.last().unwrap().memory,
        slope(later),
    );
    assert!(files(later) <= files(warm) + 2, "files stay open");
    assert!(log < LOG_BYTES_MAX, "the log grows: {log} bytes");
    assert!(heard.iter().all(|one| *one == heard[0]), "{heard:?}");
    assert!(heard[0] > claims.len(), "each claim is an event");
    let allowed = Duration::from_millis(figure(30_000, 50).into());
    assert!(p99 < allowed, "claims take {p99:?}");
}

/// What became of the requests of an overload, by their status.
#[derive(Default)]
struct Fate {
    answered: u32,
    refused: u32,
    broken: u32,
}

/// Writes as fast as it is answered, until it is over.
fn flood(mut line: Line, is_over: &AtomicBool, fate: &Mutex<Fate>) {
    let body = draft("one of many").to_string();
    while !is_over.load(Ordering::Relaxed) {
        let answered = line.ask("POST", "/tasks", &body);
        let mut fate = fate.lock().unwrap();
        match answered {
            Ok((201, _)) => fate.answered += 1,
            Ok((503, problem)) => {
                assert!(problem["hint"].is_string(), "{problem}");
                fate.refused += 1;
            }
            Ok((status, problem)) => panic!("{status} {problem}"),
            Err(_ended) => {
                fate.broken += 1;
                return;
            }
        }
    }
}

/// How many drafts a few clients file in a second.
fn filed_a_second(served: &Served, seconds: u32) -> f64 {
    let is_over = AtomicBool::new(false);
    let fate = Mutex::new(Fate::default());
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| flood(Line::to(served), &is_over, &fate));
        }
        std::thread::park_timeout(Duration::from_secs(seconds.into()));
        is_over.store(true, Ordering::Relaxed);
    });
    f64::from(fate.into_inner().unwrap().answered) / f64::from(seconds)
}

#[test]
fn a_flood_of_writes_is_answered_or_refused_and_forgotten_when_it_is_over() {
    let served = Served::start();
    let seconds = figure(3, 60);
    let before = filed_a_second(&served, seconds.min(10));

    let mut slow: Vec<_> = (0..figure(100, 500)).map(|_| served.connect()).collect();
    for stream in &mut slow {
        stream
            .write_all(b"POST /api/v1/tasks HTTP/1.1\r\nX: ")
            .unwrap();
    }
    let is_over = AtomicBool::new(false);
    let fate = Mutex::new(Fate::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS * TIMES {
            scope.spawn(|| flood(Line::to(&served), &is_over, &fate));
        }
        std::thread::park_timeout(Duration::from_secs(seconds.into()));
        is_over.store(true, Ordering::Relaxed);
    });
    let lasted = began.elapsed().as_secs_f64();
    let over = Instant::now();
    served.get("/tasks?limit=1").expect(200);
    let recovered = over.elapsed();
    let after = filed_a_second(&served, seconds.min(10));

    let Fate {
        answered,
        refused,
        broken,
    } = fate.into_inner().unwrap();
    let meanwhile = f64::from(answered) / lasted;
    eprintln!(
        "{before:.0} writes/s before; {meanwhile:.0} under {TIMES} times as many clients and {} slow ones, \
         {refused} refused, {broken} broke off; answered again after {recovered:?}, {after:.0} writes/s",
        slow.len()
    );
    assert_eq!(broken, 0);
    let allowed = Duration::from_secs(figure(60, 5).into());
    assert!(recovered < allowed, "it took {recovered:?} to recover");
    if figure(0, 1) == 1 {
        assert!(meanwhile > 0.7 * before, "less is done under load");
        assert!(after > 0.7 * before, "less is done after it");
    }
    drop(slow);
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[allow(
    clippy::disallowed_methods,
    reason = "the bomb is made by the real tool"
)]
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = gzip.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(bytes).unwrap());
        gzip.wait_with_output().unwrap().stdout
    })
}

/// A hundred kilobytes that would become a hundred megabytes.
#[test]
fn a_body_that_is_compressed_is_refused_and_not_unpacked() {
    let served = Served::start();
    let bomb = compressed(&[b'0'; 100 << 20]);
    assert!(bomb.len() < 1 << 20);
    let mut stream = served.connect();
    write!(
        stream,
        "POST /api/v1/tasks HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        served.address,
        served.admin,
        bomb.len()
    )
    .unwrap();
    stream.write_all(&bomb).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
    assert!(answer.contains("not compressed"), "{answer}");
}
