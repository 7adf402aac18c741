//! One request through the proxy: judged, given to an arm, asked, answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::response::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;

use crate::body::{AnswerBody, UploadBody};
use crate::flight::{Flight, Upload};
use crate::headers::{self, Client};
use crate::measure::ErrorClass;
use crate::mirror::{self, Copying};
use crate::plan::{Arm, Plan, Sticky, Waits};
use crate::split;
use crate::upstream::{self, Lease, SendFault};
use crate::worker::Worker;

/// How long a cookie that the proxy gives out holds: a day.
const COOKIE_SECONDS: u32 = 24 * 3_600;

/// Answers a client.
pub(crate) async fn answer(
    worker: Arc<Worker>,
    client: Arc<Client>,
    mut request: Request<Incoming>,
) -> Response<AnswerBody> {
    let fault = headers::fault_of(&request, &client.latest);
    client.latest.forget();
    if let Some(fault) = fault {
        worker.refused.fetch_add(1, Ordering::Relaxed);
        return closing(StatusCode::BAD_REQUEST, fault.text());
    }
    let Some(plan) = worker.plan() else {
        worker.unrouted.fetch_add(1, Ordering::Relaxed);
        return said(StatusCode::SERVICE_UNAVAILABLE, "no arm is configured");
    };
    let choice = choose(&worker, &plan, &request);
    let arm = &plan.arms[choice.arm].arm;
    worker.counts().split(
        plan.generation,
        plan.arms.len(),
        choice.arm,
        choice.is_keyed,
    );

    let upgrade = headers::wants_upgrade(&request).then(|| Upgrade::of(&mut request));
    headers::to_origin_form(&mut request);
    headers::remove_hop_by_hop(request.headers_mut());
    headers::add_forwarded(request.headers_mut(), &client);

    let mut flight = Flight::begin(&worker, arm, arm.live);
    if let Some(upgrade) = upgrade {
        return upgrade.through(&worker, &plan, arm, request, flight).await;
    }
    let asks = plan
        .mirror
        .as_ref()
        .and_then(|rule| mirror::asks_of(&worker, rule, choice.arm, plan.patience, &request));
    let request = request.map(|body| upload_of(body, &mut flight));
    let answered = forward(&worker, arm, plan.patience, request, flight).await;
    let mut response = match answered {
        Ok((parts, incoming, flight, lease)) => {
            let response = Response::from_parts(parts, incoming);
            let copying = asks.map(|asks| Copying::before(asks, &response));
            let idle = plan.patience.idle;
            response.map(|body| AnswerBody::passed(body, flight, lease, copying, idle))
        }
        Err(fault) => *fault,
    };
    if let Some(cookie) = choice.cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn upload_of(body: Incoming, flight: &mut Flight) -> UploadBody {
    if body.is_end_stream() {
        return UploadBody::Empty;
    }
    let upload = Arc::new(Upload::default());
    flight.carries(upload.clone());
    UploadBody::Client(body, upload)
}

/// What an upstream answered: its head, cleaned, and its body with what is to be done at its end.
pub(crate) type Forwarded = (Parts, Incoming, Flight, Option<Lease>);

/// Asks an arm; what the client gets instead where the arm has no answer.
pub(crate) async fn forward(
    worker: &Arc<Worker>,
    arm: &Arc<Arm>,
    waits: Waits,
    request: Request<UploadBody>,
    mut flight: Flight,
) -> Result<Forwarded, Box<Response<AnswerBody>>> {
    let upload = flight.upload().cloned();
    let sent = upstream::send(worker, arm, waits, request, upload.as_deref()).await;
    flight.retried(sent.retries);
    match sent.response {
        Ok((response, lease)) => {
            let (mut parts, incoming) = response.into_parts();
            flight.answered(parts.status.as_u16());
            if parts.status != StatusCode::SWITCHING_PROTOCOLS {
                headers::remove_hop_by_hop(&mut parts.headers);
            }
            parts.version = Version::HTTP_11;
            Ok((parts, incoming, flight, lease))
        }
        Err(fault) => {
            let (status, class, text) = told(fault);
            flight.answered(status.as_u16());
            flight.end(Some(class));
            Err(Box::new(said(status, text)))
        }
    }
}

/// What a client is told about a fault, and how it counts.
fn told(fault: SendFault) -> (StatusCode, ErrorClass, &'static str) {
    use ErrorClass::{Cancelled, Malformed, Refused, Reset, TimedOut};
    match fault {
        SendFault::Refused => (
            StatusCode::BAD_GATEWAY,
            Refused,
            "the upstream refuses connections",
        ),
        SendFault::ConnectTimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            TimedOut,
            "the upstream does not take the connection",
        ),
        SendFault::ResponseTimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            TimedOut,
            "the upstream does not answer in time",
        ),
        SendFault::Reset => (
            StatusCode::BAD_GATEWAY,
            Reset,
            "the upstream closed without an answer",
        ),
        SendFault::Malformed => (
            StatusCode::BAD_GATEWAY,
            Malformed,
            "the upstream's answer is not HTTP",
        ),
        SendFault::ClientGone => (
            StatusCode::BAD_REQUEST,
            Cancelled,
            "the request's body broke off",
        ),
        SendFault::ClientStalled => (
            StatusCode::REQUEST_TIMEOUT,
            Cancelled,
            "the request's body does not arrive",
        ),
    }
}

/// Which arm, and why.
struct Choice {
    arm: usize,
    is_keyed: bool,
    cookie: Option<HeaderValue>,
}

fn choose(worker: &Worker, plan: &Plan, request: &Request<Incoming>) -> Choice {
    let by_key = |key: &[u8]| {
        let arms = plan.arms.iter().map(|arm| (arm.name_hash, arm.weight));
        split::arm_of_key(key, arms)
    };
    let key = match &plan.sticky {
        Some(Sticky::Cookie { name, .. }) => headers::cookie(request.headers(), name),
        Some(Sticky::Header(name)) => request.headers().get(name).map(HeaderValue::as_bytes),
        None => None,
    };
    if let Some(key) = key {
        return Choice {
            arm: by_key(key),
            is_keyed: true,
            cookie: None,
        };
    }
    if let Some(Sticky::Cookie { name, issue: true }) = &plan.sticky {
        let key = format!(
            "{:016x}",
            split::mixed(worker.sequence.next() ^ worker.secret)
        );
        let cookie =
            format!("{name}={key}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax");
        return Choice {
            arm: by_key(key.as_bytes()),
            is_keyed: true,
            cookie: HeaderValue::from_str(&cookie).ok(),
        };
    }
    let weights = plan.arms.iter().map(|arm| arm.weight);
    Choice {
        arm: split::arm_at(worker.sequence.next(), weights),
        is_keyed: false,
        cookie: None,
    }
}

/// A client that wants another protocol on its connection, such as WebSocket.
struct Upgrade {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Upgrade {
    fn of(request: &mut Request<Incoming>) -> Self {
        let protocol = request.headers().get(header::UPGRADE).cloned();
        Self {
            protocol: protocol.unwrap_or(HeaderValue::from_static("")),
            client: hyper::upgrade::on(request),
        }
    }

    async fn through(
        self,
        worker: &Arc<Worker>,
        plan: &Plan,
        arm: &Arc<Arm>,
        request: Request<Incoming>,
        mut flight: Flight,
    ) -> Response<AnswerBody> {
        let mut request = request.map(|body| upload_of(body, &mut flight));
        let headers = request.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, self.protocol);
        let answered = forward(worker, arm, plan.patience, request, flight).await;
        let (parts, incoming, mut flight, lease) = match answered {
            Ok(answered) => answered,
            Err(fault) => return *fault,
        };
        if parts.status != StatusCode::SWITCHING_PROTOCOLS {
            let idle = plan.patience.idle;
            let body = AnswerBody::passed(incoming, flight, lease, None, idle);
            return Response::from_parts(parts, body);
        }
        let mut response = Response::from_parts(parts, incoming);
        let upstream = hyper::upgrade::on(&mut response);
        flight.becomes_tunnel();
        worker.tunnels.fetch_add(1, Ordering::Relaxed);
        let worker_of_tunnel = worker.clone();
        worker.spawn(async move {
            let error = tunnel(self.client, upstream, &mut flight).await;
            flight.end(error);
            worker_of_tunnel.tunnels.fetch_sub(1, Ordering::Relaxed);
        });
        response.map(|_| AnswerBody::said(""))
    }
}

/// Passes bytes in both directions until both have ended; what went wrong.
async fn tunnel(client: OnUpgrade, upstream: OnUpgrade, flight: &mut Flight) -> Option<ErrorClass> {
    let (Ok(client), Ok(upstream)) = tokio::join!(client, upstream) else {
        return Some(ErrorClass::Reset);
    };
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    match tokio::io::copy_bidirectional(&mut client, &mut upstream).await {
        Ok((_, from_upstream)) => {
            flight.received(from_upstream);
            None
        }
        Err(_) => Some(ErrorClass::Reset),
    }
}

/// What a mirror that did not answer is compared as.
pub(crate) fn unanswered() -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

/// The proxy's own words.
fn said(status: StatusCode, text: &'static str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::said(format!("adjutant: {text}\n")));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The proxy's last words on a connection.
fn closing(status: StatusCode, text: &'static str) -> Response<AnswerBody> {
    let mut response = said(status, text);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
