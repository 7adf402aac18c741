//! Random sequences of calls against the reference model, and on both engines at once: T11 and T17.

use std::rc::Rc;

use adjutant_domain::{AgentName, TaskId};
use adjutant_store::{Filed, Holder, NewTask, Store, TaskFilter, Written};
use adjutant_testkit::night;
use adjutant_testkit::postgres::Server;
use adjutant_work::{
    Claim, ClaimRequest, Link, LinkKind, Priority, ProvenWork, Refusal, Target, Task, Won,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::engine::{Stage, now, play};
use crate::model::Model;
use crate::queue::{self, CLOCK, LEASE, Timed};

/// A call. Tasks and claims are counted around those there are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    File {
        is_high: bool,
        waits_for: Option<u8>,
    },
    Claim {
        agent: u8,
        target: Option<u8>,
        key: Option<u8>,
    },
    Renew {
        claim: u8,
    },
    Release {
        claim: u8,
    },
    Prove {
        claim: u8,
    },
    Note {
        claim: u8,
    },
    Drop {
        task: u8,
    },
    Reopen {
        task: u8,
    },
    Finish {
        task: u8,
    },
    WaitFor {
        task: u8,
        other: Option<u8>,
    },
    Pass {
        millis: i64,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let some = || 0_u8..12;
    let maybe = || proptest::option::weighted(0.3, 0_u8..12);
    prop_oneof![
        4 => (any::<bool>(), maybe()).prop_map(|(is_high, waits_for)| Op::File { is_high, waits_for }),
        8 => (0_u8..4, maybe(), proptest::option::weighted(0.2, 0_u8..3))
            .prop_map(|(agent, target, key)| Op::Claim { agent, target, key }),
        2 => some().prop_map(|claim| Op::Renew { claim }),
        2 => some().prop_map(|claim| Op::Release { claim }),
        3 => some().prop_map(|claim| Op::Prove { claim }),
        1 => some().prop_map(|claim| Op::Note { claim }),
        1 => some().prop_map(|task| Op::Drop { task }),
        2 => some().prop_map(|task| Op::Reopen { task }),
        2 => some().prop_map(|task| Op::Finish { task }),
        2 => (some(), maybe()).prop_map(|(task, other)| Op::WaitFor { task, other }),
        6 => prop_oneof![Just(LEASE / 3), Just(LEASE), Just(2 * LEASE), Just(-3 * LEASE)]
            .prop_map(|millis| Op::Pass { millis }),
    ]
}

/// Runs sequences of up to 50 calls, `ci` of them in the tests of a change.
fn for_sequences(ci: u32, night: u32, case: impl Fn(Vec<Op>)) {
    let config = Config {
        cases: night::figure(ci, night),
        failure_persistence: None,
        // A failure is told in time, if not as short as it could be.
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let sequences = proptest::collection::vec(op(), 1..50);
    let outcome = TestRunner::new(config).run(&sequences, |ops| {
        case(ops);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A store, and what its clients remember.
struct Real {
    timed: Rc<Timed>,
    tasks: Vec<TaskId>,
    claims: Vec<Won>,
    /// Every answer whole, as bytes.
    answers: Vec<String>,
}

impl Real {
    fn new(timed: Timed) -> Self {
        let (tasks, claims, answers) = (vec![], vec![], vec![]);
        Self {
            timed: Rc::new(timed),
            tasks,
            claims,
            answers,
        }
    }

    fn task(&self, index: u8) -> Option<TaskId> {
        (!self.tasks.is_empty()).then(|| self.tasks[index as usize % self.tasks.len()])
    }

    fn holder(&self, index: u8) -> Option<(Holder, ProvenWork)> {
        let won = self.claims.get(index as usize % self.claims.len().max(1))?;
        let object = |digit: &str| digit.repeat(40).parse().unwrap();
        let holder = Holder {
            task: won.task.id,
            epoch: won.lease.epoch,
            agent: won.lease.owner.clone(),
        };
        let work = ProvenWork {
            by: holder.agent.clone(),
            epoch: holder.epoch,
            commit: object("a"),
            tree: object("b"),
            base: object("c"),
            proof: adjutant_domain::sha256::digest_of(b"proof"),
        };
        Some((holder, work))
    }

    async fn revision(&self, id: TaskId) -> i64 {
        self.timed
            .store
            .task(id)
            .await
            .unwrap()
            .unwrap()
            .task
            .revision
    }

    async fn answer(&mut self, op: Op) -> Option<String> {
        match op {
            Op::File { is_high, waits_for } => {
                let mut intake = queue::intake("task");
                intake.priority = Some(if is_high {
                    Priority::High
                } else {
                    Priority::Low
                });
                let links = waits_for
                    .and_then(|it| self.task(it))
                    .map(blocked_by)
                    .into_iter()
                    .collect();
                let new = NewTask {
                    intake,
                    links,
                    draft: false,
                };
                let filed = self
                    .timed
                    .store
                    .file_tasks(&[new], None, now())
                    .await
                    .unwrap();
                let Filed::Tasks(tasks) = filed else {
                    return Some(format!("{filed:?}"));
                };
                self.tasks.extend(tasks.iter().map(|task| task.id));
                self.answers.push(serde_json::to_string(&tasks).unwrap());
                Some("filed".to_owned())
            }
            Op::Claim { agent, target, key } => {
                let target = match target {
                    Some(index) => Target::Task(self.task(index)?),
                    None => Target::Next,
                };
                let mut request = queue::ask(&format!("agent-{agent}"), target);
                request.key = key.map(|key| format!("key-{key}").parse().unwrap());
                Some(self.claim(&request).await)
            }
            Op::Renew { claim } => {
                let (holder, _) = self.holder(claim)?;
                let target = Target::Renewal(holder.task, holder.epoch);
                Some(self.claim(&queue::ask(holder.agent.as_str(), target)).await)
            }
            Op::Pass { millis } => {
                self.timed.pass(millis);
                Some("passed".to_owned())
            }
            Op::Release { .. }
            | Op::Prove { .. }
            | Op::Note { .. }
            | Op::Drop { .. }
            | Op::Reopen { .. }
            | Op::Finish { .. }
            | Op::WaitFor { .. } => {
                let written = self.write(op).await?;
                self.answers.push(format!("{written:?}"));
                Some(match &written {
                    Written::Task(task) => shown(task),
                    Written::Refused(refusal) => told(refusal),
                })
            }
        }
    }

    async fn claim(&mut self, request: &ClaimRequest) -> String {
        let claim = self.timed.store.claim(request, now()).await.unwrap();
        self.answers.push(serde_json::to_string(&claim).unwrap());
        match claim {
            Claim::Won(won) => {
                let (id, epoch, lasts) = (won.task.id, won.lease.epoch, won.lasts_millis);
                let is_new = self
                    .claims
                    .iter()
                    .all(|it| (it.task.id, it.lease.epoch) != (id, epoch));
                if is_new {
                    self.claims.push(*won);
                }
                format!("won {id} epoch {epoch} for {lasts}")
            }
            Claim::Refused(refusal) => told(&refusal),
        }
    }

    async fn write(&self, op: Op) -> Option<Written> {
        let store = &self.timed.store;
        let written = match op {
            Op::Release { claim } => store.release(&self.holder(claim)?.0, "", now()).await,
            Op::Prove { claim } => {
                let (holder, work) = self.holder(claim)?;
                store.prove(&holder, &work, b"proof", now()).await
            }
            Op::Note { claim } => {
                let (holder, _) = self.holder(claim)?;
                store
                    .add_note(holder.task, Some(&holder), "note", now())
                    .await
            }
            Op::Drop { task } => {
                let id = self.task(task)?;
                store
                    .drop_task(id, self.revision(id).await, "no", now())
                    .await
            }
            Op::Reopen { task } => {
                let id = self.task(task)?;
                store
                    .reopen_task(id, self.revision(id).await, "yes", now())
                    .await
            }
            Op::Finish { task } => {
                let id = self.task(task)?;
                let merged = "d".repeat(40).parse().unwrap();
                store
                    .finish(id, self.revision(id).await, &merged, b"merged", now())
                    .await
            }
            Op::WaitFor { task, other } => {
                let (id, links) = match other {
                    Some(other) => (self.task(task)?, vec![blocked_by(self.task(other)?)]),
                    None => (self.task(task)?, vec![]),
                };
                let stored = store.task(id).await.unwrap().unwrap().task;
                let (revision, intake) = (stored.revision, stored.intake);
                store.edit_task(id, revision, &intake, &links, now()).await
            }
            Op::File { .. } | Op::Claim { .. } | Op::Renew { .. } | Op::Pass { .. } => return None,
        };
        Some(written.unwrap())
    }

    async fn tasks(&self) -> Vec<String> {
        let filter = TaskFilter {
            limit: 100,
            ..TaskFilter::default()
        };
        let page = self.timed.store.list_tasks(&filter).await.unwrap();
        page.tasks.iter().map(shown).collect()
    }
}

fn blocked_by(target: TaskId) -> Link {
    Link {
        kind: LinkKind::BlockedBy,
        target,
    }
}

fn shown(task: &Task) -> String {
    format!(
        "{} {} epoch {}, lost {}, blocked by {}, unblocks {}",
        task.id,
        task.state.name(),
        task.epoch,
        task.losses,
        task.open_blockers,
        task.unblocks
    )
}

fn told(refusal: &Refusal) -> String {
    let name = |owner: &Option<AgentName>| {
        owner
            .as_ref()
            .map_or("nobody".to_owned(), ToString::to_string)
    };
    match refusal {
        Refusal::Held {
            owner, millis_left, ..
        } => format!("held by {owner} for {millis_left}"),
        Refusal::Busy { task, .. } => format!("busy {task}"),
        Refusal::StaleEpoch { current, owner, .. } => {
            format!("stale: epoch is {current}, {} has it", name(owner))
        }
        Refusal::Expired { .. } => "expired".to_owned(),
        Refusal::Blocked { blockers, .. } => format!("blocked by {}", blockers.len()),
        Refusal::NotOpen { state, .. } => format!("not open: {state}"),
        Refusal::NothingReady {
            blocked,
            held,
            passed_over,
        } => {
            let passed = passed_over.len();
            format!("nothing ready: {blocked} wait, {held} held, {passed} passed over")
        }
        Refusal::Cycle { .. } => "circle".to_owned(),
        Refusal::KeyReused { .. } => "key reused".to_owned(),
        Refusal::Unknown { .. }
        | Refusal::Incomplete { .. }
        | Refusal::WrongRole { .. }
        | Refusal::OutOfBounds { .. }
        | Refusal::Overlapping { .. }
        | Refusal::Paused { .. }
        | Refusal::Changed { .. } => format!("{refusal:?}"),
    }
}

async fn sound(store: &Store) {
    let problems = store.verify_journal().await.unwrap().problems;
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn every_sequence_of_calls_is_answered_as_the_reference_model_says() {
    for_sequences(256, 20_000, |ops| {
        play(async {
            let stage = Stage::in_memory();
            let mut real = Real::new(Timed::open(&stage).await);
            let mut model = Model::at(CLOCK);
            for (at, op) in ops.iter().enumerate() {
                let (expected, answer) = (model.answer(*op), real.answer(*op).await);
                assert_eq!(answer, expected, "call {at}: {op:?}");
            }
            assert_eq!(real.tasks().await, model.tasks());
            sound(&real.timed.store).await;
        });
    });
}

/// A new database takes PostgreSQL a hundred times as long.
const EMPTY_AGAIN: &str = "SET session_replication_role = replica; DELETE FROM task; \
     DELETE FROM task_link; DELETE FROM task_note; DELETE FROM attempt; DELETE FROM request; \
     DELETE FROM artifact; DELETE FROM journal; \
     UPDATE lease_clock SET boot = '', ahead = 0, high = 0";

#[test]
fn every_sequence_of_calls_has_the_same_answers_on_both_engines() {
    let server = Server::start();
    let beside = Stage::postgres(&server);
    for_sequences(256, 5_000, |ops| {
        play(async {
            let stage = Stage::in_memory();
            let mut sqlite = Real::new(Timed::open(&stage).await);
            let mut postgres = Real::new(Timed::open(&beside).await);
            // The sequence before may have ended in the middle.
            beside.run(EMPTY_AGAIN);
            for (at, op) in ops.iter().enumerate() {
                let (expected, answer) = (sqlite.answer(*op).await, postgres.answer(*op).await);
                assert_eq!(answer, expected, "call {at}: {op:?}");
                assert_eq!(postgres.answers, sqlite.answers, "call {at}: {op:?}");
            }
            assert_eq!(postgres.tasks().await, sqlite.tasks().await);
            sound(&postgres.timed.store).await;
        });
    });
}

/// A team that moves in the middle of its work is answered as if it had stayed.
#[test]
fn every_sequence_of_calls_goes_on_after_a_copy_to_the_other_engine() {
    let server = Server::start();
    let beside = Stage::postgres(&server);
    for_sequences(64, 2_000, |ops| {
        play(async {
            let stage = Stage::in_memory();
            let mut stayed = Real::new(Timed::open(&stage).await);
            let (before, after) = ops.split_at(ops.len() / 2);
            for op in before {
                stayed.answer(*op).await;
            }
            let timed = stayed.timed.beside(&beside).await;
            beside.run(EMPTY_AGAIN);
            let copied = stayed.timed.store.copy_into(&timed.store).await.unwrap();
            copied.unwrap();
            let mut moved = Real {
                timed: Rc::new(timed),
                tasks: stayed.tasks.clone(),
                claims: stayed.claims.clone(),
                answers: stayed.answers.clone(),
            };
            for (at, op) in after.iter().enumerate() {
                let (expected, answer) = (stayed.answer(*op).await, moved.answer(*op).await);
                assert_eq!(answer, expected, "call {at} after the copy: {op:?}");
            }
            assert_eq!(moved.answers, stayed.answers);
            assert_eq!(moved.tasks().await, stayed.tasks().await);
            sound(&moved.timed.store).await;
        });
    });
}

/// Calls between which no time passes: a group has one moment.
fn of_one_moment(ops: &[Op]) -> impl Iterator<Item = &[Op]> {
    ops.chunk_by(|_, next| !matches!(next, Op::Pass { .. }))
}

/// Whoever groups calls, and takes some back before it makes them, gets the answers of who makes each
/// by itself.
async fn is_answered_alike_in_groups(ops: &[Op], mut grouped: Real) {
    let stage = Stage::in_memory();
    let mut alone = Real::new(Timed::open(&stage).await);
    for ops in of_one_moment(ops) {
        let timed = Rc::clone(&grouped.timed);
        if let [pass @ Op::Pass { .. }, ..] = ops {
            alone.answer(*pass).await;
            grouped.answer(*pass).await;
        }
        let group = timed.store.open_group().await.unwrap();
        let calls = ops.iter().filter(|op| !matches!(op, Op::Pass { .. }));
        for (at, op) in calls.enumerate() {
            if at % 2 == 1 {
                let known = (grouped.tasks.len(), grouped.claims.len());
                let answers = grouped.answers.len();
                let part = timed.store.open_group().await.unwrap();
                grouped.answer(*op).await;
                drop(part);
                grouped.tasks.truncate(known.0);
                grouped.claims.truncate(known.1);
                grouped.answers.truncate(answers);
            }
            let part = timed.store.open_group().await.unwrap();
            let (expected, answer) = (alone.answer(*op).await, grouped.answer(*op).await);
            part.keep().await.unwrap();
            assert_eq!(answer, expected, "call {at} of a group: {op:?}");
        }
        group.keep().await.unwrap();
    }
    assert_eq!(grouped.answers, alone.answers);
    assert_eq!(grouped.tasks().await, alone.tasks().await);
    sound(&grouped.timed.store).await;
}

#[test]
fn every_sequence_of_calls_has_the_same_answers_in_groups_on_sqlite() {
    for_sequences(256, 5_000, |ops| {
        play(async {
            let stage = Stage::in_memory();
            let grouped = Real::new(Timed::open(&stage).await);
            is_answered_alike_in_groups(&ops, grouped).await;
        });
    });
}

#[test]
fn every_sequence_of_calls_has_the_same_answers_in_groups_on_postgresql() {
    let server = Server::start();
    let beside = Stage::postgres(&server);
    for_sequences(128, 2_000, |ops| {
        play(async {
            let grouped = Real::new(Timed::open(&beside).await);
            beside.run(EMPTY_AGAIN);
            is_answered_alike_in_groups(&ops, grouped).await;
        });
    });
}
