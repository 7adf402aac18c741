//! What tests of the queue stand on: a store with a clock of the test, tasks, claims.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adjutant_domain::AgentName;
use adjutant_store::{LeaseClock, NewTask, Store};
use adjutant_work::{
    ClaimRequest, Intake, OnOverlap, Priority, Risk, StateName, Target, TaskKind, Timebox,
};

use crate::engine::{Stage, now};

/// How long every lease lasts.
pub(crate) const LEASE: i64 = 1_000;

/// What the clock shows at first.
pub(crate) const CLOCK: i64 = 1_000_000;

/// A store whose leases run by a clock of the test.
pub(crate) struct Timed {
    pub(crate) store: Store,
    clock: Arc<AtomicI64>,
}

impl Timed {
    pub(crate) async fn open(stage: &Stage<'_>) -> Self {
        let clock = Arc::new(AtomicI64::new(CLOCK));
        let store = stage.open().await;
        Self {
            store: store.with_lease_clock(LeaseClock::Given(clock.clone())),
            clock,
        }
    }

    /// Another store, with a clock of its own that shows the same.
    pub(crate) async fn beside(&self, stage: &Stage<'_>) -> Self {
        let other = Self::open(stage).await;
        other
            .clock
            .store(self.clock.load(Ordering::SeqCst), Ordering::SeqCst);
        other
    }

    pub(crate) fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }
}

pub(crate) fn intake(title: &str) -> Intake {
    let some = |text: &str| vec![text.to_owned()];
    Intake {
        title: title.to_owned(),
        kind: Some(TaskKind::Fix),
        goal: "It works.".to_owned(),
        context: "It does not.".to_owned(),
        success_criteria: some("The test passes."),
        deliverables: some("A commit."),
        non_goals: some("Speed."),
        risks: vec![Risk {
            risk: "none \"known\" é".to_owned(),
            mitigation: "none".to_owned(),
        }],
        test_hooks: some("cargo test"),
        timebox: Some(Timebox::S),
        priority: Some(Priority::Medium),
        ..Intake::default()
    }
}

pub(crate) fn new(intake: Intake) -> NewTask {
    NewTask {
        intake,
        links: vec![],
        draft: false,
    }
}

pub(crate) fn agent(name: &str) -> AgentName {
    name.parse().unwrap()
}

pub(crate) fn ask(name: &str, target: Target) -> ClaimRequest {
    ClaimRequest {
        agent: agent(name),
        role: None,
        target,
        lease_millis: LEASE,
        on_overlap: OnOverlap::Refuse,
        pauses: vec![],
        key: None,
    }
}

pub(crate) async fn tasks_are_counted_by_state_at_one_place_of_the_journal(stage: &Stage<'_>) {
    let store = stage.open().await;
    assert_eq!(store.work_progress().await.unwrap(), None);
    let tasks = ["one", "two"].map(|title| new(intake(title)));
    store.file_tasks(&tasks, None, now()).await.unwrap();
    let progress = store.work_progress().await.unwrap().unwrap();
    let counted = |state: StateName| progress.states.iter().find(|(name, _)| *name == state);
    assert_eq!(counted(StateName::Open), Some(&(StateName::Open, 2)));
    assert_eq!(counted(StateName::Done), Some(&(StateName::Done, 0)));
    assert_eq!(progress.states.len(), StateName::ALL.len());
    assert_eq!(progress.directives, []);
    let journal = store.verify_journal().await.unwrap();
    assert_eq!(progress.journal_entries as u64, journal.entries);
    assert_eq!(progress.journal_head, journal.head);
}
