//! Tasks in the store: filing, claiming, holding, closing, listing. What is allowed is decided by
//! pure functions of `work`, inside the transaction that writes the result; a refusal is a value.

mod attempts;
mod claiming;
mod closing;
mod counters;
mod editing;
pub(crate) mod filing;
mod holding;
pub(crate) mod lease_clock;
mod links;
mod listing;
mod notes;
mod progress;
pub(crate) mod requests;
mod rows;
mod verifying;

pub use adjutant_work::Holder;
pub use attempts::{Attempt, AttemptResult};
pub use filing::{Filed, NewTask};
pub use lease_clock::LeaseClock;
pub use links::TaskLink;
pub use listing::{StoredTask, TaskFilter, TaskPage};
pub use notes::Note;
pub use progress::WorkProgress;

pub(crate) use verifying::check_tasks;

use adjutant_work::{Refusal, Task};

/// What became of a write about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is done, and this is the task now.
    Task(Box<Task>),
    /// It was not done, and this is why.
    Refused(Refusal),
}
