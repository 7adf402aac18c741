//! The queue in memory: what the store does in one transaction, with the same pure decisions, and
//! faults that can be planted in it.

use std::collections::BTreeMap;

use adjutant_domain::{AgentName, TaskId, Timestamp};
use adjutant_work::{
    Claim, ClaimRequest, Held, Holder, Intake, LeaseTime, OnOverlap, Priority, ProvenWork, Refusal,
    Target, Task, TaskState, Won, check_claim, check_holder, check_idle, grant, lapse, ready_order,
    renew,
};

/// How long a lease lasts.
pub(crate) const LEASE: i64 = 1_000;

/// A fault that the simulation must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A completion is accepted whatever epoch it carries.
    AnyEpochCompletes,
    /// A completion is accepted after the lease ran out.
    ExpiredCompletes,
    /// A task is given away while its lease lasts.
    LeaseIsIgnored,
    /// The claim of a task does not raise its epoch.
    EpochStands,
    /// A task whose lease ran out is never given to anyone.
    ExpiredIsForgotten,
    /// Tasks are handed out by age alone.
    OldestFirst,
}

pub(crate) struct Queue {
    pub(crate) tasks: Vec<Task>,
    pub(crate) now: LeaseTime,
    /// The answers to requests that carried a key.
    answers: BTreeMap<u64, Claim>,
    bug: Option<Bug>,
}

impl Queue {
    pub(crate) fn new(tasks: Vec<Task>, bug: Option<Bug>) -> Self {
        Self {
            tasks,
            now: LeaseTime::from_millis(0),
            answers: BTreeMap::new(),
            bug,
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn held(&self) -> Vec<Held> {
        let held = |task: &Task| match &task.state {
            TaskState::Leased(lease) => Some(Held {
                task: task.id,
                lease: lease.clone(),
                paths: vec![],
            }),
            TaskState::Draft
            | TaskState::Open
            | TaskState::Proven(_)
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => None,
        };
        self.tasks.iter().filter_map(held).collect()
    }

    /// Asks for the next task. `key` makes a repeated request the same request.
    pub(crate) fn claim(&mut self, agent: &AgentName, key: u64) -> Claim {
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let claim = self.claim_next(agent);
        if let Claim::Won(_) = claim {
            self.answers.insert(key, claim.clone());
        }
        claim
    }

    fn claim_next(&mut self, agent: &AgentName) -> Claim {
        let request = ClaimRequest {
            agent: agent.clone(),
            role: None,
            target: Target::Next,
            lease_millis: LEASE,
            on_overlap: OnOverlap::Refuse,
            pauses: vec![],
            key: None,
        };
        let held = self.held();
        if let Err(refusal) = check_idle(agent, &held, self.now) {
            return Claim::Refused(refusal);
        }
        let now = match self.has(Bug::LeaseIsIgnored) {
            true => self.now.plus(LEASE / 2),
            false => self.now,
        };
        let mut order: Vec<usize> = (0..self.tasks.len()).collect();
        if !self.has(Bug::OldestFirst) {
            order.sort_by_key(|at| ready_order(&self.tasks[*at]));
        }
        for at in order {
            let is_leased = matches!(self.tasks[at].state, TaskState::Leased(_));
            let is_forgotten = is_leased && self.has(Bug::ExpiredIsForgotten);
            if is_forgotten || check_claim(&request, &self.tasks[at], &[], &held, now).is_err() {
                continue;
            }
            self.lose(at);
            if self.tasks[at].state == TaskState::Open {
                return self.take(at, agent);
            }
        }
        Claim::Refused(Refusal::NothingReady {
            blocked: 0,
            held: 0,
            passed_over: vec![],
        })
    }

    fn take(&mut self, at: usize, agent: &AgentName) -> Claim {
        for other in (0..self.tasks.len()).filter(|other| *other != at) {
            if matches!(&self.tasks[other].state, TaskState::Leased(it) if it.owner == *agent) {
                self.lose(other);
            }
        }
        let epoch = self.tasks[at].epoch;
        let mut task = grant(&self.tasks[at], agent, self.now, LEASE);
        if self.has(Bug::EpochStands) {
            task.epoch = epoch;
        }
        self.tasks[at] = task.clone();
        won(task, false)
    }

    fn lose(&mut self, at: usize) {
        if let TaskState::Leased(lease) = self.tasks[at].state.clone() {
            self.tasks[at] = lapse(&self.tasks[at], &lease);
        }
    }

    fn at(&self, id: TaskId) -> usize {
        id.number() as usize - 1
    }

    pub(crate) fn renew(&mut self, holder: &Holder) -> Claim {
        let at = self.at(holder.task);
        match renew(&self.tasks[at], holder, self.now, LEASE) {
            Ok(task) => {
                self.tasks[at] = task.clone();
                won(task, true)
            }
            Err(refusal) => Claim::Refused(refusal),
        }
    }

    pub(crate) fn prove(&mut self, holder: &Holder) -> Result<(), Refusal> {
        let at = self.at(holder.task);
        let mut meant = holder.clone();
        let mut now = self.now;
        if let (true, TaskState::Leased(lease)) =
            (self.has(Bug::AnyEpochCompletes), &self.tasks[at].state)
        {
            meant.epoch = lease.epoch;
            meant.agent = lease.owner.clone();
        }
        if self.has(Bug::ExpiredCompletes) {
            now = LeaseTime::from_millis(0);
        }
        check_holder(&self.tasks[at], &meant, now)?;
        let object = |digit: &str| digit.repeat(40).parse().unwrap();
        self.tasks[at].state = TaskState::Proven(ProvenWork {
            by: holder.agent.clone(),
            epoch: holder.epoch,
            commit: object("a"),
            tree: object("b"),
            base: object("c"),
            proof: adjutant_domain::sha256::digest_of(b"proof"),
        });
        Ok(())
    }
}

fn won(task: Task, renewed: bool) -> Claim {
    let TaskState::Leased(lease) = task.state.clone() else {
        unreachable!("a lease was just given");
    };
    Claim::Won(Box::new(Won {
        lease,
        lasts_millis: LEASE,
        renewed,
        overlaps: vec![],
        task,
    }))
}

/// A task without anything that keeps it from being claimed.
pub(crate) fn task(number: i64, priority: Priority) -> Task {
    Task {
        id: TaskId::from_number(number),
        revision: 1,
        intake: Intake {
            priority: Some(priority),
            ..Intake::default()
        },
        state: TaskState::Open,
        epoch: adjutant_domain::Epoch::default(),
        open_blockers: 0,
        unblocks: 0,
        losses: 0,
        created_at: Timestamp::from_unix_millis(0),
        updated_at: Timestamp::from_unix_millis(0),
    }
}
