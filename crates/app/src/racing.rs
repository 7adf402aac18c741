//! The self-test of the queue: real processes race for tasks, and are stopped and killed while
//! they hold them. It counts what must never happen.

mod accounts;
mod drain;
mod fate;
mod rounds;
mod worker;

use adjutant_domain::Timestamp;
use adjutant_outbound::clock::Stopwatch;
use adjutant_outbound::crew::Recipe;
use adjutant_store::{Filed, NewTask, Scratch, Store, StoreError};
use adjutant_work::{Intake, Priority, Refusal, Risk, TaskKind, Timebox};

pub use accounts::{DrainResult, RoundsResult};
pub use worker::{WorkerKind, work};

/// How large the race is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaceSize {
    /// Processes that claim one task at once.
    pub processes: u32,
    /// How often.
    pub rounds: u32,
    /// Tasks that are drained.
    pub drain: u32,
    /// Processes that drain them.
    pub workers: u32,
    /// Of a thousand claims while draining, how many cost the holder its life.
    pub killed_per_thousand: u32,
    /// And how many holders are held until their lease has run out.
    pub held_per_thousand: u32,
    /// How long a lease lasts while draining, in milliseconds: so short that those who are held
    /// lose it, so long that the others rarely do, also when all wait for one lock.
    pub lease_millis: u32,
    /// Decides who is held and killed.
    pub seed: u64,
}

/// What the race showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaceResult {
    /// Many processes, one task.
    pub rounds: RoundsResult,
    /// Many tasks, processes that die.
    pub drain: DrainResult,
    /// What `journal verify` found afterwards.
    pub journal: Vec<String>,
}

impl RaceResult {
    /// Whether nothing happened that must not, and what was to be provoked did happen.
    pub fn holds(&self) -> bool {
        self.rounds.holds() && self.drain.holds() && self.journal.is_empty()
    }
}

/// A race that could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A worker could not be started, told, heard or signalled.
    #[error("a worker cannot be {verb}")]
    Worker {
        /// `started`, `told`, `heard`, `stopped`, `resumed`, `killed` or `finished`.
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A worker said what no worker says.
    #[error("a worker said {0:?}")]
    Unheard(String),
    /// The store refused what must be possible.
    #[error("the store refused: {0:?}")]
    Refused(Box<Refusal>),
}

/// Runs the race in a scratch store. `recipe` says how a worker of a kind, with a name, is started
/// on it; `progress` is told how many of the tasks are drained.
///
/// # Errors
/// When it cannot be run to its end. What must not happen is a value.
pub async fn race(
    scratch: &Scratch,
    size: RaceSize,
    recipe: &dyn Fn(WorkerKind, &str) -> Recipe,
    progress: &mut dyn FnMut(&str),
    now: Timestamp,
) -> Result<RaceResult, RaceError> {
    let store = Store::open(&scratch.location, now).await?;
    let rounds = rounds::run(&store, size, recipe, progress, now).await?;
    let drain = drain::run(&store, size, recipe, progress, now).await?;
    progress("verifying the journal");
    let journal = store.verify_journal().await?.problems;
    Ok(RaceResult {
        rounds,
        drain,
        journal,
    })
}

/// Files `count` tasks, one transaction for many.
async fn file(
    store: &Store,
    count: u32,
    title: &str,
    now: Timestamp,
) -> Result<Vec<adjutant_work::Task>, RaceError> {
    const BATCH: usize = 1_000;
    let new: Vec<NewTask> = (0..count).map(|number| task(title, number)).collect();
    let mut filed = Vec::with_capacity(new.len());
    for batch in new.chunks(BATCH) {
        match store.file_tasks(batch, None, now).await? {
            Filed::Tasks(tasks) => filed.extend(tasks),
            Filed::Refused(refusal) => return Err(RaceError::Refused(Box::new(refusal))),
        }
    }
    Ok(filed)
}

fn task(title: &str, number: u32) -> NewTask {
    let some = |text: &str| vec![text.to_owned()];
    NewTask {
        intake: Intake {
            title: format!("{title} {number}"),
            kind: Some(TaskKind::Test),
            goal: "One process has it.".to_owned(),
            context: "The self-test of the queue.".to_owned(),
            success_criteria: some("Nobody else has it."),
            deliverables: some("Nothing."),
            non_goals: some("Everything else."),
            risks: vec![Risk {
                risk: "Two have it.".to_owned(),
                mitigation: "This test.".to_owned(),
            }],
            test_hooks: some("adjutant selftest race"),
            timebox: Some(Timebox::S),
            priority: Some(Priority::Medium),
            ..Intake::default()
        },
        links: vec![],
        draft: false,
    }
}

/// A failure of what is done with a worker.
fn failed(verb: &'static str) -> impl Fn(std::io::Error) -> RaceError {
    move |source| RaceError::Worker { verb, source }
}

fn millis(watch: Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX)
}
