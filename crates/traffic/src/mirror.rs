//! Requests asked again of another arm. Nobody waits for the answers: what is too much is dropped
//! and counted, and whole pairs go to the comparison.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response};

use crate::body::{AnswerBody, UploadBody};
use crate::comparison::Pair;
use crate::flight::Flight;
use crate::headers::MIRROR_MARK;
use crate::observed::MirrorCounts;
use crate::plan::{Arm, Mirror, Waits};
use crate::proxy;
use crate::split;
use crate::upstream::{copy_of, held};
use crate::worker::Worker;

/// What became of the mirrored requests of a worker.
#[derive(Debug, Default)]
pub(crate) struct MirrorState {
    in_flight: AtomicUsize,
    counts: Mutex<MirrorCounts>,
}

impl MirrorState {
    pub(crate) fn counts(&self) -> MirrorCounts {
        *held(&self.counts)
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<Bytes>,
}

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Baseline,
    Candidate,
    Again,
}

/// A copy of an answer that is being made while the answer passes.
#[derive(Debug)]
pub(crate) struct Copying {
    pair: Arc<Pair>,
    side: Side,
    answer: Answer,
    bytes: usize,
    is_too_long: bool,
}

impl Copying {
    pub(crate) fn begin<B>(pair: Arc<Pair>, side: Side, response: &Response<B>) -> Self {
        Self {
            pair,
            side,
            answer: Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: Vec::new(),
            },
            bytes: 0,
            is_too_long: false,
        }
    }

    pub(crate) fn take(&mut self, data: &Bytes) {
        self.bytes += data.len();
        if self.bytes > self.pair.body_bytes_max {
            self.is_too_long = true;
            self.answer.body.clear();
        } else {
            self.answer.body.push(data.clone());
        }
    }

    /// The answer ended as it should.
    pub(crate) fn complete(self) {
        if self.is_too_long {
            self.pair.was_too_long();
        } else if self.answer.headers.contains_key(header::CONTENT_ENCODING) {
            self.pair.was_encoded();
        } else {
            self.pair.answered(self.side, self.answer);
        }
    }
}

/// Asks the request of the mirrored arms where the rule says so; `None` where it does not. The
/// copy of the client's answer completes the pair.
pub(crate) fn ask_again<B: Body>(
    worker: &Arc<Worker>,
    rule: &Mirror,
    arm: usize,
    waits: Waits,
    request: &Request<B>,
) -> Option<Arc<Pair>> {
    let is_permitted = arm == rule.from
        && request.body().is_end_stream()
        && rule
            .allow
            .iter()
            .any(|allowance| allowance.permits(request.method(), request.uri().path()))
        && split::basis_points(worker.mirror_sequence.next()) < rule.share;
    if !is_permitted {
        return None;
    }
    let arms = [
        (Side::Candidate, Some(&rule.to)),
        (Side::Again, rule.again.as_ref()),
    ];
    let asked = 1 + usize::from(rule.again.is_some());
    let state = &worker.mirrors;
    if state.in_flight.load(Ordering::Relaxed) + asked > rule.in_flight_max {
        held(&state.counts).dropped_busy += 1;
        return None;
    }
    held(&state.counts).sent += 1;
    let pair = Arc::new(Pair::new(&worker.comparisons, rule));
    for (side, arm) in arms {
        let Some(arm) = arm else { continue };
        state.in_flight.fetch_add(1, Ordering::Relaxed);
        let (worker_of_task, arm, pair) = (worker.clone(), arm.clone(), pair.clone());
        let mut asked = copy_of(request);
        let mark = HeaderValue::from_static("1");
        asked.headers_mut().insert(&MIRROR_MARK, mark);
        worker.spawn(async move {
            ask(&worker_of_task, &arm, waits, asked, (side, pair)).await;
            worker_of_task
                .mirrors
                .in_flight
                .fetch_sub(1, Ordering::Relaxed);
        });
    }
    Some(pair)
}

/// Asks one arm and reads its whole answer.
async fn ask(
    worker: &Arc<Worker>,
    arm: &Arc<Arm>,
    waits: Waits,
    request: Request<UploadBody>,
    (side, pair): (Side, Arc<Pair>),
) {
    let flight = Flight::begin(worker, arm, arm.mirrored);
    let response = proxy::forward(worker, arm, waits, request, flight).await;
    let Ok((parts, incoming, flight, lease)) = response else {
        // The candidate's silence is a disagreement: it answers as its proxy would.
        Copying::begin(pair, side, &proxy::unanswered()).complete();
        return;
    };
    let copying = Copying::begin(pair, side, &Response::from_parts(parts, ()));
    let mut body = AnswerBody::passed(incoming, flight, lease, Some(copying), waits.idle);
    while let Some(Ok(_)) = body.frame().await {}
}
