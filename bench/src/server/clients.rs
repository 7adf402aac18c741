//! Who asks the server: agents that claim and give back, and dashboards that listen.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::served::Served;
use crate::data::Random;
use crate::results::number;

/// How long dashboards may take to hear of everything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients that read at random. Each waits for its answer before it asks again, so there are enough of
/// them that one is nearly always free.
const RANDOM_CLIENTS: u64 = 32;

/// What was done, and what it took.
pub(super) struct Cycles {
    pub(super) count: usize,
    pub(super) seconds: f64,
    pub(super) processor_seconds: f64,
}

impl Cycles {
    pub(super) fn a_second_of_processor(&self) -> f64 {
        self.count as f64 / self.processor_seconds
    }

    pub(super) fn a_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }
}

impl fmt::Display for Cycles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_clock = number(self.a_second());
        let by_processor = number(self.a_second_of_processor());
        write!(
            f,
            "{by_processor} cycles a second of processor, {by_clock} by the clock"
        )
    }
}

/// What the dashboards heard.
pub(super) struct Dashboards {
    /// Events, of all dashboards together.
    pub(super) heard: usize,
    /// For each change, the seconds from its answer to the last dashboard that heard of it.
    pub(super) late: Vec<f64>,
    /// What the server had of the processors meanwhile.
    pub(super) processor_seconds: f64,
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Connection {
    async fn open(served: &Served) -> Result<Self> {
        let stream = TcpStream::connect(served.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            head: format!(
                "Host: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
                served.address, served.token
            ),
        })
    }

    async fn get(&mut self, path: &str) -> Result<Value> {
        let request = format!("GET /api/v1{path} HTTP/1.1\r\n{}\r\n", self.head);
        self.ask(path, &request).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "POST /api/v1{path} HTTP/1.1\r\n{}Content-Length: {length}\r\n\r\n{body}",
            self.head
        );
        self.ask(path, &request).await
    }

    async fn ask(&mut self, path: &str, request: &str) -> Result<Value> {
        let body = self.ask_bytes(path, request).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn ask_bytes(&mut self, path: &str, request: &str) -> Result<Vec<u8>> {
        self.stream.write_all(request.as_bytes()).await?;
        let (status, length) = self.read_head().await?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        let told = || String::from_utf8_lossy(&body);
        ensure!(status == 200, "{path}: {}", told());
        Ok(body)
    }

    /// The status and the length of the body.
    async fn read_head(&mut self) -> Result<(u16, usize)> {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse()?;
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse()?;
            } else if line.is_empty() {
                ensure!(status != 0, "the connection ended");
                return Ok((status, length));
            }
        }
    }

    async fn claim(&mut self, agent: &str) -> Result<Value> {
        self.post("/claims", &json!({ "agent": agent })).await
    }

    async fn give_back(&mut self, agent: &str, won: &Value) -> Result<()> {
        let task = won["task"].as_str().context("a claim names its task")?;
        let body = json!({ "agent": agent, "epoch": won["epoch"], "reason": "another first" });
        let path = format!("/tasks/{task}/release");
        self.post(&path, &body).await.map(|_released| ())
    }
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(1).enable_all().build()?)
}

/// So many agents claim and give back for so many seconds.
pub(super) fn cycle(served: &Served, agents: usize, seconds: u32) -> Result<Cycles> {
    let lasts = Duration::from_secs(seconds.into());
    runtime()?.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..agents {
            connections.push(Connection::open(served).await?);
        }
        let before = served.processor_seconds()?;
        let began = Instant::now();
        let working: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(place, mut connection)| {
                tokio::spawn(async move {
                    let agent = format!("agent-{place}");
                    let mut count = 0;
                    while began.elapsed() < lasts {
                        let won = connection.claim(&agent).await?;
                        connection.give_back(&agent, &won).await?;
                        count += 1;
                    }
                    anyhow::Ok(count)
                })
            })
            .collect();
        let mut count = 0;
        for agent in working {
            count += agent.await??;
        }
        Ok(Cycles {
            count,
            seconds: began.elapsed().as_secs_f64(),
            processor_seconds: served.processor_seconds()? - before,
        })
    })
}

/// Seconds until each answer to requests that come at random (Poisson), so many a second in all, from when
/// each was due: a client that still waits for an answer is late, and that counts.
pub(super) fn ask_at_random(
    served: &Served,
    path: &str,
    a_second: f64,
    seconds: u32,
) -> Result<Vec<f64>> {
    let ask = |client: u64| -> Result<Vec<f64>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut connection = runtime.block_on(Connection::open(served))?;
        let request = format!("GET /api/v1{path} HTTP/1.1\r\n{}\r\n", connection.head);
        let mut chance = Random::seeded(client);
        let between = RANDOM_CLIENTS as f64 / a_second;
        let (began, mut due) = (Instant::now(), 0.0);
        let mut took = Vec::new();
        loop {
            due -= between * (1.0 - chance.uniform()).ln();
            if due > f64::from(seconds) {
                return Ok(took);
            }
            std::thread::sleep(Duration::from_secs_f64(due).saturating_sub(began.elapsed()));
            runtime.block_on(connection.ask_bytes(path, &request))?;
            took.push(began.elapsed().as_secs_f64() - due);
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..RANDOM_CLIENTS)
            .map(|client| scope.spawn(move || ask(client)))
            .collect();
        let mut took = Vec::new();
        for client in clients {
            let one = client.join().map_err(|_panic| anyhow!("a client broke"))?;
            took.extend(one?);
        }
        Ok(took)
    })
}

/// Reads the whole list of tasks, page by page.
pub(super) fn list_all(served: &Served) -> Result<()> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(served).await?;
        let mut after = String::new();
        loop {
            let page = connection.get(&format!("/tasks?limit=1000{after}")).await?;
            let last = page["tasks"].as_array().and_then(|tasks| tasks.last());
            let Some(last) = last.filter(|_| page["more"] == true) else {
                return Ok(());
            };
            after = format!("&after={}", last["id"].as_str().context("an id")?);
        }
    })
}

/// Opens streams of events, claims tasks, and waits until all have heard of all.
pub(super) fn listen(served: &Served, dashboards: usize, events: usize) -> Result<Dashboards> {
    runtime()?.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..dashboards {
            streams.push(subscribe(served).await?);
        }
        let listening: Vec<_> = streams
            .into_iter()
            .map(|stream| tokio::spawn(tokio::time::timeout(PATIENCE, hear(stream, events))))
            .collect();
        let mut connection = Connection::open(served).await?;
        let before = served.processor_seconds()?;
        let mut answered = Vec::with_capacity(events);
        for place in 0..events {
            connection.claim(&format!("agent-{place}")).await?;
            answered.push(Instant::now());
        }
        let mut last = BTreeMap::<usize, Instant>::new();
        let mut heard = 0;
        for dashboard in listening {
            for (event, at) in dashboard
                .await??
                .context("a stream ended")?
                .into_iter()
                .enumerate()
            {
                heard += 1;
                let latest = last.entry(event).or_insert(at);
                *latest = at.max(*latest);
            }
        }
        let late = last.values().zip(&answered);
        let late =
            late.map(|(last, answered)| last.saturating_duration_since(*answered).as_secs_f64());
        Ok(Dashboards {
            heard,
            late: late.collect(),
            processor_seconds: served.processor_seconds()? - before,
        })
    })
}

async fn subscribe(served: &Served) -> Result<Connection> {
    let mut connection = Connection::open(served).await?;
    let request = format!("GET /api/v1/events HTTP/1.1\r\n{}\r\n", connection.head);
    connection.stream.write_all(request.as_bytes()).await?;
    let (status, _) = connection.read_head().await?;
    ensure!(status == 200, "no stream: {status}");
    let mut line = String::new();
    // Nothing after this line is missed.
    while !line.starts_with(": after") {
        line.clear();
        ensure!(
            connection.stream.read_line(&mut line).await? > 0,
            "the stream ended"
        );
    }
    Ok(connection)
}

/// When each of so many claims was heard of.
async fn hear(mut connection: Connection, events: usize) -> Result<Vec<Instant>> {
    let mut heard = Vec::with_capacity(events);
    let mut line = String::new();
    while heard.len() < events {
        line.clear();
        ensure!(
            connection.stream.read_line(&mut line).await? > 0,
            "the stream ended"
        );
        if line.trim_end() == "event: task.claimed" {
            heard.push(Instant::now());
        }
    }
    Ok(heard)
}
