//! Connections to upstreams: kept and used again, opened within a time, and a request sent again
//! only where that cannot do anything twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adjutant_outbound::clock::Stopwatch;
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::body::UploadBody;
use crate::desired::UpstreamProtocol;
use crate::flight::Upload;
use crate::headers;
use crate::plan::{Arm, Waits};
use crate::worker::Worker;

/// Kept connections to one upstream, in each worker. What is more is closed when it is not used.
const IDLE_MAX: usize = 1_024;

/// An upstream may close a connection that nobody used for longer.
const IDLE_FOR_MAX: Duration = Duration::from_secs(30);

/// How often a request that was never sent is tried on another kept connection before a new one
/// is opened.
const KEPT_TRIES_MAX: u32 = 2;

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendFault {
    Refused,
    ConnectTimedOut,
    ResponseTimedOut,
    Reset,
    Malformed,
    ClientGone,
    ClientStalled,
}

/// What came of sending a request.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) response: Result<(Response<Incoming>, Option<Lease>), SendFault>,
    pub(crate) retries: u32,
}

/// The connections of one worker that nobody uses.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    http1: Mutex<HashMap<Arc<str>, Vec<Kept>>>,
    http2: Mutex<HashMap<Arc<str>, http2::SendRequest<UploadBody>>>,
}

/// A connection that nobody uses, and since when.
#[derive(Debug)]
struct Kept {
    sender: http1::SendRequest<UploadBody>,
    since: Stopwatch,
}

impl Pools {
    /// Closes what is kept to any other upstream.
    pub(crate) fn keep_only(&self, upstreams: &BTreeSet<Arc<str>>) {
        held(&self.http1).retain(|known, _| upstreams.contains(known));
        held(&self.http2).retain(|known, _| upstreams.contains(known));
    }

    fn take(&self, upstream: &Arc<str>) -> Option<http1::SendRequest<UploadBody>> {
        let mut pools = held(&self.http1);
        let kept = pools.get_mut(upstream)?;
        while let Some(Kept { sender, since }) = kept.pop() {
            if sender.is_closed() {
                continue;
            }
            if since.elapsed() > IDLE_FOR_MAX {
                // Those below it have waited longer.
                kept.clear();
                return None;
            }
            return Some(sender);
        }
        None
    }
}

/// A connection in use, with the place it is given back to.
#[derive(Debug)]
pub(crate) struct Lease {
    worker: Arc<Worker>,
    upstream: Arc<str>,
    sender: http1::SendRequest<UploadBody>,
}

impl Lease {
    /// After a whole response. A connection that is still sending the request is of no use.
    pub(crate) fn give_back(self, is_sent: bool) {
        if !is_sent || self.sender.is_closed() {
            return;
        }
        let mut pools = held(&self.worker.pools.http1);
        let kept = pools.entry(self.upstream).or_default();
        if kept.len() < IDLE_MAX {
            kept.push(Kept {
                sender: self.sender,
                since: Stopwatch::start(),
            });
        }
    }
}

/// A connection to send one request on.
enum Connection {
    Http1(http1::SendRequest<UploadBody>),
    Http2(http2::SendRequest<UploadBody>),
}

struct Opened {
    connection: Connection,
    upstream: Arc<str>,
    is_kept: bool,
}

/// Sends a request to one of the arm's upstreams.
pub(crate) async fn send(
    worker: &Arc<Worker>,
    arm: &Arm,
    waits: Waits,
    mut request: Request<UploadBody>,
    upload: Option<&Upload>,
) -> Sent {
    let is_replayable = is_replayable(&request);
    let mut tries = 0;
    let mut retries = 0;
    loop {
        let opened = match open(worker, arm, waits, tries <= KEPT_TRIES_MAX).await {
            Ok(opened) => opened,
            Err(fault) => {
                return Sent {
                    response: Err(fault),
                    retries,
                };
            }
        };
        let is_kept = opened.is_kept;
        let copy = (is_kept && is_replayable && retries == 0).then(|| copy_of(&request));
        match send_on(worker, opened, waits, request, upload).await {
            Ok(response) => {
                return Sent {
                    response: Ok(response),
                    retries,
                };
            }
            Err(Failed::Unsent(unsent)) if is_kept => {
                request = *unsent;
                tries += 1;
            }
            Err(Failed::Unsent(_)) => {
                return Sent {
                    response: Err(SendFault::Reset),
                    retries,
                };
            }
            Err(Failed::Sent(fault)) => match copy {
                // The upstream closed a kept connection just when it was used again.
                Some(copy) if fault == SendFault::Reset => {
                    request = copy;
                    retries += 1;
                    tries = KEPT_TRIES_MAX + 1;
                }
                Some(_) | None => {
                    return Sent {
                        response: Err(fault),
                        retries,
                    };
                }
            },
        }
    }
}

/// Whether a second sending cannot do any harm (RFC 9110, 9.2.2), and no body is needed for it.
fn is_replayable(request: &Request<UploadBody>) -> bool {
    let is_idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    );
    is_idempotent && request.body().is_end_stream()
}

/// The same request, of one that has no body.
pub(crate) fn copy_of<B>(request: &Request<B>) -> Request<UploadBody> {
    let mut copy = Request::new(UploadBody::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    copy
}

enum Failed {
    /// Nothing of it was sent.
    Unsent(Box<Request<UploadBody>>),
    Sent(SendFault),
}

async fn send_on(
    worker: &Arc<Worker>,
    opened: Opened,
    waits: Waits,
    mut request: Request<UploadBody>,
    upload: Option<&Upload>,
) -> Result<(Response<Incoming>, Option<Lease>), Failed> {
    match opened.connection {
        Connection::Http1(mut sender) => {
            // A kept connection is ready, or will be at once: its last response was read to the end.
            if opened.is_kept && !sender.is_ready() {
                let ready = timeout(waits.connect, sender.ready()).await;
                if !matches!(ready, Ok(Ok(()))) {
                    return Err(Failed::Unsent(Box::new(request)));
                }
            }
            let sending = sender.try_send_request(request);
            let response = in_time(sending, waits.response, upload).await?;
            let lease = Lease {
                worker: worker.clone(),
                upstream: opened.upstream,
                sender,
            };
            Ok((response, Some(lease)))
        }
        Connection::Http2(mut sender) => {
            headers::to_authority_form(&mut request, &opened.upstream);
            if sender.ready().await.is_err() {
                return Err(Failed::Unsent(Box::new(request)));
            }
            let sending = sender.try_send_request(request);
            Ok((in_time(sending, waits.response, upload).await?, None))
        }
    }
}

/// Waits for a response's head. A request that is still being sent is given more time for as long
/// as it moves.
async fn in_time(
    sending: impl Future<Output = Result<Response<Incoming>, TrySendError<Request<UploadBody>>>>,
    wait: Duration,
    upload: Option<&Upload>,
) -> Result<Response<Incoming>, Failed> {
    tokio::pin!(sending);
    let mut moved = 0;
    loop {
        let Ok(answered) = timeout(wait, &mut sending).await else {
            match upload {
                Some(upload) if upload.bytes() > moved => moved = upload.bytes(),
                Some(upload) if upload.is_stalled_by_client() => {
                    return Err(Failed::Sent(SendFault::ClientStalled));
                }
                Some(_) | None => return Err(Failed::Sent(SendFault::ResponseTimedOut)),
            }
            continue;
        };
        return answered.map_err(|mut error| match error.take_message() {
            Some(unsent) => Failed::Unsent(Box::new(unsent)),
            None => Failed::Sent(fault_of(error.error(), upload)),
        });
    }
}

fn fault_of(error: &hyper::Error, upload: Option<&Upload>) -> SendFault {
    if upload.is_some_and(Upload::is_broken) {
        SendFault::ClientGone
    } else if error.is_parse() {
        SendFault::Malformed
    } else {
        SendFault::Reset
    }
}

/// A kept connection, or a new one to the next upstream that takes it.
async fn open(
    worker: &Arc<Worker>,
    arm: &Arm,
    waits: Waits,
    may_be_kept: bool,
) -> Result<Opened, SendFault> {
    let mut fault = SendFault::Refused;
    let first = arm.turn.fetch_add(1, Ordering::Relaxed);
    for place in 0..arm.upstreams.len() {
        let upstream = &arm.upstreams[first.wrapping_add(place) % arm.upstreams.len()];
        if let Some(connection) = kept(worker, upstream, arm.protocol).filter(|_| may_be_kept) {
            return Ok(Opened {
                connection,
                upstream: upstream.clone(),
                is_kept: true,
            });
        }
        match connect(worker, upstream, arm.protocol, waits.connect).await {
            Ok(connection) => {
                return Ok(Opened {
                    connection,
                    upstream: upstream.clone(),
                    is_kept: false,
                });
            }
            Err(why) => fault = why,
        }
    }
    Err(fault)
}

fn kept(worker: &Worker, upstream: &Arc<str>, protocol: UpstreamProtocol) -> Option<Connection> {
    match protocol {
        UpstreamProtocol::Http1 => worker.pools.take(upstream).map(Connection::Http1),
        UpstreamProtocol::Http2 => held(&worker.pools.http2)
            .get(upstream)
            .filter(|sender| !sender.is_closed())
            .cloned()
            .map(Connection::Http2),
    }
}

async fn connect(
    worker: &Arc<Worker>,
    upstream: &Arc<str>,
    protocol: UpstreamProtocol,
    wait: Duration,
) -> Result<Connection, SendFault> {
    let stream = match timeout(wait, TcpStream::connect(&**upstream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) => return Err(SendFault::Refused),
        Err(_) => return Err(SendFault::ConnectTimedOut),
    };
    stream
        .set_nodelay(true)
        .map_err(|_closed| SendFault::Refused)?;
    let io = TokioIo::new(stream);
    match protocol {
        UpstreamProtocol::Http1 => {
            // Most requests are a head alone: one write is cheaper than a vector of one.
            let handshake = http1::Builder::new().writev(false).handshake(io);
            let (sender, connection) = handshake.await.map_err(|_closed| SendFault::Reset)?;
            // Whoever sends on it hears of its end.
            worker.spawn(async move { drop(connection.with_upgrades().await) });
            Ok(Connection::Http1(sender))
        }
        UpstreamProtocol::Http2 => {
            let handshake = http2::handshake(TokioExecutor::new(), io);
            let (sender, connection) = handshake.await.map_err(|_closed| SendFault::Reset)?;
            worker.spawn(async move { drop(connection.await) });
            held(&worker.pools.http2).insert(upstream.clone(), sender.clone());
            Ok(Connection::Http2(sender))
        }
    }
}

/// A lock's content. What was held by a thread that panicked is counts and lists, whole at any time.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
