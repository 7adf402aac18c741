//! One request on its way: from its head to the last byte of its answer, or to whatever ends it
//! earlier. However it ends, it is counted once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use adjutant_domain::Timestamp;
use adjutant_outbound::clock::Stopwatch;

use crate::measure::{CellId, Ending, ErrorClass};
use crate::plan::Arm;
use crate::worker::Worker;

/// What is known of a request's body while it is sent.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    bytes: AtomicU64,
    is_whole: AtomicBool,
    is_broken: AtomicBool,
    waits_for_client: AtomicBool,
}

impl Upload {
    pub(crate) fn moved(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.waits_for_client.store(false, Ordering::Relaxed);
    }

    pub(crate) fn waits(&self) {
        self.waits_for_client.store(true, Ordering::Relaxed);
    }

    pub(crate) fn completed(&self) {
        self.is_whole.store(true, Ordering::Relaxed);
    }

    pub(crate) fn broke(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole.load(Ordering::Relaxed)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Whether it is the client that keeps everyone waiting.
    pub(crate) fn is_stalled_by_client(&self) -> bool {
        !self.is_whole() && self.waits_for_client.load(Ordering::Relaxed)
    }
}

/// A request that is measured.
#[derive(Debug)]
pub(crate) struct Flight {
    worker: Arc<Worker>,
    arm: Arc<Arm>,
    cell: CellId,
    began: Timestamp,
    watch: Stopwatch,
    upload: Option<Arc<Upload>>,
    is_tunnel: bool,
    is_ended: bool,
    ending: Ending,
}

impl Flight {
    pub(crate) fn begin(worker: &Arc<Worker>, arm: &Arc<Arm>, cell: CellId) -> Self {
        let began = worker.now();
        arm.gauge.fetch_add(1, Ordering::Relaxed);
        worker.counts().begin(began, cell);
        Self {
            worker: worker.clone(),
            arm: arm.clone(),
            cell,
            began,
            watch: Stopwatch::start(),
            upload: None,
            is_tunnel: false,
            is_ended: false,
            ending: Ending {
                status: 0,
                error: None,
                retries: 0,
                request_bytes: 0,
                response_bytes: 0,
                head_ms: None,
                whole_ms: None,
            },
        }
    }

    pub(crate) fn carries(&mut self, upload: Arc<Upload>) {
        self.upload = Some(upload);
    }

    pub(crate) fn upload(&self) -> Option<&Arc<Upload>> {
        self.upload.as_ref()
    }

    pub(crate) fn retried(&mut self, retries: u32) {
        self.ending.retries = retries;
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.ending.status = status;
        self.ending.head_ms = Some(self.millis());
    }

    /// From here on it lasts as long as the client likes: no latency.
    pub(crate) fn becomes_tunnel(&mut self) {
        self.is_tunnel = true;
    }

    pub(crate) fn received(&mut self, bytes: u64) {
        self.ending.response_bytes += bytes;
    }

    pub(crate) fn end(&mut self, error: Option<ErrorClass>) {
        if self.is_ended {
            return;
        }
        self.is_ended = true;
        let is_server_error = self.ending.status >= 500;
        self.ending.error = error.or(is_server_error.then_some(ErrorClass::Server));
        if self.ending.error != Some(ErrorClass::Cancelled) && !self.is_tunnel {
            self.ending.whole_ms = Some(self.millis());
        }
        if let Some(upload) = &self.upload {
            self.ending.request_bytes += upload.bytes();
        }
        self.arm.gauge.fetch_sub(1, Ordering::Relaxed);
        self.worker.counts().end(self.began, self.cell, self.ending);
    }

    fn millis(&self) -> f64 {
        self.watch.elapsed().as_secs_f64() * 1_000.0
    }
}

impl Drop for Flight {
    /// What nobody ended, the client did: it went away.
    fn drop(&mut self) {
        self.end(Some(ErrorClass::Cancelled));
    }
}
