//! Claims: find and claim in one transaction, so that a task has one winner under any race.

use std::sync::Arc;

use adjutant_domain::{Epoch, RoleName, TaskId, Timestamp};
use adjutant_work::{
    Blocker, Claim, ClaimRequest, Held, Holder, Lease, LeaseTime, OnOverlap, Overlap, Refusal,
    Target, Task, TaskState, Won, check_claim, check_idle, grant, lapse, ready_order, renew,
};

use super::attempts::{self, AttemptResult};
use super::lease_clock;
use super::requests::{self, Known};
use super::rows::{self, detail, paths_of, task_of};
use crate::journal::JournalKind;
use crate::seen::{ReadyFront, ReadyOrder};
use crate::session::{Purpose, Session};
use crate::{Store, StoreError};

/// Ready tasks that are read at a time: the first is nearly always the one.
const PAGE: i64 = 16;

/// Tasks that were passed over and are told when nothing is left.
const PASSED_OVER_SHOWN_MAX: usize = 10;

/// What the claim's transaction knows.
struct Facts<'a> {
    request: &'a ClaimRequest,
    held: Arc<Vec<Held>>,
    at: LeaseTime,
    now: Timestamp,
}

impl Store {
    /// Gives the agent a task, renews its lease, or says why not. A lease that ran out does not
    /// keep a task from being claimed: nobody has to sweep.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim(&self, request: &ClaimRequest, now: Timestamp) -> Result<Claim, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let mut body = None;
        if let Some(key) = &request.key {
            match requests::look_up(&mut session, key, &body_of(request)).await? {
                Known::Answer(claim) => return Ok(claim),
                Known::Refused(refusal) => return Ok(Claim::Refused(refusal)),
                Known::No(digest) => body = Some((key, digest)),
            }
        }
        let at = lease_clock::read(&mut session, &self.lease_clock).await?;
        let claim = decide(&mut session, request, at, now).await?;
        // A refusal had no effect, so there is nothing that a repetition could do twice: it is
        // asked anew. Otherwise a key would keep an agent from work that comes up later.
        if let (Some((key, body)), Claim::Won(_)) = (body, &claim) {
            requests::remember(&mut session, key, body, &claim, at).await?;
        }
        // Who is refused writes nothing, and waits for no disk: not even the clock is kept.
        if session.has_written() {
            lease_clock::tick(&mut session, &self.lease_clock).await?;
            session.commit().await?;
        }
        Ok(claim)
    }
}

/// What makes two requests under one key the same. The pauses are the house's, not the agent's.
fn body_of(request: &ClaimRequest) -> impl serde::Serialize {
    let (verb, task, epoch) = match request.target {
        Target::Next => ("next", None, None),
        Target::Task(id) => ("task", Some(id), None),
        Target::Renewal(id, epoch) => ("renewal", Some(id), Some(epoch)),
    };
    let role = request.role.as_ref().map(|role| role.name.clone());
    let warns = request.on_overlap == OnOverlap::Warn;
    let agent = request.agent.clone();
    (verb, task, epoch, agent, role, warns, request.lease_millis)
}

async fn decide(
    session: &mut Session<'_>,
    request: &ClaimRequest,
    at: LeaseTime,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    if let Target::Renewal(id, epoch) = request.target {
        return renewal(session, request, (id, epoch), at, now).await;
    }
    let facts = Facts {
        request,
        held: held(session).await?,
        at,
        now,
    };
    if let Err(refusal) = check_idle(&request.agent, &facts.held, at) {
        return Ok(Claim::Refused(refusal));
    }
    match request.target {
        Target::Next => next(session, &facts).await,
        Target::Task(id) => {
            let task = match rows::load(session, id).await? {
                Ok(task) => task,
                Err(refusal) => return Ok(Claim::Refused(refusal)),
            };
            let blockers = blockers_of(session, &task).await?;
            match check_claim(request, &task, &blockers, &facts.held, at) {
                Ok(overlaps) => Ok(take(session, &facts, task, overlaps)
                    .await?
                    .unwrap_or_else(Claim::Refused)),
                Err(refusal) => Ok(Claim::Refused(refusal)),
            }
        }
        Target::Renewal(id, epoch) => renewal(session, request, (id, epoch), at, now).await,
    }
}

async fn renewal(
    session: &mut Session<'_>,
    request: &ClaimRequest,
    (task, epoch): (TaskId, Epoch),
    at: LeaseTime,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let holder = Holder {
        task,
        epoch,
        agent: request.agent.clone(),
    };
    let renewed = match rows::load(session, task).await? {
        Ok(task) => renew(&task, &holder, at, request.lease_millis),
        Err(refusal) => Err(refusal),
    };
    match renewed {
        Ok(task) => {
            let about = detail([("agent", holder.agent.as_str().into())]);
            let task = rows::update(session, task, JournalKind::TaskRenewed, about, now).await?;
            Ok(won(task, at, true, vec![]))
        }
        Err(refusal) => Ok(Claim::Refused(refusal)),
    }
}

fn won(task: Task, at: LeaseTime, renewed: bool, overlaps: Vec<Overlap>) -> Claim {
    match &task.state {
        TaskState::Leased(lease) => Claim::Won(Box::new(Won {
            lease: lease.clone(),
            lasts_millis: lease.expires.millis() - at.millis(),
            renewed,
            overlaps,
            task,
        })),
        TaskState::Draft
        | TaskState::Open
        | TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => Claim::Refused(Refusal::NotOpen {
            task: task.id,
            state: task.state.name().to_owned(),
        }),
    }
}

/// Goes through the ready tasks and the expired leases in the order of the queue, and takes the
/// first that the agent may have.
async fn next(session: &mut Session<'_>, facts: &Facts<'_>) -> Result<Claim, StoreError> {
    let mut expired = expired(session, facts).await?;
    let mut passed_over = Vec::new();
    let mut front = front(session).await?;
    loop {
        let up_to = front.up_to;
        // An expired lease that comes after these waits for its own.
        let (mut due, later) = expired
            .into_iter()
            .partition(|task| up_to.is_none_or(|last| ready_order(task) < last));
        expired = later;
        front.tasks.append(&mut due);
        front.tasks.sort_by_key(|task| ready_order(task));
        for task in front.tasks {
            match check_claim(facts.request, &task, &[], &facts.held, facts.at) {
                Ok(overlaps) => {
                    let task = Arc::unwrap_or_clone(task);
                    match take(session, facts, task, overlaps).await? {
                        Ok(claim) => return Ok(claim),
                        Err(refusal) => passed_over.push(refusal),
                    }
                }
                Err(refusal) if passed_over.len() < PASSED_OVER_SHOWN_MAX => {
                    passed_over.push(refusal);
                }
                Err(_) => {}
            }
        }
        if up_to.is_none() {
            return nothing_ready(session, facts, passed_over).await;
        }
        front = ready_after(session, up_to).await?;
    }
}

async fn nothing_ready(
    session: &mut Session<'_>,
    facts: &Facts<'_>,
    mut passed_over: Vec<Refusal>,
) -> Result<Claim, StoreError> {
    passed_over.truncate(PASSED_OVER_SHOWN_MAX);
    let sql = "SELECT COUNT(*) FROM task WHERE state = 'open' AND open_blockers > 0";
    let blocked = session.count("count waiting tasks", sql, &[]).await?;
    let held = facts.held.iter().filter(|held| held.is_live(facts.at));
    Ok(Claim::Refused(Refusal::NothingReady {
        blocked: u32::try_from(blocked).unwrap_or(u32::MAX),
        held: u32::try_from(held.count()).unwrap_or(u32::MAX),
        passed_over,
    }))
}

/// Takes a task that the agent may have. Where the lease on it ran out, that is written first; it
/// may have been once too often, and then nobody gets the task.
async fn take(
    session: &mut Session<'_>,
    facts: &Facts<'_>,
    mut task: Task,
    overlaps: Vec<Overlap>,
) -> Result<Result<Claim, Refusal>, StoreError> {
    if let TaskState::Leased(lease) = task.state.clone() {
        task = lose(session, task, &lease, facts.now).await?;
        if !matches!(task.state, TaskState::Open) {
            return Ok(Err(Refusal::NotOpen {
                task: task.id,
                state: task.state.name().to_owned(),
            }));
        }
    }
    give_up_others(session, facts, task.id).await?;
    let request = facts.request;
    let task = grant(&task, &request.agent, facts.at, request.lease_millis);
    let role = request.role.as_ref().map(|role| &role.name);
    let about = detail([
        ("agent", request.agent.as_str().into()),
        ("epoch", task.epoch.number().into()),
        ("kind", task.intake.kind.map(|kind| kind.name()).into()),
        ("role", role.map(RoleName::as_str).into()),
    ]);
    let task = rows::update(session, task, JournalKind::TaskClaimed, about, facts.now).await?;
    attempts::begin(session, &task, (&request.agent, role), facts.now).await?;
    Ok(Ok(won(task, facts.at, false, overlaps)))
}

/// Whoever takes a new task has given up the one whose lease ran out. That lease may have ended on
/// the way here already.
async fn give_up_others(
    session: &mut Session<'_>,
    facts: &Facts<'_>,
    taken: TaskId,
) -> Result<(), StoreError> {
    let given_up: Vec<&Held> = facts
        .held
        .iter()
        .filter(|held| held.lease.owner == facts.request.agent && held.task != taken)
        .collect();
    for held in given_up {
        if let Ok(task) = rows::load(session, held.task).await?
            && task.state == TaskState::Leased(held.lease.clone())
        {
            lose(session, task, &held.lease, facts.now).await?;
        }
    }
    Ok(())
}

async fn lose(
    session: &mut Session<'_>,
    task: Task,
    lease: &Lease,
    now: Timestamp,
) -> Result<Task, StoreError> {
    attempts::end(session, task.id, lease.epoch, AttemptResult::Lost, now).await?;
    let about = detail([
        ("agent", lease.owner.as_str().into()),
        ("epoch", lease.epoch.number().into()),
        ("attempt", "lost".into()),
    ]);
    let task = lapse(&task, lease);
    rows::update(session, task, JournalKind::TaskLapsed, about, now).await
}

/// In the order of the index of leases: in the order of the tasks' numbers SQLite would rather
/// look at every task there is.
const HELD: &str =
    "SELECT id, owner, epoch, expires, paths FROM task WHERE state = 'leased' ORDER BY owner";

/// Every lease, live or run out: at most one an agent.
pub(super) async fn held(session: &mut Session<'_>) -> Result<Arc<Vec<Held>>, StoreError> {
    if let Some(leases) = &session.seen().leases {
        return Ok(Arc::clone(leases));
    }
    let rows = session.query("read the leases", HELD, &[]).await?;
    let mut held: Vec<Held> = rows
        .iter()
        .map(|row| {
            Ok(Held {
                task: TaskId::from_number(row.integer(0)?),
                lease: Lease {
                    owner: row.parse(1)?,
                    epoch: Epoch::from_number(row.integer(2)?),
                    expires: LeaseTime::from_millis(row.integer(3)?),
                },
                paths: paths_of(row, 4)?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    held.sort_by_key(|held| held.task);
    let held = Arc::new(held);
    session.seen().leases = Some(Arc::clone(&held));
    Ok(held)
}

/// Tasks whose lease ran out and that nothing else keeps from being claimed.
async fn expired(
    session: &mut Session<'_>,
    facts: &Facts<'_>,
) -> Result<Vec<Arc<Task>>, StoreError> {
    let mut expired = Vec::new();
    for held in facts.held.iter().filter(|held| !held.is_live(facts.at)) {
        if let Ok(task) = rows::load(session, held.task).await?
            && task.open_blockers == 0
        {
            expired.push(Arc::new(task));
        }
    }
    Ok(expired)
}

/// The first tasks of the queue, read once in a transaction until they are all taken.
async fn front(session: &mut Session<'_>) -> Result<ReadyFront, StoreError> {
    if let Some(front) = &session.seen().queue
        && !front.tasks.is_empty()
    {
        return Ok(front.clone());
    }
    let front = ready_after(session, None).await?;
    session.seen().queue = Some(front.clone());
    Ok(front)
}

/// The tasks of the queue behind a place.
async fn ready_after(
    session: &mut Session<'_>,
    after: Option<ReadyOrder>,
) -> Result<ReadyFront, StoreError> {
    let (condition, mut parameters) = match after {
        Some((priority, unblocks, id)) => (
            super::listing::AFTER_READY,
            vec![
                i64::from(priority).into(),
                i64::from(unblocks.0).into(),
                id.number().into(),
            ],
        ),
        None => ("", vec![]),
    };
    parameters.push(PAGE.into());
    let limit = parameters.len();
    let sql = format!(
        "SELECT {} FROM task WHERE state = 'open' AND open_blockers = 0 {condition} \
         ORDER BY priority, unblocks DESC, id LIMIT ${limit}",
        rows::COLUMNS
    );
    let tasks = session
        .query("read the ready tasks", &sql, &parameters)
        .await?
        .iter()
        .map(|row| Ok(Arc::new(task_of(row)?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let is_last = (tasks.len() as i64) < PAGE;
    let last = tasks.last().filter(|_| !is_last);
    Ok(ReadyFront {
        up_to: last.map(|task| ready_order(task)),
        tasks,
    })
}

/// The open tasks that `task` waits for.
pub(super) async fn blockers_of(
    session: &mut Session<'_>,
    task: &Task,
) -> Result<Vec<Blocker>, StoreError> {
    if task.open_blockers == 0 {
        return Ok(vec![]);
    }
    session
        .query(
            "read what blocks a task",
            "SELECT b.id, b.title, b.state FROM task_link l JOIN task b ON b.id = l.target \
             WHERE l.task = $1 AND l.kind = 'blocked-by' AND b.state NOT IN ('done', 'dropped') \
             ORDER BY b.id",
            &[task.id.number().into()],
        )
        .await?
        .iter()
        .map(|row| {
            Ok(Blocker {
                task: TaskId::from_number(row.integer(0)?),
                title: row.text(1)?.to_owned(),
                state: row.text(2)?.to_owned(),
            })
        })
        .collect()
}
