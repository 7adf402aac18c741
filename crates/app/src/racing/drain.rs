//! Many tasks, processes that are stopped and killed while they hold them: nothing may be lost,
//! nothing be done twice, and who lost its lease must be refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use adjutant_domain::{Epoch, TaskId, Timestamp};
use adjutant_outbound::clock::Stopwatch;
use adjutant_outbound::crew::{Member, Recipe};
use adjutant_store::{AttemptResult, Store, TaskFilter};
use adjutant_work::{StateName, TaskState};

use super::accounts::DrainResult;
use super::fate::{Fate, Fates};
use super::{RaceError, RaceSize, WorkerKind, failed, file, millis};

/// How often those whose time has come are looked for when nobody says anything.
const TICK: Duration = Duration::from_millis(5);

/// After so many tasks the progress is told.
const TOLD_EVERY: u32 = 1_000;

type Recipes<'a> = &'a dyn Fn(WorkerKind, &str) -> Recipe;

/// A worker, where it stands.
struct Slot {
    member: Member,
    /// Which worker of this slot it is; what an earlier one still says counts as said.
    generation: u32,
    has: Option<TaskId>,
    due: Option<Due>,
    is_done: bool,
}

/// What happens to a worker when its time has come.
struct Due {
    since: Stopwatch,
    after: Duration,
    is_death: bool,
}

/// What a worker said, or that it ended.
struct Heard {
    slot: usize,
    generation: u32,
    line: Option<String>,
}

struct Crew<'a> {
    recipes: Recipes<'a>,
    slots: Vec<Slot>,
    sender: Sender<Heard>,
    receiver: Receiver<Heard>,
    listeners: Vec<std::thread::JoinHandle<()>>,
    kind: WorkerKind,
    fates: Fates,
    /// Tasks whose holder was stopped or killed, until the next one has them.
    orphans: BTreeMap<TaskId, Stopwatch>,
    acknowledged: Vec<(TaskId, Epoch)>,
    started: u32,
    late: u32,
    killed: u32,
    held: u32,
    taken_over_after: u64,
}

pub(super) async fn run(
    store: &Store,
    size: RaceSize,
    recipes: Recipes<'_>,
    progress: &mut dyn FnMut(&str),
    now: Timestamp,
) -> Result<DrainResult, RaceError> {
    file(store, size.drain, "drained", now).await?;
    let watch = Stopwatch::start();
    let mut crew = Crew::new(recipes, size);
    let mut quarantined = 0;
    if size.drain > 0 {
        for _worker in 0..size.workers {
            crew.hire()?;
        }
        crew.drain(size.drain, progress)?;
        // Who looks at what was set aside knows here what happened, and lets it go on in peace.
        crew.fates = Fates::none();
        loop {
            let set_aside = reopen_quarantined(store, now).await?;
            if set_aside == 0 {
                break;
            }
            quarantined += set_aside;
            // They waited for a person, not for the next holder.
            crew.orphans.clear();
            crew.hire()?;
            crew.drain(size.drain, progress)?;
        }
    }
    crew.dismiss()?;
    let mut result = account(store, size, &crew.acknowledged).await?;
    result.killed = crew.killed;
    result.held = crew.held;
    result.late_refused = crew.late;
    result.quarantined = quarantined;
    result.taken_over_after_millis_max = crew.taken_over_after;
    result.millis = millis(watch);
    Ok(result)
}

impl<'a> Crew<'a> {
    fn new(recipes: Recipes<'a>, size: RaceSize) -> Self {
        let (sender, receiver) = channel();
        Self {
            recipes,
            slots: Vec::new(),
            sender,
            receiver,
            listeners: Vec::new(),
            kind: WorkerKind::Drainer {
                lease_millis: size.lease_millis,
            },
            fates: Fates::of(size),
            orphans: BTreeMap::new(),
            acknowledged: Vec::new(),
            started: 0,
            late: 0,
            killed: 0,
            held: 0,
            taken_over_after: 0,
        }
    }

    /// Adds a worker.
    fn hire(&mut self) -> Result<(), RaceError> {
        let slot = self.slots.len();
        let member = self.start(slot, 0)?;
        self.slots.push(Slot {
            member,
            generation: 0,
            has: None,
            due: None,
            is_done: false,
        });
        Ok(())
    }

    fn start(&mut self, slot: usize, generation: u32) -> Result<Member, RaceError> {
        self.started += 1;
        let name = format!("drainer-{}", self.started);
        let recipe = (self.recipes)(self.kind, &name);
        let mut member = Member::start(&recipe).map_err(failed("started"))?;
        if let Some(mut listener) = member.take_output() {
            let sender = self.sender.clone();
            self.listeners.push(std::thread::spawn(move || {
                loop {
                    // Output that cannot be read any more has ended.
                    let line = listener.hear().unwrap_or(None);
                    let is_end = line.is_none();
                    let heard = Heard {
                        slot,
                        generation,
                        line,
                    };
                    if sender.send(heard).is_err() || is_end {
                        return;
                    }
                }
            }));
        }
        Ok(member)
    }

    /// Lets them work, holds and kills them, until nothing is left.
    fn drain(&mut self, tasks: u32, progress: &mut dyn FnMut(&str)) -> Result<(), RaceError> {
        let mut told = 0;
        while self.slots.iter().any(|slot| !slot.is_done) {
            self.do_what_is_due()?;
            match self.receiver.recv_timeout(TICK) {
                Ok(heard) => self.hear(heard)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            let done = u32::try_from(self.acknowledged.len()).unwrap_or(u32::MAX);
            if done >= told + TOLD_EVERY {
                told = done;
                progress(&format!("{done} of {tasks} tasks done"));
            }
        }
        Ok(())
    }

    fn hear(&mut self, heard: Heard) -> Result<(), RaceError> {
        let is_current = self.slots[heard.slot].generation == heard.generation;
        let Some(line) = heard.line else {
            if is_current && !self.slots[heard.slot].is_done {
                // It ended, nobody killed it, and it did not say that nothing was left.
                return Err(RaceError::Unheard("nothing, and ended".to_owned()));
            }
            return Ok(());
        };
        let unheard = || RaceError::Unheard(line.clone());
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["ready"] => {}
            ["empty"] => self.slots[heard.slot].is_done |= is_current,
            ["has", task] => {
                let task = task.parse().map_err(|_no_task| unheard())?;
                self.note_taken_over(task);
                if is_current {
                    self.slots[heard.slot].has = Some(task);
                    let fate = self.fates.draw();
                    self.meet(heard.slot, fate)?;
                }
            }
            ["late"] => {
                self.late += 1;
                self.let_go(heard.slot, is_current);
            }
            ["done", task, epoch] => {
                let task = task.parse().map_err(|_no_task| unheard())?;
                let epoch = epoch.parse().map_err(|_no_epoch| unheard())?;
                self.acknowledged.push((task, epoch));
                self.orphans.remove(&task);
                self.let_go(heard.slot, is_current);
            }
            _ => return Err(unheard()),
        }
        Ok(())
    }

    fn let_go(&mut self, slot: usize, is_current: bool) {
        if is_current {
            self.slots[slot].has = None;
        }
    }

    fn note_taken_over(&mut self, task: TaskId) {
        if let Some(since) = self.orphans.remove(&task) {
            self.taken_over_after = self.taken_over_after.max(millis(since));
        }
    }

    /// A worker has a task and waits for the word to go on with it.
    fn meet(&mut self, at: usize, fate: Fate) -> Result<(), RaceError> {
        let slot = &mut self.slots[at];
        let (after, is_death) = match fate {
            Fate::Killed => return self.kill(at),
            Fate::Spared => return slot.member.tell("go").map_err(failed("told")),
            Fate::KilledAfter(after) => (after, true),
            Fate::Held(after) => {
                slot.member.stop().map_err(failed("stopped"))?;
                self.held += 1;
                self.orphans
                    .extend(slot.has.map(|task| (task, Stopwatch::start())));
                (after, false)
            }
        };
        // Whoever is held finds the word waiting, and goes on as if no time had passed.
        slot.member.tell("go").map_err(failed("told"))?;
        // A worker that is doomed already does not live longer for it.
        slot.due.get_or_insert(Due {
            since: Stopwatch::start(),
            after,
            is_death,
        });
        Ok(())
    }

    fn do_what_is_due(&mut self) -> Result<(), RaceError> {
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            let Some(due) = slot.due.take_if(|due| due.since.elapsed() >= due.after) else {
                continue;
            };
            if !due.is_death {
                slot.member.resume().map_err(failed("resumed"))?;
            } else if !slot.is_done {
                self.kill(at)?;
            }
        }
        Ok(())
    }

    /// Kills a worker, and starts another in its place.
    fn kill(&mut self, at: usize) -> Result<(), RaceError> {
        let slot = &mut self.slots[at];
        slot.member.kill().map_err(failed("killed"))?;
        self.killed += 1;
        self.orphans
            .extend(slot.has.take().map(|task| (task, Stopwatch::start())));
        slot.due = None;
        slot.generation += 1;
        let generation = slot.generation;
        self.slots[at].member = self.start(at, generation)?;
        Ok(())
    }

    /// Waits until all have ended.
    fn dismiss(&mut self) -> Result<(), RaceError> {
        for slot in &mut self.slots {
            slot.member.finish().map_err(failed("finished"))?;
        }
        for listener in self.listeners.drain(..) {
            if let Err(panic) = listener.join() {
                std::panic::resume_unwind(panic);
            }
        }
        Ok(())
    }
}

/// Opens the tasks that lost too many holders: here, who looked at them knows why.
async fn reopen_quarantined(store: &Store, now: Timestamp) -> Result<u32, RaceError> {
    let filter = TaskFilter {
        state: Some(StateName::Quarantined),
        limit: 1_000,
        ..TaskFilter::default()
    };
    let set_aside = store.list_tasks(&filter).await?.tasks;
    for task in &set_aside {
        store
            .reopen_task(task.id, task.revision, "the test killed its holders", now)
            .await?;
    }
    Ok(u32::try_from(set_aside.len()).unwrap_or(u32::MAX))
}

/// Holds what the workers said against what the store kept.
async fn account(
    store: &Store,
    size: RaceSize,
    acknowledged: &[(TaskId, Epoch)],
) -> Result<DrainResult, RaceError> {
    let mut completions: BTreeMap<TaskId, u32> = BTreeMap::new();
    let mut proven = BTreeSet::new();
    let mut taken_over = 0;
    for attempt in store.attempts_of(None).await? {
        match attempt.result {
            Some(AttemptResult::Proven) => {
                *completions.entry(attempt.task).or_default() += 1;
                proven.insert((attempt.task, attempt.epoch));
            }
            Some(AttemptResult::Lost) => taken_over += 1,
            Some(
                AttemptResult::Merged
                | AttemptResult::Released
                | AttemptResult::Refused
                | AttemptResult::HandedOff
                | AttemptResult::Rejected,
            )
            | None => {}
        }
    }
    let mut told: BTreeMap<TaskId, u32> = BTreeMap::new();
    for (task, _) in acknowledged {
        *told.entry(*task).or_default() += 1;
    }
    let twice =
        |counts: &BTreeMap<TaskId, u32>| counts.values().filter(|count| **count > 1).count();
    let kept = acknowledged
        .iter()
        .filter(|one| proven.contains(one))
        .count();
    let done_once = tasks_proven(store).await?;
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(DrainResult {
        tasks: size.drain,
        workers: size.workers,
        killed: 0,
        held: 0,
        done_once,
        lost: size.drain.saturating_sub(done_once),
        done_twice: small(twice(&completions).max(twice(&told))),
        acknowledged_lost: small(acknowledged.len() - kept),
        unacknowledged: small(proven.len().saturating_sub(kept)),
        late_refused: 0,
        taken_over,
        taken_over_after_millis_max: 0,
        quarantined: 0,
        millis: 0,
    })
}

/// How many tasks stand as proven.
async fn tasks_proven(store: &Store) -> Result<u32, RaceError> {
    let mut filter = TaskFilter {
        state: Some(StateName::Proven),
        limit: 500,
        ..TaskFilter::default()
    };
    let mut count = 0;
    loop {
        let page = store.list_tasks(&filter).await?;
        let proven = page
            .tasks
            .iter()
            .filter(|task| matches!(task.state, TaskState::Proven(_)));
        count += u32::try_from(proven.count()).unwrap_or(u32::MAX);
        filter.after = page.tasks.last().map(|task| task.id);
        if !page.more {
            return Ok(count);
        }
    }
}
