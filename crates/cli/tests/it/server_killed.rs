//! kill -9 of the server while 64 clients write: what it acknowledged is there, and once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use adjutant_testkit::night::figure;
use adjutant_testkit::postgres::Server;
use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::{Answered, Served};

const CLIENTS: usize = 64;

/// Every so many-th client completes its tasks, which runs programs; the others give them back.
const COMPLETES: usize = 16;

/// How long a client asks for one answer: a loaded machine is slow, and servers are killed meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the server said that it did.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Filed { title: String, task: String },
    Claimed { task: String, epoch: i64 },
    Stored { run: String, sha256: String },
    Released { task: String, epoch: i64 },
    Proven { task: String, epoch: i64 },
}

/// What the clients of a test share.
struct Ground {
    address: SocketAddr,
    admin: String,
    commit: String,
    is_over: AtomicBool,
    acknowledged: AtomicUsize,
    /// Answers that a repeated request got for the first one.
    replayed: AtomicUsize,
    /// Requests whose answer broke off.
    broken: AtomicUsize,
}

/// Somebody who works.
struct Client {
    ground: Arc<Ground>,
    place: usize,
    deeds: Vec<Deed>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Client {
    /// Files, claims, submits, and completes or gives back, until it is over.
    fn work(mut self) -> Vec<Deed> {
        let mut round = 0;
        while !self.ground.is_over.load(Ordering::Relaxed) {
            self.go_round(round);
            round += 1;
        }
        self.deeds
    }

    fn completes(&self) -> bool {
        self.place.is_multiple_of(COMPLETES)
    }

    fn go_round(&mut self, round: u32) {
        let name = format!("{}-{round}", self.place);
        let agent = format!("agent-{}", self.place);
        let title = format!("task {name}");
        let filed = self.write(
            "/tasks",
            &json!({ "intake": self.intake(&title, &name) }),
            &format!("file-{name}"),
        );
        let task = text(&filed["id"]);
        self.deeds.push(Deed::Filed {
            title,
            task: task.clone(),
        });

        let claim = json!({ "agent": agent, "task": task, "advisory": true });
        let won = self.write("/claims", &claim, &format!("claim-{name}"));
        let epoch = won["epoch"].as_i64().unwrap();
        self.deeds.push(Deed::Claimed {
            task: task.clone(),
            epoch,
        });

        let run = format!("run-{name}");
        let content = format!("latency_ms\n{}\n{}\n", self.place + 1, round + 1);
        let evidence =
            json!({ "name": "a.csv", "content": content, "subject": "candidate", "run": run });
        let stored = self.write("/evidence", &evidence, &format!("store-{name}"));
        self.deeds.push(Deed::Stored {
            run,
            sha256: text(&stored[0]["sha256"]),
        });

        if self.completes() {
            let complete = json!({ "agent": agent, "epoch": epoch, "commit": self.ground.commit });
            self.complete(&task, &complete, &format!("complete-{name}"));
            self.deeds.push(Deed::Proven { task, epoch });
        } else {
            let release = json!({ "agent": agent, "epoch": epoch, "reason": "another first" });
            self.write(
                &format!("/tasks/{task}/release"),
                &release,
                &format!("release-{name}"),
            );
            self.deeds.push(Deed::Released { task, epoch });
        }
    }

    fn intake(&self, title: &str, name: &str) -> Value {
        let check = json!({
            "name": "unit", "run": { "command": { "argv": ["true"] } },
            "proof": { "green_only": { "reason": "documentation" } },
            "tests": [], "frozen": [], "seconds_max": 30,
        });
        json!({
            "title": title, "kind": "docs", "goal": "It is told.", "context": "It is not.",
            "success_criteria": ["it is read"], "deliverables": ["a page"], "non_goals": ["none"],
            "risks": [{ "risk": "none", "mitigation": "none" }], "test_hooks": ["none"],
            "timebox": "S", "priority": "LOW", "paths": [format!("docs/{name}.md")],
            "checks": if self.completes() { vec![check] } else { vec![] },
        })
    }

    /// Writes under a key until there is an answer, and gives it.
    fn write(&self, path: &str, body: &Value, key: &str) -> Value {
        let answer = self.ask(path, body, key);
        assert!(matches!(answer.status, 200 | 201), "{path}: {answer:?}");
        answer.json()
    }

    /// Completing is not one transaction with the keeping of its answer: whoever is refused looks
    /// whether it was done.
    fn complete(&self, task: &str, body: &Value, key: &str) {
        let answer = self.ask(&format!("/tasks/{task}/complete"), body, key);
        if answer.status == 200 {
            return;
        }
        let shown = self.until_answered("GET", &format!("/tasks/{task}"), "", "none");
        let state = &shown.json()["state"];
        assert_eq!(
            (answer.status, state),
            (409, &json!("proven")),
            "{}",
            answer.body
        );
    }

    fn ask(&self, path: &str, body: &Value, key: &str) -> Answered {
        let answer = self.until_answered("POST", path, &body.to_string(), key);
        self.ground.acknowledged.fetch_add(1, Ordering::Relaxed);
        if answer.header("idempotency-replayed").is_some() {
            self.ground.replayed.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    fn until_answered(&self, method: &str, path: &str, body: &str, key: &str) -> Answered {
        let ground = &self.ground;
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: {key}\r\n\r\n{body}",
            ground.address,
            ground.admin,
            body.len()
        );
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match Answered::to(ground.address, request.as_bytes()) {
                Ok(answer) if answer.status != 503 => return answer,
                Ok(_busy) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
                Err(_broke_off) => {
                    ground.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        panic!("no answer to {method} {path} within {PATIENCE:?}");
    }
}

/// A repository with a commit to prove, and a server of it.
fn stage(database: Option<String>) -> (Served, String) {
    let workspace = Workspace::repository();
    workspace.git(&["checkout", "-q", "-b", "work"]);
    workspace.write("docs/page.md", "told\n");
    workspace.git(&["add", "docs"]);
    workspace.git(&["commit", "-q", "-m", "tell"]);
    let commit = workspace.git(&["rev-parse", "HEAD"]);
    workspace.git(&["checkout", "-q", "main"]);
    (Served::start_to_be_killed(workspace, database), commit)
}

/// Kills the server this often under its clients, and gives what was acknowledged, and that in words.
fn kill(served: &mut Served, commit: String, kills: u32) -> (Vec<Deed>, String) {
    let ground = Arc::new(Ground {
        address: served.address,
        admin: served.admin.clone(),
        commit,
        is_over: AtomicBool::new(false),
        acknowledged: AtomicUsize::new(0),
        replayed: AtomicUsize::new(0),
        broken: AtomicUsize::new(0),
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| {
            let client = Client {
                ground: Arc::clone(&ground),
                place,
                deeds: vec![],
            };
            std::thread::spawn(move || client.work())
        })
        .collect();
    let mut chance = 0x9E37_79B9_u64;
    for _ in 0..kills {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let before = ground.acknowledged.load(Ordering::Relaxed);
        while ground.acknowledged.load(Ordering::Relaxed) == before {
            assert!(
                !clients.iter().any(JoinHandle::is_finished),
                "a client gave up"
            );
            std::thread::park_timeout(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20 + (chance >> 33) % 380));
        served.kill_and_restart();
    }
    ground.is_over.store(true, Ordering::Relaxed);
    let deeds = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap());
    let deeds: Vec<_> = deeds.collect();
    let told = format!(
        "{kills} kills: {} writes acknowledged, {} answers broke off, {} were found again by their key",
        deeds.len(),
        ground.broken.load(Ordering::Relaxed),
        ground.replayed.load(Ordering::Relaxed)
    );
    (deeds, told)
}

/// Every entry of the journal that tells of a deed, and how often each stands there.
fn told(served: &Served) -> BTreeMap<Deed, u32> {
    let mut told = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = served
            .get(&format!("/journal?limit=1000&after={after}"))
            .expect(200)
            .json();
        let entries = page.as_array().unwrap();
        let Some(last) = entries.last() else {
            return told;
        };
        after = last["position"].as_i64().unwrap();
        for entry in entries {
            let content = &entry["content"];
            let task = || text(&content["task"]);
            let epoch = || content["epoch"].as_i64().unwrap();
            let deed = match entry["kind"].as_str().unwrap() {
                "task.filed" => Deed::Filed {
                    title: text(&content["title"]),
                    task: task(),
                },
                "task.claimed" => Deed::Claimed {
                    task: task(),
                    epoch: epoch(),
                },
                "task.released" => Deed::Released {
                    task: task(),
                    epoch: epoch(),
                },
                "task.proven" => Deed::Proven {
                    task: task(),
                    epoch: epoch(),
                },
                "evidence.added" => Deed::Stored {
                    run: text(&content["run"]),
                    sha256: text(&content["artifact"]),
                },
                _ => continue,
            };
            *told.entry(deed).or_default() += 1;
        }
    }
}

/// Everything that was acknowledged is there, and nothing twice.
fn is_all_there_once(served: &Served, deeds: &[Deed]) {
    let told = told(served);
    for deed in deeds {
        assert_eq!(told.get(deed), Some(&1), "{deed:?}");
    }
    let twice: Vec<_> = told.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let mut names = BTreeMap::<&str, u32>::new();
    for deed in told.keys() {
        let name = match deed {
            Deed::Filed { title, .. } => title,
            Deed::Stored { run, .. } => run,
            Deed::Claimed { .. } | Deed::Released { .. } | Deed::Proven { .. } => continue,
        };
        *names.entry(name).or_default() += 1;
    }
    names.retain(|_, times| *times > 1);
    assert!(names.is_empty(), "filed or stored twice: {names:?}");
    for of_each in [
        deeds.iter().any(|deed| matches!(deed, Deed::Proven { .. })),
        deeds
            .iter()
            .any(|deed| matches!(deed, Deed::Released { .. })),
    ] {
        assert!(of_each, "too little was done to show anything");
    }
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[test]
fn a_server_that_is_killed_under_64_writers_loses_nothing_on_sqlite() {
    let (mut served, commit) = stage(None);
    let (deeds, words) = kill(&mut served, commit, figure(12, 200));
    eprintln!("SQLite, {words}");
    is_all_there_once(&served, &deeds);
    let database = served.workspace.path().join(".git/adjutant/adjutant.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let checked: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(checked, "ok");
}

#[test]
fn a_server_that_is_killed_under_64_writers_loses_nothing_on_postgresql() {
    let server = Server::start();
    let (mut served, commit) = stage(Some(server.new_database()));
    let (deeds, words) = kill(&mut served, commit, figure(6, 200));
    eprintln!("PostgreSQL, {words}");
    is_all_there_once(&served, &deeds);
}
