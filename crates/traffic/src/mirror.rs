//! Requests asked again of another arm, by a thread of their own and once the client has its answer.
//! Nobody waits for them: what is too much is dropped and counted, and whole pairs go to the
//! comparison.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use adjutant_outbound::precedence;
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
    /// What is asked when the answer is whole.
    then: Option<Asks>,
}

impl Copying {
    /// A copy of the client's answer.
    pub(crate) fn before<B>(asks: Asks, response: &Response<B>) -> Self {
        let mut copying = Self::begin(asks.pair.clone(), Side::Baseline, response);
        copying.then = Some(asks);
        copying
    }

    fn begin<B>(pair: Arc<Pair>, side: Side, response: &Response<B>) -> Self {
        Self {
            then: None,
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
            if let Some(asks) = self.then {
                asks.go();
            }
        }
    }
}

/// What is asked once the client has its answer.
#[derive(Debug)]
pub(crate) struct Asks {
    worker: Arc<Worker>,
    waits: Waits,
    pair: Arc<Pair>,
    each: Vec<(Side, Arc<Arm>, Request<UploadBody>)>,
}

/// What to ask again where the rule says so; `None` where it does not.
pub(crate) fn asks_of<B: Body>(
    worker: &Arc<Worker>,
    rule: &Mirror,
    arm: usize,
    waits: Waits,
    request: &Request<B>,
) -> Option<Asks> {
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
    let each: Vec<_> = arms
        .into_iter()
        .filter_map(|(side, arm)| {
            let mut copy = copy_of(request);
            let mark = HeaderValue::from_static("1");
            copy.headers_mut().insert(&MIRROR_MARK, mark);
            Some((side, arm?.clone(), copy))
        })
        .collect();
    let state = &worker.mirrors;
    let in_flight = state.in_flight.fetch_add(each.len(), Ordering::Relaxed);
    if in_flight + each.len() > rule.in_flight_max {
        state.in_flight.fetch_sub(each.len(), Ordering::Relaxed);
        held(&state.counts).dropped_busy += 1;
        return None;
    }
    Some(Asks {
        worker: worker.clone(),
        waits,
        pair: Arc::new(Pair::new(&worker.comparisons, rule)),
        each,
    })
}

impl Asks {
    /// Asks, on the thread that is there for it.
    fn go(mut self) {
        held(&self.worker.mirrors.counts).sent += 1;
        let mirror = self.worker.mirror();
        for (side, arm, request) in std::mem::take(&mut self.each) {
            let (worker, pair, waits) = (self.worker.clone(), self.pair.clone(), self.waits);
            let asking = mirror.clone();
            mirror.spawn(async move {
                ask(&asking, &arm, waits, request, (side, pair)).await;
                worker.mirrors.in_flight.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
}

impl Drop for Asks {
    /// What is never asked makes room.
    fn drop(&mut self) {
        let left = self.each.len();
        self.worker
            .mirrors
            .in_flight
            .fetch_sub(left, Ordering::Relaxed);
    }
}

/// Asks one arm and reads its whole answer.
async fn ask(
    worker: &Arc<Worker>,
    arm: &Arc<Arm>,
    waits: Waits,
    request: Request<UploadBody>,
    (side, pair): (Side, Arc<Pair>),
) {
    precedence::step_aside();
    let flight = Flight::begin(worker, arm, arm.mirrored);
    let response = proxy::forward(worker, arm, waits, request, flight).await;
    precedence::step_aside();
    let Ok((parts, incoming, flight, lease)) = response else {
        // The candidate's silence is a disagreement: it answers as its proxy would.
        Copying::begin(pair, side, &proxy::unanswered()).complete();
        return;
    };
    let copying = Copying::begin(pair, side, &Response::from_parts(parts, ()));
    let mut body = AnswerBody::passed(incoming, flight, lease, Some(copying), waits.idle);
    while let Some(Ok(_)) = body.frame().await {}
}
