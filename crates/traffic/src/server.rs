//! The process: a listener whose connections are handed to workers in turns, the control socket,
//! and an end that waits for the last requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use adjutant_outbound::{lock, precedence};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::comparison::Comparisons;
use crate::control::{self, Steering};
use crate::headers::Client;
use crate::watched::{LatestBytes, Watched};
use crate::worker::Worker;
use crate::{TrafficClock, proxy};

/// A head may be this long; a longer one is refused with 431.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A head must be there within this time from its first byte.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// Requests at the same time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;

/// Connections that the kernel keeps until they are taken.
const BACKLOG: u32 = 4_096;

/// Connections that wait for a worker.
const HANDED_MAX: usize = 1_024;

/// How often the end looks whether the last tunnel is closed.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// How the proxy is set up; what it does comes over the control socket.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where clients come.
    pub listen: SocketAddr,
    /// The control socket; the desired state is kept beside it.
    pub control: PathBuf,
    /// Threads that serve clients.
    pub workers: usize,
    /// Whether what clients say about those before them (`X-Forwarded-*`) is passed on.
    pub trusts_forwarded: bool,
    /// How long the end waits for the last requests.
    pub drain: Duration,
    /// What tells the time.
    pub clock: TrafficClock,
}

/// Why the proxy does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("{address} cannot be listened at")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The control socket cannot be made.
    #[error("the control socket {} cannot be made", path.display())]
    Control {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another proxy has that control socket.
    #[error("another proxy is controlled at {}", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// The desired state beside the socket cannot be used.
    #[error("the desired state {} cannot be used: {problem}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The machine gives no thread or no runtime.
    #[error("no worker can be started")]
    Workers(#[source] std::io::Error),
}

impl ServeError {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            ServeError::Listen { .. } => "Choose a free address of this machine.",
            ServeError::Control { .. } => {
                "Choose a path of less than 100 bytes in a folder that can be written."
            }
            ServeError::Taken { .. } => "Use that proxy, or choose another control socket.",
            ServeError::Kept { .. } => "Mend the file, or move it away and set the state again.",
            ServeError::Workers(_) => "Close other programs and try again.",
        }
    }
}

/// A connection on its way to a worker.
type Handed = (std::net::TcpStream, SocketAddr);

/// Serves until the process is told to end (SIGTERM, SIGINT); then takes no more connections,
/// finishes what has begun, and returns. `ready` is told the address once clients may come.
///
/// # Errors
/// When it cannot begin to serve.
pub fn serve(options: &ServeOptions, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let _lock = hold(&options.control)?;
    let main = runtime()?;
    let (comparisons, queue) = Comparisons::new();
    let worker = |number: usize, mirror: Option<Arc<Worker>>| {
        let runtime = runtime()?;
        let handle = runtime.handle().clone();
        let comparisons = comparisons.clone();
        let worker = Worker::new(number as u64, options.clock, handle, comparisons, mirror);
        Ok::<_, ServeError>((Arc::new(worker), runtime))
    };
    // The first serves no clients: it asks what is mirrored.
    let (mirror, mirror_runtime) = worker(0, None)?;
    let mut workers = Vec::new();
    for number in 1..=options.workers.max(1) {
        workers.push(worker(number, Some(mirror.clone()))?);
    }
    let mut all: Vec<Arc<Worker>> = workers.iter().map(|(worker, _)| worker.clone()).collect();
    all.push(mirror.clone());
    let (drain, draining) = watch::channel(false);

    std::thread::scope(|threads| {
        let mut lanes = Vec::new();
        for (worker, runtime) in workers {
            let (lane, handed) = mpsc::channel(HANDED_MAX);
            lanes.push(lane);
            let draining = draining.clone();
            let work = move || run_worker(&worker, &runtime, handed, draining, options);
            start("traffic-worker", threads, work)?;
        }
        let (mirror_lane, handed) = mpsc::channel(1);
        let asking = draining.clone();
        start("traffic-mirror", threads, move || {
            precedence::give_way();
            run_worker(&mirror, &mirror_runtime, handed, asking, options);
        })?;
        let comparing = comparisons.clone();
        start("traffic-compare", threads, move || {
            precedence::give_way();
            comparing.work(&queue);
        })?;
        let served = main.block_on(steer(options, &all, &comparisons, lanes, ready));
        // Workers end when nobody hands them connections; each waits for its own last requests.
        drop(mirror_lane);
        drain.send_replace(true);
        comparisons.stop();
        served
    })
}

fn start<'scope, 'env>(
    name: &str,
    threads: &'scope std::thread::Scope<'scope, 'env>,
    work: impl FnOnce() + Send + 'scope,
) -> Result<(), ServeError> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder
        .spawn_scoped(threads, work)
        .map(drop)
        .map_err(ServeError::Workers)
}

fn runtime() -> Result<Runtime, ServeError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Workers)
}

/// One proxy a control socket: whoever holds the lock may put a socket where an old one lies.
fn hold(control: &Path) -> Result<lock::FileLock, ServeError> {
    let path = beside(control, "lock");
    match lock::try_hold(&path) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(ServeError::Taken {
            path: control.to_owned(),
        }),
        Err(source) => Err(ServeError::Control { path, source }),
    }
}

/// A file beside the control socket.
pub(crate) fn beside(control: &Path, ending: &str) -> PathBuf {
    let mut name = control.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// The main thread: takes connections, obeys the control socket, and ends on a signal.
async fn steer(
    options: &ServeOptions,
    workers: &[Arc<Worker>],
    comparisons: &Arc<Comparisons>,
    lanes: Vec<mpsc::Sender<Handed>>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let listen_error = |source| ServeError::Listen {
        address: options.listen,
        source,
    };
    let listener = listen(options.listen).map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let kept = beside(&options.control, "desired.json");
    let steering = Steering::new(address, kept, options.clock, workers, comparisons);
    steering.restore()?;
    let control_error = |source| ServeError::Control {
        path: options.control.clone(),
        source,
    };
    let control = control::bind(&options.control).map_err(control_error)?;
    let mut signals = Signals::listen().map_err(ServeError::Workers)?;
    let steering = Arc::new(steering);
    let mut orders = JoinSet::new();
    ready(address);
    tokio::select! {
        () = hand_out(&listener, &lanes) => {}
        () = obey(&control, &steering, &mut orders) => {}
        () = signals.any() => {}
    }
    for worker in workers {
        worker.is_draining.store(true, Ordering::Relaxed);
    }
    Ok(())
}

struct Signals {
    end: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.end.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A proxy that was killed comes back to its address at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Gives each worker the next connection in turn.
async fn hand_out(listener: &TcpListener, lanes: &[mpsc::Sender<Handed>]) {
    for lane in lanes.iter().cycle() {
        let handed = loop {
            match listener.accept().await {
                Ok((stream, client)) => match stream.into_std() {
                    Ok(stream) => break (stream, client),
                    Err(_) => continue,
                },
                // Too many open files, or a client that is gone already: others may come.
                Err(_) => sleep(LAST_LOOK).await,
            }
        };
        if lane.send(handed).await.is_err() {
            return;
        }
    }
}

async fn obey(control: &UnixListener, steering: &Arc<Steering>, orders: &mut JoinSet<()>) {
    loop {
        tokio::select! {
            accepted = control.accept() => match accepted {
                Ok((stream, _)) => {
                    let steering = steering.clone();
                    orders.spawn(async move { control::serve(stream, &steering).await });
                }
                Err(_) => sleep(LAST_LOOK).await,
            },
            Some(_) = orders.join_next(), if !orders.is_empty() => {}
        }
    }
}

fn run_worker(
    worker: &Arc<Worker>,
    runtime: &Runtime,
    mut handed: mpsc::Receiver<Handed>,
    draining: watch::Receiver<bool>,
    options: &ServeOptions,
) {
    runtime.block_on(async {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                next = handed.recv() => match next {
                    Some((stream, address)) => {
                        let client = client_of(address, options.trusts_forwarded);
                        let (worker, draining) = (worker.clone(), draining.clone());
                        open.spawn(async move {
                            worker.connections.fetch_add(1, Ordering::Relaxed);
                            serve_client(&worker, stream, client, draining).await;
                            worker.connections.fetch_sub(1, Ordering::Relaxed);
                        });
                    }
                    None => break,
                },
                Some(_) = open.join_next(), if !open.is_empty() => {}
            }
        }
        let last = async {
            while open.join_next().await.is_some() {}
            while worker.tunnels.load(Ordering::Relaxed) > 0 {
                sleep(LAST_LOOK).await;
            }
        };
        // What is not done by then is cut off.
        drop(timeout(options.drain, last).await);
    });
}

fn client_of(address: SocketAddr, is_trusted: bool) -> Client {
    let value = HeaderValue::from_str(&address.ip().to_canonical().to_string());
    Client {
        value: value.unwrap_or(HeaderValue::from_static("unknown")),
        is_trusted,
        latest: LatestBytes::default(),
    }
}

async fn serve_client(
    worker: &Arc<Worker>,
    stream: std::net::TcpStream,
    client: Client,
    mut draining: watch::Receiver<bool>,
) {
    let Ok(stream) = TcpStream::from_std(stream) else {
        return;
    };
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let latest = client.latest.clone();
    let client = Arc::new(client);
    let service = service_fn(move |request| {
        let answer = proxy::answer(worker.clone(), client.clone(), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX);
    let connection =
        builder.serve_connection_with_upgrades(TokioIo::new(Watched { stream, latest }), service);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        // A broken connection has told its flight already.
        _ = &mut connection => return,
        _ = draining.wait_for(|is_draining| *is_draining) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}
