//! What a transaction has read and written, so that it is not asked again. There is one writer, so
//! nobody else changes it meanwhile; many claims in one group read the queue and the leases once.

use std::sync::Arc;

use adjutant_domain::TaskId;
use adjutant_work::{Held, Task, TaskState, ready_order};

/// The place of a task in the queue.
pub(crate) type ReadyOrder = (u8, std::cmp::Reverse<u32>, TaskId);

/// What is known in one transaction. Nothing of it outlives the transaction, or a part of it that is
/// taken back.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) journal_end: Option<JournalEnd>,
    pub(crate) lease_clock: Option<SeenClock>,
    /// Every lease, in the order of the tasks.
    pub(crate) leases: Option<Arc<Vec<Held>>>,
    pub(crate) queue: Option<ReadyFront>,
}

/// Position and hash of an entry of the journal.
#[derive(Clone)]
pub(crate) struct JournalEnd {
    pub(crate) position: i64,
    pub(crate) hash: String,
}

/// The lease clock: as it is kept, and what it shows.
#[derive(Clone)]
pub(crate) struct SeenClock {
    pub(crate) kept: KeptClock,
    pub(crate) shown: KeptClock,
}

/// What the lease clock showed, and what has to be kept so that it never shows less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptClock {
    pub(crate) boot: String,
    pub(crate) ahead: i64,
    pub(crate) high: i64,
}

/// The first tasks of the queue.
#[derive(Clone)]
pub(crate) struct ReadyFront {
    /// In the order of the queue.
    pub(crate) tasks: Vec<Arc<Task>>,
    /// The place up to which these are all; `None` when there are no others.
    pub(crate) up_to: Option<ReadyOrder>,
}

impl Seen {
    /// A task was written.
    pub(crate) fn task_written(&mut self, task: &Task) {
        if let Some(leases) = &mut self.leases {
            let leases = Arc::make_mut(leases);
            leases.retain(|held| held.task != task.id);
            if let TaskState::Leased(lease) = &task.state {
                let place = leases.partition_point(|held| held.task < task.id);
                let held = Held {
                    task: task.id,
                    lease: lease.clone(),
                    paths: task.intake.paths.clone(),
                };
                leases.insert(place, held);
            }
        }
        if let Some(queue) = &mut self.queue {
            queue.task_written(task);
        }
    }
}

impl ReadyFront {
    fn task_written(&mut self, task: &Task) {
        self.tasks.retain(|ready| ready.id != task.id);
        let order = ready_order(task);
        let is_ready = matches!(task.state, TaskState::Open) && task.open_blockers == 0;
        if is_ready && self.up_to.is_none_or(|last| order <= last) {
            let place = self
                .tasks
                .partition_point(|ready| ready_order(ready) < order);
            self.tasks.insert(place, Arc::new(task.clone()));
        }
    }
}
