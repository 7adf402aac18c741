//! A worker: one thread with a runtime of its own, its own connections to upstreams and its own
//! counts, so that no request waits for another thread.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard};

use adjutant_domain::Timestamp;
use tokio::runtime::Handle;

use crate::TrafficClock;
use crate::comparison::Comparisons;
use crate::measure::Counts;
use crate::mirror::MirrorState;
use crate::plan::Plan;
use crate::split::Sequence;
use crate::upstream::{Pools, held};

/// What a worker's requests share.
#[derive(Debug)]
pub(crate) struct Worker {
    clock: TrafficClock,
    runtime: Handle,
    plan: Mutex<Option<Arc<Plan>>>,
    counts: Mutex<Counts>,
    pub(crate) pools: Pools,
    pub(crate) sequence: Sequence,
    pub(crate) mirror_sequence: Sequence,
    /// Makes the cookies of this process unlike those of others.
    pub(crate) secret: u64,
    pub(crate) mirrors: MirrorState,
    /// Who asks what is mirrored; the mirror itself has none.
    mirror: Option<Arc<Worker>>,
    pub(crate) comparisons: Arc<Comparisons>,
    pub(crate) connections: AtomicU64,
    /// Connections that another protocol took over.
    pub(crate) tunnels: AtomicU64,
    pub(crate) is_draining: AtomicBool,
    pub(crate) unrouted: AtomicU64,
    pub(crate) refused: AtomicU64,
}

impl Worker {
    pub(crate) fn new(
        number: u64,
        clock: TrafficClock,
        runtime: Handle,
        comparisons: Arc<Comparisons>,
        mirror: Option<Arc<Worker>>,
    ) -> Self {
        let secret = clock().unix_millis().unsigned_abs();
        Self {
            clock,
            runtime,
            plan: Mutex::default(),
            counts: Mutex::default(),
            pools: Pools::default(),
            sequence: Sequence::from(2 * number),
            mirror_sequence: Sequence::from(2 * number + 1),
            secret: crate::split::mixed(secret ^ (u64::from(std::process::id()) << 40) ^ number),
            mirrors: MirrorState::default(),
            mirror,
            comparisons,
            connections: AtomicU64::new(0),
            tunnels: AtomicU64::new(0),
            is_draining: AtomicBool::new(false),
            unrouted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn plan(&self) -> Option<Arc<Plan>> {
        held(&self.plan).clone()
    }

    pub(crate) fn follow(&self, plan: Arc<Plan>) {
        let arms = plan.arms.iter();
        let upstreams = arms
            .flat_map(|arm| arm.arm.upstreams.iter().cloned())
            .collect();
        *held(&self.plan) = Some(plan);
        self.pools.keep_only(&upstreams);
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        held(&self.counts)
    }

    /// The worker that asks what is mirrored.
    pub(crate) fn mirror(self: &Arc<Self>) -> Arc<Self> {
        self.mirror.as_ref().unwrap_or(self).clone()
    }

    /// Runs something on this worker's thread; it ends with the worker at the latest.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }
}
