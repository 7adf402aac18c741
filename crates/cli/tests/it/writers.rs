//! Clients that file, claim, submit evidence, complete and give back, each write under a key, whatever
//! becomes of the servers that they ask; and what has to be true afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::{Answered, Server};

/// Every so many-th client completes its own tasks, which runs programs; the others claim whichever
/// is next, and give it back.
const COMPLETES: usize = 16;

/// How long a client asks for one answer: a loaded machine is slow, and servers are killed meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the server said that it did.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    Filed { title: String, task: String },
    Claimed { task: String, epoch: i64 },
    Stored { run: String, sha256: String },
    Released { task: String, epoch: i64 },
    Proven { task: String, epoch: i64 },
}

/// What the clients of a test share.
#[derive(Default)]
struct Ground {
    address: Option<SocketAddr>,
    admin: String,
    commit: String,
    is_over: AtomicBool,
    acknowledged: AtomicUsize,
    /// Answers that a repeated request got for the first one.
    replayed: AtomicUsize,
    /// Requests whose answer broke off.
    broken: AtomicUsize,
    /// Requests that were refused for the time being.
    put_off: AtomicUsize,
    /// The longest that a request waited for an answer of whichever kind.
    longest_ms: AtomicU64,
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

        let mut claim = json!({ "agent": agent, "advisory": true });
        if self.completes() {
            claim["task"] = json!(task);
        }
        let won = self.ask("/claims", &claim, &format!("claim-{name}"));
        if won.status == 409 {
            // Another client was quicker.
            return;
        }
        assert!(matches!(won.status, 200 | 201), "{won:?}");
        let won = won.json();
        let (task, epoch) = (text(&won["task"]), won["epoch"].as_i64().unwrap());
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
        let address = ground.address.unwrap();
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: {key}\r\n\r\n{body}",
            ground.admin,
            body.len()
        );
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let asked = Instant::now();
            let answer = Answered::to(address, request.as_bytes());
            let waited = asked.elapsed().as_millis().try_into().unwrap();
            ground.longest_ms.fetch_max(waited, Ordering::Relaxed);
            let counted = match answer {
                Ok(answer) if !matches!(answer.status, 502..=504) => return answer,
                Ok(answer) if answer.status == 503 => &ground.put_off,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    &ground.put_off
                }
                Ok(_) | Err(_) => &ground.broken,
            };
            counted.fetch_add(1, Ordering::Relaxed);
            std::thread::park_timeout(Duration::from_millis(20));
        }
        panic!("no answer to {method} {path} within {PATIENCE:?}");
    }
}

/// A repository with a commit to prove.
pub(crate) fn commit_to_prove(workspace: &Workspace) -> String {
    workspace.git(&["checkout", "-q", "-b", "work"]);
    workspace.write("docs/page.md", "told\n");
    workspace.git(&["add", "docs"]);
    workspace.git(&["commit", "-q", "-m", "tell"]);
    let commit = workspace.git(&["rev-parse", "HEAD"]);
    workspace.git(&["checkout", "-q", "main"]);
    commit
}

/// Clients at work.
pub(crate) struct Writers {
    ground: Arc<Ground>,
    clients: Vec<JoinHandle<Vec<Deed>>>,
}

impl Writers {
    /// So many, who write to an address with an administrator's token.
    pub(crate) fn start(count: usize, address: SocketAddr, admin: &str, commit: &str) -> Self {
        let ground = Arc::new(Ground {
            address: Some(address),
            admin: admin.to_owned(),
            commit: commit.to_owned(),
            ..Ground::default()
        });
        let client = |place| {
            let client = Client {
                ground: Arc::clone(&ground),
                place,
                deeds: vec![],
            };
            std::thread::spawn(move || client.work())
        };
        let clients = (0..count).map(client).collect();
        Self { ground, clients }
    }

    /// Waits until another write is acknowledged.
    pub(crate) fn wait_for_more(&self) {
        let before = self.ground.acknowledged.load(Ordering::Relaxed);
        while self.ground.acknowledged.load(Ordering::Relaxed) == before {
            assert!(
                !self.clients.iter().any(JoinHandle::is_finished),
                "a client gave up"
            );
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Ends them, and gives what was acknowledged, and that in words.
    pub(crate) fn end(self) -> (Vec<Deed>, String) {
        let ground = self.ground;
        ground.is_over.store(true, Ordering::Relaxed);
        let deeds = self.clients.into_iter();
        let deeds: Vec<_> = deeds.flat_map(|client| client.join().unwrap()).collect();
        let figure = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let told = format!(
            "{} writes acknowledged, {} answers broke off, {} requests were put off, {} writes were found again \
             by their key, the longest answer took {} ms",
            deeds.len(),
            figure(&ground.broken),
            figure(&ground.put_off),
            figure(&ground.replayed),
            ground.longest_ms.load(Ordering::Relaxed)
        );
        (deeds, told)
    }
}

/// Every deed that the journal tells of, in its order.
fn told(server: &Server) -> Vec<Deed> {
    let mut told = vec![];
    let mut after = 0;
    loop {
        let page = server
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
            told.push(deed);
        }
    }
}

/// Nobody gets a task that somebody has.
fn is_had_by_one(told: &[Deed]) {
    let mut had = BTreeMap::new();
    for deed in told {
        match deed {
            Deed::Claimed { task, epoch } => {
                assert_eq!(had.insert(task, epoch), None, "claimed twice: {deed:?}");
            }
            Deed::Released { task, epoch } | Deed::Proven { task, epoch } => {
                assert_eq!(had.remove(task), Some(epoch), "not had: {deed:?}");
            }
            Deed::Filed { .. } | Deed::Stored { .. } => {}
        }
    }
}

/// Everything that was acknowledged is there, and nothing twice.
pub(crate) fn is_all_there_once(server: &Server, deeds: &[Deed]) {
    let told = told(server);
    is_had_by_one(&told);
    let known: BTreeSet<_> = told.iter().collect();
    assert_eq!(known.len(), told.len(), "something is told twice");
    let acknowledged: BTreeSet<_> = deeds.iter().collect();
    assert_eq!(acknowledged.len(), deeds.len(), "two clients did the same");
    let lost: Vec<_> = acknowledged.difference(&known).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let mut names = BTreeMap::<&str, u32>::new();
    for deed in &told {
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
}
