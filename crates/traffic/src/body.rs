//! Bodies as they pass through: counted, copied for the mirror, and given up when they stand still.
//! Nothing is collected.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::flight::{Flight, Upload};
use crate::measure::ErrorClass;
use crate::mirror::Copying;
use crate::upstream::Lease;

/// Why a body ended early.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A request's body on its way to an upstream.
#[derive(Debug)]
pub(crate) enum UploadBody {
    Empty,
    Client(Incoming, Arc<Upload>),
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let UploadBody::Client(incoming, upload) = self.get_mut() else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(&mut *incoming).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                upload.moved(frame.data_ref().map_or(0, Bytes::len) as u64);
                if incoming.is_end_stream() {
                    upload.completed();
                }
            }
            Poll::Ready(Some(Err(_))) => upload.broke(),
            Poll::Ready(None) => upload.completed(),
            Poll::Pending => upload.waits(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match self {
            UploadBody::Empty => true,
            UploadBody::Client(incoming, _) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            UploadBody::Empty => SizeHint::with_exact(0),
            UploadBody::Client(incoming, _) => incoming.size_hint(),
        }
    }
}

/// A response's body on its way to a client.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// The proxy's own words.
    Said(Option<Bytes>),
    /// An upstream's.
    Passed(Box<Passed>),
}

/// An upstream's body, with what has to be done when it ends.
#[derive(Debug)]
pub(crate) struct Passed {
    incoming: Incoming,
    flight: Flight,
    lease: Option<Lease>,
    copying: Option<Copying>,
    idle: Duration,
    /// Only made when the upstream makes us wait.
    alarm: Option<Pin<Box<Sleep>>>,
    is_alarm_set: bool,
}

/// The upstream sent nothing for too long.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's response stands still")]
struct StandsStill;

impl AnswerBody {
    pub(crate) fn said(text: impl Into<Bytes>) -> Self {
        AnswerBody::Said(Some(text.into()))
    }

    pub(crate) fn passed(
        incoming: Incoming,
        flight: Flight,
        lease: Option<Lease>,
        copying: Option<Copying>,
        idle: Duration,
    ) -> Self {
        let mut passed = Box::new(Passed {
            incoming,
            flight,
            lease,
            copying,
            idle,
            alarm: None,
            is_alarm_set: false,
        });
        if passed.incoming.is_end_stream() {
            passed.end(None);
        }
        AnswerBody::Passed(passed)
    }
}

impl Passed {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match Pin::new(&mut self.incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.is_alarm_set = false;
                if let Some(data) = frame.data_ref() {
                    self.flight.received(data.len() as u64);
                    if let Some(copying) = &mut self.copying {
                        copying.take(data);
                    }
                }
                if self.incoming.is_end_stream() {
                    self.end(None);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.end(Some(ErrorClass::Reset));
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.end(None);
                Poll::Ready(None)
            }
            Poll::Pending => {
                ready!(self.poll_alarm(context));
                self.end(Some(ErrorClass::TimedOut));
                Poll::Ready(Some(Err(StandsStill.into())))
            }
        }
    }

    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(idle)));
        if !self.is_alarm_set {
            self.is_alarm_set = true;
            alarm.as_mut().reset(Instant::now() + idle);
        }
        alarm.as_mut().poll(context)
    }

    fn end(&mut self, error: Option<ErrorClass>) {
        self.flight.end(error);
        match (error, self.copying.take()) {
            (None, Some(copying)) => copying.complete(),
            (Some(_), copying) => drop(copying),
            (None, None) => {}
        }
        if let Some(lease) = self.lease.take().filter(|_| error.is_none()) {
            let is_sent = self.flight.upload().is_none_or(|upload| upload.is_whole());
            lease.give_back(is_sent);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            AnswerBody::Said(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            AnswerBody::Passed(passed) => passed.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Said(text) => text.as_ref().is_none_or(Bytes::is_empty),
            AnswerBody::Passed(passed) => passed.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            AnswerBody::Said(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64)
            }
            AnswerBody::Passed(passed) => passed.incoming.size_hint(),
        }
    }
}
