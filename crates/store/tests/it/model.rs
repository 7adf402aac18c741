//! The queue as one could write it on a page: tasks in a list, every rule spelled out, nothing shared
//! with the code it is compared with.

use std::collections::{BTreeMap, BTreeSet};

use crate::queue::LEASE;
use crate::sequences::Op;

/// Leases that may run out before a task is set aside.
const LOSSES_MAX: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Open,
    Leased { agent: u8, expires: i64 },
    Proven,
    Done,
    Dropped,
    Quarantined,
}

#[derive(Debug)]
struct ModelTask {
    is_high: bool,
    waits_for: BTreeSet<usize>,
    state: State,
    epoch: i64,
    losses: u32,
}

/// A claim that was won: what its winner goes on saying.
#[derive(Debug, Clone, Copy)]
struct ModelClaim {
    task: usize,
    epoch: i64,
    agent: u8,
}

#[derive(Debug)]
pub(crate) struct Model {
    tasks: Vec<ModelTask>,
    clock: i64,
    high: i64,
    claims: Vec<ModelClaim>,
    answers: BTreeMap<u8, ((u8, Option<usize>), String)>,
}

impl Model {
    /// No task; the clock shows `clock`.
    pub(crate) fn at(clock: i64) -> Self {
        Self {
            tasks: Vec::new(),
            clock,
            high: 0,
            claims: Vec::new(),
            answers: BTreeMap::new(),
        }
    }

    /// What the store must answer. Tasks count from 0 here.
    pub(crate) fn answer(&mut self, op: Op) -> Option<String> {
        let task = |index: u8| (!self.tasks.is_empty()).then(|| index as usize % self.tasks.len());
        let claim = |index: u8| {
            self.claims
                .get(index as usize % self.claims.len().max(1))
                .copied()
        };
        Some(match op {
            Op::File { is_high, waits_for } => {
                let waits_for = waits_for.and_then(task).into_iter().collect();
                self.tasks.push(ModelTask {
                    is_high,
                    waits_for,
                    state: State::Open,
                    epoch: 0,
                    losses: 0,
                });
                "filed".to_owned()
            }
            Op::Claim { agent, target, key } => {
                let target = match target {
                    Some(index) => Some(task(index)?),
                    None => None,
                };
                self.claim_with_key(agent, target, key)
            }
            Op::Renew { claim: index } => self.renew(claim(index)?),
            Op::Release { claim: index } => self.close_claim(claim(index)?, State::Open),
            Op::Prove { claim: index } => self.close_claim(claim(index)?, State::Proven),
            Op::Note { claim: index } => {
                let claim = claim(index)?;
                self.check(claim).unwrap_or_else(|| self.shown(claim.task))
            }
            Op::Drop { task: index } => self.drop_task(task(index)?),
            Op::Reopen { task: index } => self.reopen(task(index)?),
            Op::Finish { task: index } => self.finish(task(index)?),
            Op::WaitFor { task: index, other } => {
                let other = match other {
                    Some(other) => Some(task(other)?),
                    None => None,
                };
                self.wait_for(task(index)?, other)
            }
            Op::Pass { millis } => {
                self.clock += millis;
                "passed".to_owned()
            }
        })
    }

    fn now(&self) -> i64 {
        self.clock.max(self.high)
    }

    /// The clock is kept with every write of the queue.
    fn keep_clock(&mut self) {
        self.high = self.now();
    }

    fn is_closed(&self, task: usize) -> bool {
        matches!(self.tasks[task].state, State::Done | State::Dropped)
    }

    fn open_blockers(&self, task: usize) -> usize {
        let waits_for = &self.tasks[task].waits_for;
        waits_for.iter().filter(|it| !self.is_closed(**it)).count()
    }

    fn unblocks(&self, task: usize) -> usize {
        let waiting = (0..self.tasks.len()).filter(|it| !self.is_closed(*it));
        waiting
            .filter(|it| self.tasks[*it].waits_for.contains(&task))
            .count()
    }

    fn is_live(&self, task: usize) -> bool {
        matches!(self.tasks[task].state, State::Leased { expires, .. } if expires > self.now())
    }

    fn claim_with_key(&mut self, agent: u8, target: Option<usize>, key: Option<u8>) -> String {
        if let Some((body, answer)) = key.and_then(|key| self.answers.get(&key)) {
            return match *body == (agent, target) {
                true => answer.clone(),
                false => "key reused".to_owned(),
            };
        }
        let answer = self.claim(agent, target);
        if let (Some(key), true) = (key, answer.starts_with("won")) {
            self.answers.insert(key, ((agent, target), answer.clone()));
        }
        answer
    }

    fn claim(&mut self, agent: u8, target: Option<usize>) -> String {
        let is_mine =
            |state: &State| matches!(state, State::Leased { agent: it, .. } if *it == agent);
        let all = 0..self.tasks.len();
        if let Some(task) = all
            .clone()
            .find(|it| is_mine(&self.tasks[*it].state) && self.is_live(*it))
        {
            return format!("busy T-{}", task + 1);
        }
        let mine: Vec<usize> = all
            .clone()
            .filter(|it| is_mine(&self.tasks[*it].state))
            .collect();
        let held = all.clone().filter(|it| self.is_live(*it)).count();
        let blocked = |task: &usize| self.open_blockers(*task) > 0;
        let open = |task: &usize| self.tasks[*task].state == State::Open;
        let waiting = all.clone().filter(|it| open(it) && blocked(it)).count();
        let candidates = match target {
            Some(task) => {
                if let Some(refusal) = self.not_claimable(task) {
                    return refusal;
                }
                vec![task]
            }
            None => {
                let mut ready: Vec<usize> =
                    all.filter(|it| self.not_claimable(*it).is_none()).collect();
                ready.sort_by_key(|it| {
                    (
                        !self.tasks[*it].is_high,
                        usize::MAX - self.unblocks(*it),
                        *it,
                    )
                });
                ready
            }
        };
        let mut passed_over = 0;
        for task in candidates {
            if matches!(self.tasks[task].state, State::Leased { .. }) {
                self.lose(task);
                self.keep_clock();
            }
            if self.tasks[task].state == State::Open {
                mine.iter()
                    .filter(|it| **it != task)
                    .for_each(|it| self.lose(*it));
                return self.grant(task, agent);
            }
            if target.is_some() {
                return "not open: quarantined".to_owned();
            }
            passed_over += 1;
        }
        format!("nothing ready: {waiting} wait, {held} held, {passed_over} passed over")
    }

    fn not_claimable(&self, task: usize) -> Option<String> {
        let name = match &self.tasks[task].state {
            State::Leased { agent, expires } if *expires > self.now() => {
                let left = expires - self.now();
                return Some(format!("held by agent-{agent} for {left}"));
            }
            State::Open | State::Leased { .. } => {
                let blockers = self.open_blockers(task);
                return (blockers > 0).then(|| format!("blocked by {blockers}"));
            }
            State::Proven => "proven",
            State::Done => "done",
            State::Dropped => "dropped",
            State::Quarantined => "quarantined",
        };
        Some(format!("not open: {name}"))
    }

    /// A lease that ran out without a word. Whoever was set aside meanwhile holds nothing.
    fn lose(&mut self, task: usize) {
        let task = &mut self.tasks[task];
        if !matches!(task.state, State::Leased { .. }) {
            return;
        }
        task.losses += 1;
        task.state = match task.losses < LOSSES_MAX {
            true => State::Open,
            false => State::Quarantined,
        };
    }

    fn grant(&mut self, task: usize, agent: u8) -> String {
        self.keep_clock();
        let expires = self.now() + LEASE;
        let granted = &mut self.tasks[task];
        granted.epoch += 1;
        granted.state = State::Leased { agent, expires };
        let epoch = granted.epoch;
        self.claims.push(ModelClaim { task, epoch, agent });
        format!("won T-{} epoch {epoch} for {LEASE}", task + 1)
    }

    /// The refusal for a claim that is not the task's any more, run out or not.
    fn lost(&self, claim: ModelClaim) -> Option<String> {
        let task = &self.tasks[claim.task];
        let owner = match &task.state {
            State::Leased { agent, .. } if task.epoch == claim.epoch && *agent == claim.agent => {
                return None;
            }
            State::Leased { agent, .. } => format!("agent-{agent}"),
            State::Open | State::Quarantined => "nobody".to_owned(),
            State::Proven | State::Done | State::Dropped if task.epoch == claim.epoch => {
                return self.not_claimable(claim.task);
            }
            State::Proven | State::Done | State::Dropped => "nobody".to_owned(),
        };
        Some(format!("stale: epoch is {}, {owner} has it", task.epoch))
    }

    fn check(&self, claim: ModelClaim) -> Option<String> {
        self.lost(claim)
            .or_else(|| (!self.is_live(claim.task)).then(|| "expired".to_owned()))
    }

    fn renew(&mut self, claim: ModelClaim) -> String {
        if let Some(refusal) = self.lost(claim) {
            return refusal;
        }
        self.keep_clock();
        let now = self.now();
        let State::Leased { expires, .. } = &mut self.tasks[claim.task].state else {
            return "nothing to renew".to_owned();
        };
        *expires = (*expires).max(now + LEASE);
        let left = *expires - now;
        format!("won T-{} epoch {} for {left}", claim.task + 1, claim.epoch)
    }

    fn close_claim(&mut self, claim: ModelClaim, state: State) -> String {
        if let Some(refusal) = self.check(claim) {
            return refusal;
        }
        self.tasks[claim.task].state = state;
        self.shown(claim.task)
    }

    fn drop_task(&mut self, task: usize) -> String {
        match &self.tasks[task].state {
            State::Done | State::Dropped => self.not_claimable(task).unwrap_or_default(),
            State::Leased { .. } if self.is_live(task) => self.held(task),
            State::Leased { .. } => {
                self.keep_clock();
                self.become_(task, State::Dropped)
            }
            State::Open | State::Proven | State::Quarantined => self.become_(task, State::Dropped),
        }
    }

    fn reopen(&mut self, task: usize) -> String {
        match &self.tasks[task].state {
            State::Open => "not open: open".to_owned(),
            State::Leased { .. } => self.held(task),
            State::Proven | State::Done | State::Dropped | State::Quarantined => {
                self.tasks[task].losses = 0;
                self.become_(task, State::Open)
            }
        }
    }

    fn finish(&mut self, task: usize) -> String {
        match &self.tasks[task].state {
            State::Proven => self.become_(task, State::Done),
            State::Open => "not open: open".to_owned(),
            State::Leased { .. } => "not open: leased".to_owned(),
            State::Done | State::Dropped | State::Quarantined => {
                self.not_claimable(task).unwrap_or_default()
            }
        }
    }

    fn wait_for(&mut self, task: usize, other: Option<usize>) -> String {
        match &self.tasks[task].state {
            State::Open | State::Quarantined => {}
            State::Leased { .. } => return self.held(task),
            State::Proven | State::Done | State::Dropped => {
                return self.not_claimable(task).unwrap_or_default();
            }
        }
        if other.is_some_and(|other| self.reaches(other, task)) {
            return "circle".to_owned();
        }
        self.tasks[task].waits_for = other.into_iter().collect();
        self.shown(task)
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        from == to
            || self.tasks[from]
                .waits_for
                .iter()
                .any(|next| self.reaches(*next, to))
    }

    fn held(&self, task: usize) -> String {
        match &self.tasks[task].state {
            State::Leased { agent, expires } => {
                let left = (expires - self.now()).max(0);
                format!("held by agent-{agent} for {left}")
            }
            State::Open | State::Proven | State::Done | State::Dropped | State::Quarantined => {
                "not held".to_owned()
            }
        }
    }

    fn become_(&mut self, task: usize, state: State) -> String {
        self.tasks[task].state = state;
        self.shown(task)
    }

    fn shown(&self, task: usize) -> String {
        let state = match &self.tasks[task].state {
            State::Open => "open",
            State::Leased { .. } => "leased",
            State::Proven => "proven",
            State::Done => "done",
            State::Dropped => "dropped",
            State::Quarantined => "quarantined",
        };
        let (epoch, losses) = (self.tasks[task].epoch, self.tasks[task].losses);
        let (blockers, unblocks) = (self.open_blockers(task), self.unblocks(task));
        format!(
            "T-{} {state} epoch {epoch}, lost {losses}, blocked by {blockers}, unblocks {unblocks}",
            task + 1
        )
    }

    /// Every task, as the store must list them.
    pub(crate) fn tasks(&self) -> Vec<String> {
        (0..self.tasks.len()).map(|task| self.shown(task)).collect()
    }
}
