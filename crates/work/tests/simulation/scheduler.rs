//! Agents, a network that loses, repeats and delays, and a clock, all drawn from one seed. The same
//! seed gives the same run, byte for byte.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write;

use adjutant_domain::{AgentName, Epoch, TaskId};
use adjutant_work::{Claim, Holder, LeaseTime, Priority, Refusal, TaskState};

use crate::laws::{Called, broken};
use crate::queue::{Bug, LEASE, Queue, task};

/// Faults stop at this time, in milliseconds.
const CALM_AT: i64 = 20_000;

/// By then everything is done, or set aside.
const END_AT: i64 = 60_000;

/// After so long without an answer an agent asks again.
const PATIENCE: i64 = 300;

/// What happened in a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) late_refused: u32,
    pub(crate) taken_over: u32,
    pub(crate) quarantined: u32,
    pub(crate) crashes: u32,
    pub(crate) lost_messages: u32,
    pub(crate) repeated_messages: u32,
}

/// A run: everything that happened, and the law that was broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) log: String,
    pub(crate) seen: Seen,
    pub(crate) broken: Option<String>,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % limit as u64) as i64
    }

    fn percent(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Wake {
        agent: usize,
        life: u32,
        turn: u32,
    },
    Request {
        agent: usize,
        life: u32,
        call: Call,
    },
    Reply {
        agent: usize,
        life: u32,
        reply: Reply,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Claim { key: u64 },
    Renew { task: TaskId, epoch: Epoch },
    Prove { task: TaskId, epoch: Epoch },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reply {
    Has { task: TaskId, epoch: Epoch },
    Nothing,
    Done,
    Lost,
}

#[derive(Debug, Clone, Copy)]
enum Doing {
    Idle,
    Asking {
        key: u64,
    },
    Working {
        task: TaskId,
        epoch: Epoch,
        until: i64,
    },
    Proving {
        task: TaskId,
        epoch: Epoch,
    },
}

struct Agent {
    name: AgentName,
    life: u32,
    /// An earlier alarm does not count any more.
    turn: u32,
    doing: Doing,
}

/// Which faults this run has, in percent of the occasions.
struct Faults {
    lose: i64,
    repeat: i64,
    delay: i64,
    pause: i64,
    crash: i64,
    clock: i64,
}

struct World {
    chance: Chance,
    faults: Faults,
    queue: Queue,
    agents: Vec<Agent>,
    /// Tasks that end whoever works on them.
    poison: Vec<TaskId>,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    time: i64,
    number: u64,
    run: Run,
}

/// Runs a seed to its end, or to the first broken law.
pub(crate) fn simulate(seed: u64, bug: Option<Bug>) -> Run {
    let mut world = World::new(seed, bug);
    for agent in 0..world.agents.len() {
        world.wake(agent, 1);
    }
    while let Some(Reverse((time, _, event))) = world.events.pop() {
        if time > END_AT || world.is_over() {
            break;
        }
        world.pass(time);
        let told = format!("{time} {event:?}");
        world.tell(&told);
        if let Err(law) = world.happen(event) {
            world.run.broken = Some(law);
            return world.run;
        }
    }
    world.liveness();
    world.run
}

impl World {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut chance = Chance(seed);
        let mut tasks = Vec::new();
        let mut poison = Vec::new();
        for number in 1..=4 + chance.below(5) {
            let priority = Priority::ALL[chance.below(3) as usize];
            tasks.push(task(number, priority));
            if chance.percent(10) {
                poison.push(TaskId::from_number(number));
            }
        }
        let agents = (0..2 + chance.below(3)).map(|number| Agent {
            name: format!("agent-{number}").parse().unwrap(),
            life: 0,
            turn: 0,
            doing: Doing::Idle,
        });
        let agents = agents.collect();
        // Each fault is there in half of the runs: together they hide one another.
        let mut one = |percent| if chance.percent(50) { percent } else { 0 };
        let faults = Faults {
            lose: one(10),
            repeat: one(10),
            delay: one(10),
            pause: one(10),
            crash: one(5),
            clock: one(2),
        };
        Self {
            faults,
            queue: Queue::new(tasks, bug),
            agents,
            poison,
            events: BinaryHeap::new(),
            time: 0,
            number: 0,
            run: Run {
                log: String::new(),
                seen: Seen::default(),
                broken: None,
            },
            chance,
        }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.run.log, "{line}").unwrap();
    }

    /// Whether a fault happens here; none does once it is calm.
    fn fault(&mut self, percent: i64) -> bool {
        self.time < CALM_AT && self.chance.percent(percent)
    }

    /// The store's clock: half, once or twice as fast as time, and now and then far ahead.
    fn pass(&mut self, time: i64) {
        let mut passed = time - self.time;
        self.time = time;
        if self.fault(self.faults.clock) {
            passed = match self.chance.below(3) {
                0 => passed / 2,
                1 => passed * 2,
                _ => passed + 10 * LEASE,
            };
        }
        self.queue.now = LeaseTime::from_millis(self.queue.now.millis() + passed);
    }

    fn at(&mut self, after: i64, event: Event) {
        self.number += 1;
        self.events
            .push(Reverse((self.time + after, self.number, event)));
    }

    fn wake(&mut self, agent: usize, after: i64) {
        self.agents[agent].turn += 1;
        let (life, turn) = (self.agents[agent].life, self.agents[agent].turn);
        self.at(after, Event::Wake { agent, life, turn });
    }

    /// Sends what may be lost, repeated and delayed.
    fn send(&mut self, event: &Event) {
        let copies = 1 + i64::from(self.fault(self.faults.repeat));
        self.run.seen.repeated_messages += u32::from(copies > 1);
        for _ in 0..copies {
            if self.fault(self.faults.lose) {
                self.run.seen.lost_messages += 1;
                continue;
            }
            let longest = if self.fault(self.faults.delay) {
                3 * LEASE
            } else {
                20
            };
            let after = 1 + self.chance.below(longest);
            self.at(after, event.clone());
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Wake { agent, life, turn } => {
                if (self.agents[agent].life, self.agents[agent].turn) == (life, turn) {
                    self.turn(agent);
                }
                Ok(())
            }
            Event::Request { agent, life, call } => {
                let reply = self.call(agent, call)?;
                self.send(&Event::Reply { agent, life, reply });
                Ok(())
            }
            Event::Reply { agent, life, reply } => {
                if self.agents[agent].life == life {
                    self.hear(agent, reply);
                }
                Ok(())
            }
        }
    }

    fn turn(&mut self, agent: usize) {
        if self.fault(self.faults.crash) {
            return self.crash(agent);
        }
        if self.fault(self.faults.pause) {
            let after = LEASE + self.chance.below(2 * LEASE);
            return self.wake(agent, after);
        }
        let life = self.agents[agent].life;
        let (call, after) = match self.agents[agent].doing {
            Doing::Idle => {
                self.number += 1;
                let key = self.number;
                self.agents[agent].doing = Doing::Asking { key };
                (Call::Claim { key }, PATIENCE)
            }
            Doing::Asking { key } => (Call::Claim { key }, PATIENCE),
            Doing::Working { task, .. } if self.poison.contains(&task) => {
                return self.crash(agent);
            }
            Doing::Working { task, epoch, until } if until <= self.time => {
                self.agents[agent].doing = Doing::Proving { task, epoch };
                (Call::Prove { task, epoch }, PATIENCE)
            }
            Doing::Working { task, epoch, until } => {
                let after = (LEASE / 3).min(until - self.time);
                (Call::Renew { task, epoch }, after)
            }
            Doing::Proving { task, epoch } => (Call::Prove { task, epoch }, PATIENCE),
        };
        self.send(&Event::Request { agent, life, call });
        self.wake(agent, after);
    }

    /// It forgets everything, and starts again.
    fn crash(&mut self, agent: usize) {
        self.run.seen.crashes += 1;
        self.agents[agent].life += 1;
        self.agents[agent].doing = Doing::Idle;
        let after = 1 + self.chance.below(2 * LEASE);
        self.wake(agent, after);
    }

    fn call(&mut self, agent: usize, call: Call) -> Result<Reply, String> {
        let name = self.agents[agent].name.clone();
        let before = self.queue.tasks.clone();
        let holder = |task, epoch| Holder {
            task,
            epoch,
            agent: name.clone(),
        };
        let (reply, holder) = match call {
            Call::Claim { key } => (told(self.queue.claim(&name, key)), None),
            Call::Renew { task, epoch } => {
                let holder = holder(task, epoch);
                (told(self.queue.renew(&holder)), Some((holder, false)))
            }
            Call::Prove { task, epoch } => {
                let holder = holder(task, epoch);
                let reply = match self.queue.prove(&holder) {
                    Ok(()) => Reply::Done,
                    // It was accepted before, and the answer was lost.
                    Err(Refusal::NotOpen { .. }) => Reply::Done,
                    Err(_) => Reply::Lost,
                };
                (reply, Some((holder, true)))
            }
        };
        let called = match &holder {
            None => Called::Claim(&name),
            Some((holder, false)) => Called::Renew(holder),
            Some((holder, true)) => Called::Prove(holder),
        };
        self.run.seen.late_refused += u32::from(reply == Reply::Lost);
        let losses = |tasks: &[adjutant_work::Task]| tasks.iter().map(|it| it.losses).sum::<u32>();
        self.run.seen.taken_over += losses(&self.queue.tasks) - losses(&before);
        let line = format!("  {name}: {reply:?} at {}", self.queue.now.millis());
        self.tell(&line);
        broken(&before, &self.queue.tasks, called, self.queue.now)?;
        Ok(reply)
    }

    fn hear(&mut self, agent: usize, reply: Reply) {
        match (reply, self.agents[agent].doing) {
            (Reply::Has { task, epoch }, Doing::Asking { .. }) => {
                let until = self.time + 100 + self.chance.below(3 * LEASE);
                self.agents[agent].doing = Doing::Working { task, epoch, until };
                self.wake(agent, 1);
            }
            (Reply::Nothing, Doing::Asking { .. }) => {
                self.agents[agent].doing = Doing::Idle;
                self.wake(agent, PATIENCE);
            }
            (Reply::Done, Doing::Proving { .. }) | (Reply::Lost, _) => {
                self.agents[agent].doing = Doing::Idle;
                self.wake(agent, 1);
            }
            // An answer that comes late, or twice.
            (Reply::Has { .. } | Reply::Nothing | Reply::Done, _) => {}
        }
    }

    fn is_over(&self) -> bool {
        let is_over = |state: &TaskState| {
            matches!(state, TaskState::Proven(_) | TaskState::Quarantined { .. })
        };
        self.queue.tasks.iter().all(|task| is_over(&task.state))
    }

    /// After the faults have stopped everything gets done, or is set aside for good reason.
    fn liveness(&mut self) {
        for task in &self.queue.tasks {
            match &task.state {
                TaskState::Proven(_) => {}
                TaskState::Quarantined { .. } => self.run.seen.quarantined += 1,
                TaskState::Draft
                | TaskState::Open
                | TaskState::Leased(_)
                | TaskState::Done { .. }
                | TaskState::Dropped { .. } => {
                    let state = task.state.name();
                    self.run.broken = Some(format!("{} is {state} for ever", task.id));
                }
            }
        }
    }
}

fn told(claim: Claim) -> Reply {
    match claim {
        Claim::Won(won) => Reply::Has {
            task: won.task.id,
            epoch: won.lease.epoch,
        },
        // It has a task that it does not remember, and takes it up again.
        Claim::Refused(Refusal::Busy { task, epoch }) => Reply::Has { task, epoch },
        Claim::Refused(Refusal::NothingReady { .. }) => Reply::Nothing,
        Claim::Refused(_) => Reply::Lost,
    }
}
