//! Secrets that are planted wherever a secret can be, and looked for wherever something is told or
//! kept, after a day of work that was told at the finest level.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use adjutant_testkit::postgres;
use serde_json::json;

use crate::agents;
use crate::collector::Collector;
use crate::http_server::Server;
use crate::stage::POLICY;

/// Texts that nobody else writes, by where they were put.
struct Canaries(BTreeMap<String, String>);

impl Canaries {
    fn planted(&mut self, place: &str) -> String {
        let canary = format!("canary{:02}zq{}", self.0.len(), place.len() * 7_919);
        self.0.insert(place.to_owned(), canary.clone());
        canary
    }

    /// None of them is in what was told or kept there.
    #[track_caller]
    fn absent_in(&self, place: &str, bytes: &[u8]) {
        for (planted, canary) in &self.0 {
            let found = bytes
                .windows(canary.len())
                .position(|window| window == canary.as_bytes());
            if let Some(at) = found {
                let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 100)];
                let around = String::from_utf8_lossy(around);
                panic!("what was put into {planted} is in {place}: {around}");
            }
        }
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Every file below a folder.
fn files(folder: &Path, visit: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, visit);
        } else if path.is_file() {
            visit(&path, &std::fs::read(&path).unwrap());
        }
    }
}

/// Looks at the command lines of all processes, again and again.
struct Listing {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Listing {
    fn start() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                for entry in std::fs::read_dir("/proc").unwrap().flatten() {
                    // A process may be gone by now.
                    if let Ok(line) = std::fs::read(entry.path().join("cmdline"))
                        && holds(&line, b"adjutant")
                        && !holds(&seen, &line)
                    {
                        seen.extend(line);
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        Self { ends, thread }
    }

    fn end(self) -> Vec<u8> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Requests with a secret in every place that a request has.
fn ask(server: &Server, canaries: &mut Canaries, told: &mut Vec<u8>) {
    let host = server.address.to_string();
    let bearer = format!("Bearer {}", canaries.planted("a wrong token"));
    let basic = format!("Basic {}", canaries.planted("another way to authorise"));
    let cookie = format!("adjutant_session={}", canaries.planted("a cookie"));
    let key = canaries.planted("a header of others");
    let parent = canaries.planted("a traceparent");
    let other = canaries.planted("a name of another server");
    for headers in [
        [("Authorization", bearer.as_str())],
        [("Authorization", &basic)],
        [("Cookie", &cookie)],
        [("X-Api-Key", &key)],
        [("traceparent", &parent)],
        [("Host", &other)],
        [("Origin", &other)],
    ] {
        let answer = server.send("GET", "/api/v1/tasks", &headers, "");
        assert!(answer.status >= 400, "{answer:?}");
        told.extend(answer.body.into_bytes());
    }
    let code = canaries.planted("the code of a link");
    let token = canaries.planted("a token in a query");
    for path in [
        format!("/open?code={code}"),
        format!("/api/v1/tasks?token={token}"),
        format!("/{token}"),
    ] {
        // What a query says wrongly is told to who asked it, by its name.
        let answer = server.send("GET", &path, &[("Host", &host)], "");
        assert!(answer.status >= 400 || answer.status == 200, "{answer:?}");
        told.extend(answer.body.into_bytes());
    }
    // The link that was printed opens once, and the session that it gives is as secret.
    let path = server.link.split_once(&host).unwrap().1;
    let opened = server.send("GET", path, &[], "").expect(303);
    let session = opened.header("set-cookie").unwrap();
    let session = session.split_once("adj_").unwrap().1;
    let secret_of = |text: &str| text.rsplit_once("adj_").unwrap().1.to_owned();
    for (place, secret) in [
        ("a session", session.split(';').next().unwrap().to_owned()),
        ("a link", secret_of(&server.link)),
        ("an administrator's token", secret_of(&server.admin)),
    ] {
        canaries.0.insert(place.to_owned(), secret);
    }
    server
        .post("/claims", &json!({ "agent": "eve" }))
        .expect(200);
}

#[test]
fn no_secret_is_told_or_kept_anywhere() {
    let canaries = &mut Canaries(BTreeMap::new());
    let collector = Collector::start("take");
    let listing = Listing::start();
    // A program that says all that it can see.
    let stage = agents::stage_with("env; env >&2; env > x.txt", "--command");
    let settings = format!(
        "{POLICY}\n[announce.chat]\nurl = \"http://me:{}@127.0.0.1:9/{}\"\nsecret_env = \
         \"CHAT_SECRET\"\n",
        canaries.planted("a receiver's password"),
        canaries.planted("a receiver's path"),
    );
    stage.workspace.write("adjutant.toml", settings);
    let hook = canaries.planted("a receiver's secret");
    let team = format!("x-team={}", canaries.planted("a collector's header"));
    let with_password = format!(
        "http://me:{}@{}",
        canaries.planted("a collector's password"),
        collector.endpoint.trim_start_matches("http://")
    );
    let variables: Vec<(String, String)> = [
        ("CHAT_SECRET", hook),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", with_password),
        ("OTEL_EXPORTER_OTLP_HEADERS", team),
        ("ADJUTANT_LOG", "trace".to_owned()),
        ("API_TOKEN", canaries.planted("a token of the shell")),
        (
            "AWS_SECRET_ACCESS_KEY",
            canaries.planted("a key of the shell"),
        ),
        ("GITHUB_TOKEN", canaries.planted("a forge's token")),
        (
            "PGPASSWORD",
            canaries.planted("a database's password of the shell"),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    let source = format!(
        "candidate=http://me:{}@127.0.0.1:9/api/v1/query?query=up&token={}#latency_ms",
        canaries.planted("a source's password"),
        canaries.planted("a source's token"),
    );
    let pairs = || {
        variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    };
    let mut told = Vec::new();
    let mut run = |arguments: &[&str], database: Option<&str>| {
        let mut command = stage.command(arguments);
        command.envs(pairs()).args(["--log", "json"]);
        command.envs(database.map(|url| ("ADJUTANT_DATABASE_URL", url)));
        let output = command.output().unwrap();
        told.extend(output.stdout);
        told.extend(output.stderr);
        output.status.code()
    };
    run(
        &["gate", "smoke", "--evidence", "baseline=baseline.csv"],
        None,
    );
    // The source is given on the command line, where everybody reads it: its listing is none of ours.
    let listed = listing.end();
    run(&["gate", "smoke", "--evidence", &source], None);
    assert_eq!(run(&["agent", "run", "ada", "--next"], None), Some(0));
    run(&["announce", "deliver"], None);
    run(&["announce", "list"], None);
    let databases = postgres::Server::start();
    let url = databases.new_database();
    let password = canaries.planted("the password of a database");
    let of_database = with_user(&url, &password);
    assert_eq!(run(&["task", "list"], Some(&of_database)), Some(0));
    let nowhere = format!("postgres://me:{password}@127.0.0.1:9/nowhere");
    assert_eq!(run(&["task", "list"], Some(&nowhere)), Some(1));

    stage.answer(0, &["task", "add", "--from", "task.md"]);
    let listing = Listing::start();
    let pairs: Vec<_> = pairs().collect();
    let server = Server::begin(stage.path(), &pairs, &["--log", "json"]);
    ask(&server, canaries, &mut told);
    told.extend(server.at("/metrics").expect(200).body.into_bytes());
    let mut spans = collector.until(|span| span["name"] == "GET /metrics");
    for span in &mut spans {
        // The collector is told it with each request, and no span holds it.
        span["header"].take();
    }
    told.extend(format!("{spans:?}").into_bytes());
    told.extend(server.end().into_bytes());
    assert!(canaries.0.len() >= 20, "{}", canaries.0.len());
    for word in ["\"DEBUG\"", "\"INFO\"", "a program ended"] {
        assert!(holds(&told, word.as_bytes()), "{word} is not told");
    }
    canaries.absent_in("what was told", &told);
    canaries.absent_in("the list of processes", &listed);
    canaries.absent_in("the list of processes", &listing.end());
    let mut kept = 0;
    files(&stage.path().join(".git"), &mut |path, bytes| {
        kept += 1;
        canaries.absent_in(&path.display().to_string(), bytes);
    });
    assert!(kept > 20, "{kept}");
}

/// The address of a database with a password in it.
fn with_user(url: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, host) = rest.split_once('@').unwrap_or(("postgres", rest));
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:{password}@{host}")
}
