//! Open-loop clients: when a request leaves is drawn before anybody answers, and nobody waits for
//! an answer before the next one leaves.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::data::Random;

/// When a client gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What shoppers ask.
const QUESTIONS: [&str; 8] = [
    "red+scarf",
    "warm+hat",
    "striped+shirt",
    "gift",
    "blue+umbrella",
    "wool+socks",
    "spotted+dress",
    "bag",
];

/// What came of all requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicU64,
    server_errors: AtomicU64,
    unanswered: AtomicU64,
}

impl Traffic {
    pub(super) fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::Relaxed)
    }

    /// Of those that were answered: with 5xx.
    pub(super) fn server_errors(&self) -> u64 {
        self.counts.server_errors.load(Ordering::Relaxed)
    }

    pub(super) fn unanswered(&self) -> u64 {
        self.counts.unanswered.load(Ordering::Relaxed)
    }

    fn count(&self, status: Result<u16>) {
        let counts = &self.counts;
        match status {
            Ok(status) => {
                let is_error = u64::from(status >= 500);
                counts.answered.fetch_add(1, Ordering::Relaxed);
                counts.server_errors.fetch_add(is_error, Ordering::Relaxed);
            }
            Err(error) => {
                eprintln!("a request without an answer: {error:#}");
                counts.unanswered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// All clients, on a thread of their own; they end with this.
pub(super) struct Clients {
    runtime: Runtime,
    rate: f64,
    traffic: Traffic,
}

/// The clients of one service.
#[derive(Debug, Clone, Default)]
pub(super) struct Stream {
    flows: Arc<AtomicBool>,
}

impl Stream {
    pub(super) fn flow(&self) {
        self.flows.store(true, Ordering::Relaxed);
    }

    pub(super) fn dry_up(&self) {
        self.flows.store(false, Ordering::Relaxed);
    }
}

impl Clients {
    pub(super) fn start(rate: f64, traffic: &Traffic) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("the clients' runtime")?;
        Ok(Self {
            runtime,
            rate,
            traffic: traffic.clone(),
        })
    }

    /// Clients that ask at this port for as long as their stream flows.
    pub(super) fn stream(&self, port: u16) -> Stream {
        let stream = Stream::default();
        let connections = Connections {
            port,
            free: Arc::default(),
        };
        let (flows, rate, traffic) = (stream.flows.clone(), self.rate, self.traffic.clone());
        self.runtime.spawn(async move {
            let mut random = Random::seeded(u64::from(port));
            let mut at = Instant::now();
            loop {
                let wait = -(1.0 - random.uniform()).ln() / rate;
                at += Duration::from_secs_f64(wait);
                sleep_until(at).await;
                if !flows.load(Ordering::Relaxed) {
                    sleep(Duration::from_millis(10)).await;
                    at = Instant::now();
                    continue;
                }
                let place = (random.uniform() * QUESTIONS.len() as f64) as usize;
                let (connections, traffic) = (connections.clone(), traffic.clone());
                tokio::spawn(async move {
                    let asked = timeout(PATIENCE, connections.ask(QUESTIONS[place])).await;
                    traffic.count(asked.context("nobody answered in time").flatten());
                });
            }
        });
        stream
    }
}

/// Connections to one service.
#[derive(Debug, Clone)]
struct Connections {
    port: u16,
    free: Arc<Mutex<Vec<TcpStream>>>,
}

impl Connections {
    /// Asks on a connection that is free, or on a new one: also when the free one turns out to have been
    /// closed while nobody used it, as every client does. The answer's status.
    async fn ask(&self, question: &str) -> Result<u16> {
        let free = self.free().pop();
        if let Some(connection) = free
            && let Some(status) = self.ask_on(connection, question).await?
        {
            return Ok(status);
        }
        let connection = TcpStream::connect(("127.0.0.1", self.port)).await?;
        connection.set_nodelay(true)?;
        let status = self.ask_on(connection, question).await?;
        status.context("a new connection was closed without an answer")
    }

    /// Nothing when the connection was closed before an answer began.
    async fn ask_on(&self, mut connection: TcpStream, question: &str) -> Result<Option<u16>> {
        let request = format!("GET /search?q={question} HTTP/1.1\r\nhost: shop\r\n\r\n");
        let answer = match connection.write_all(request.as_bytes()).await {
            Ok(()) => read_answer(&mut connection).await?,
            Err(error) if is_closed(&error) => None,
            Err(error) => return Err(error.into()),
        };
        let Some(answer) = answer else {
            return Ok(None);
        };
        if answer.keeps_connection {
            self.free().push(connection);
        }
        Ok(Some(answer.status))
    }

    fn free(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

struct Answer {
    status: u16,
    keeps_connection: bool,
}

/// Reads a whole answer with a length. Nothing when the connection was closed before it began.
async fn read_answer(connection: &mut TcpStream) -> Result<Option<Answer>> {
    let mut read = Vec::with_capacity(8 * 1024);
    loop {
        let more = match connection.read_buf(&mut read).await {
            Err(error) if is_closed(&error) => 0,
            more => more?,
        };
        if more == 0 {
            ensure!(
                read.is_empty(),
                "the connection was closed after {} bytes",
                read.len()
            );
            return Ok(None);
        }
        let Some(head) = read.windows(4).position(|part| part == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&read[..head])?.to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .context("an answer without a length")?;
        let length: usize = length.trim().parse()?;
        ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        if read.len() < head + 4 + length {
            continue;
        }
        let status = text
            .split(' ')
            .nth(1)
            .context("an answer without a status")?;
        return Ok(Some(Answer {
            status: status.parse()?,
            keeps_connection: !text.lines().any(|line| line == "connection: close"),
        }));
    }
}
