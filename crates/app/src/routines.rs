//! Routines: what is looked at and written down every morning, evening, week and month. Run
//! twice in a period, they show and do not do again.

mod progress;

use adjutant_domain::{AgentName, Epoch, TaskId, Timestamp};
use adjutant_outbound::git::GitError;
use adjutant_store::{RoutineRun, RoutineTurn, Store, StoreError, TaskFilter};
use adjutant_work::calendar::{Month, Week};
use adjutant_work::focus::FocusInputs;
use adjutant_work::north_star::Observation;
use adjutant_work::routine::{
    MonthlyRecord, Routine, Scoreboard, ScoredAttempt, WeeklyRecord, scoreboard,
};
use adjutant_work::strategy::StrategyKind;
use adjutant_work::{Blocker, LinkKind, StateName, Task};
use serde::Serialize;

pub use progress::ProgressCommit;
use progress::commit_progress;

use crate::agents::outcome_of;
use crate::conflicts::{ConflictError, Conflicts, find_conflicts, read_held_tasks};
use crate::filing::read_text;
use crate::focusing::{
    FocusError, FocusRefusal, FocusStanding, FocusWho, FocusWrite, Focused, WrittenFocus,
    focus_standing, write_focus,
};
use crate::north_star::{
    NorthStarError, SeenNorthStar, focus_settings, look_at_north_stars, observe_north_stars,
};
use crate::{Home, IntakeError};

/// Blocked tasks that a morning tells.
const BLOCKED_MAX: usize = 20;

/// Tasks that are looked at for blocked ones.
const LOOKED_AT_MAX: u32 = 1_000;

/// Goals that are taken from the strategy when none are said.
const GOALS_MAX: usize = 3;

/// What became of a routine.
#[derive(Debug, Clone, PartialEq)]
pub enum Routined<T> {
    /// It ran.
    Done(Box<T>),
    /// It did not, and this is why.
    Refused(RoutineRefusal),
}

/// Why a routine did not run.
#[derive(Debug, Clone, PartialEq)]
pub enum RoutineRefusal {
    /// The focus, for a reason of its own.
    Focus(FocusRefusal),
    /// What the focus was compiled from has changed.
    Stale(Box<FocusStanding>),
    /// The agent holds a task and told nobody how to go on with it.
    OpenLease {
        /// The task.
        task: TaskId,
        /// The epoch of the claim.
        epoch: Epoch,
        /// Its title.
        title: String,
    },
    /// The goals of this week were set before.
    GoalsSet {
        /// The week.
        week: String,
        /// Its goals.
        goals: Vec<String>,
    },
}

/// A routine that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RoutineError {
    /// The focus cannot be compiled or written.
    #[error(transparent)]
    Focus(#[from] FocusError),
    /// A north-star gate cannot be looked at.
    #[error(transparent)]
    NorthStar(#[from] NorthStarError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The strategy is not text.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// Git gave no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Conflicts cannot be looked for.
    #[error(transparent)]
    Conflict(#[from] ConflictError),
    /// What a routine stores cannot be written or read.
    #[error("what a routine stores cannot be written or read")]
    Record(#[from] serde_json::Error),
}

/// A morning.
#[derive(Debug, Clone, PartialEq)]
pub struct Morning {
    /// The focus, which is fresh.
    pub standing: FocusStanding,
    /// Tasks that wait for others, with what they wait for.
    pub blocked: Vec<(Task, Vec<Blocker>)>,
    /// What is in each other's way; `None` outside a git repository.
    pub conflicts: Option<Conflicts>,
    /// Whether it ran before today.
    pub again: bool,
}

/// An evening.
#[derive(Debug, Clone, PartialEq)]
pub struct Evening {
    /// The focus as it was written.
    pub focus: WrittenFocus,
    /// What was claimed or ended today.
    pub tasks: Vec<Task>,
    /// The north-star gates.
    pub north_stars: Vec<SeenNorthStar>,
    /// What was committed, where that was asked for.
    pub commit: Option<ProgressCommit>,
    /// Whether it ran before today.
    pub again: bool,
}

/// A week.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// The week.
    pub week: Week,
    /// What was stored: its goals, and who did what in the week before.
    pub record: WeeklyRecord,
    /// Who did what in this week so far.
    pub so_far: Scoreboard,
    /// The north-star gates.
    pub north_stars: Vec<SeenNorthStar>,
    /// Whether it ran before in this week.
    pub again: bool,
}

/// A month.
#[derive(Debug, Clone, PartialEq)]
pub struct Monthly {
    /// The month.
    pub month: Month,
    /// What was stored.
    pub record: MonthlyRecord,
    /// The north-star gates in the new period.
    pub north_stars: Vec<SeenNorthStar>,
    /// Whether it ran before in this month.
    pub again: bool,
}

/// Shows the plan, what blocks and what conflicts; refuses a focus that is missing or stale.
///
/// # Errors
/// When something cannot be read or stored.
pub async fn morning(
    store: &Store,
    home: &Home,
    who: &FocusWho,
    now: Timestamp,
) -> Result<Routined<Morning>, RoutineError> {
    let standing = match focus_standing(store, home, who, now).await? {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Routined::Refused(RoutineRefusal::Focus(refusal))),
    };
    if !standing.changes.is_empty() {
        let refusal = RoutineRefusal::Stale(Box::new(standing));
        return Ok(Routined::Refused(refusal));
    }
    let blocked = blocked_tasks(store, &standing.inputs).await?;
    let tasks = read_held_tasks(store).await?;
    let conflicts = match find_conflicts(home, &tasks, now) {
        Ok(conflicts) => Some(conflicts),
        Err(ConflictError::NoRepository(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let agent = Some(standing.agent.clone());
    let again = stored(store, Routine::Morning, agent, &standing.plan, now).await?;
    Ok(Routined::Done(Box::new(Morning {
        standing,
        blocked,
        conflicts,
        again: again.is_some(),
    })))
}

/// Updates the focus, looks at the north-star gates, and commits progress where that is asked for;
/// refuses a lease that is open and was not handed off.
///
/// # Errors
/// When something cannot be read, written or stored.
pub async fn evening(
    store: &Store,
    home: &Home,
    who: &FocusWho,
    (notes, commit): (&[String], bool),
    now: Timestamp,
) -> Result<Routined<Evening>, RoutineError> {
    let standing = match focus_standing(store, home, who, now).await? {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Routined::Refused(RoutineRefusal::Focus(refusal))),
    };
    if let Some(refusal) = open_lease(store, &standing.agent).await? {
        return Ok(Routined::Refused(refusal));
    }
    let north_stars = observe_north_stars(store, home, Week::of(now), now).await?;
    let write = (FocusWrite::Update, notes);
    let focus = match write_focus(store, home, who, write, now).await? {
        Focused::Written(focus) => *focus,
        Focused::Refused(refusal) => {
            return Ok(Routined::Refused(RoutineRefusal::Focus(refusal)));
        }
    };
    let tasks = progress::tasks_of_today(store, &focus.agent, now).await?;
    let commit = if commit {
        let files = focus_settings(home)?.progress;
        Some(commit_progress(home, &files, (&focus.agent, &tasks), now)?)
    } else {
        None
    };
    let seen: Vec<&Observation> = north_stars.iter().map(|seen| &seen.observation).collect();
    let record = EveningRecord {
        tasks: tasks
            .iter()
            .map(|task| (task.id, task.state.kind()))
            .collect(),
        north_stars: &seen,
    };
    let agent = Some(focus.agent.clone());
    let again = stored(store, Routine::Evening, agent, &record, now).await?;
    Ok(Routined::Done(Box::new(Evening {
        focus,
        tasks,
        north_stars,
        commit,
        again: again.is_some(),
    })))
}

#[derive(Serialize)]
struct EveningRecord<'a> {
    tasks: Vec<(TaskId, StateName)>,
    north_stars: &'a [&'a Observation],
}

/// Sets the goals of the week, and counts who did what. A week before that nobody looked at is
/// looked at now.
///
/// # Errors
/// When something cannot be read or stored.
pub async fn weekly(
    store: &Store,
    home: &Home,
    goals: &[String],
    now: Timestamp,
) -> Result<Routined<Weekly>, RoutineError> {
    let week = Week::of(now);
    let period = week.to_string();
    let before = store.routine(Routine::Weekly, &period, None).await?;
    if let Some(run) = &before
        && !goals.is_empty()
    {
        let record: WeeklyRecord = serde_json::from_str(&run.content)?;
        if record.goals != goals {
            return Ok(Routined::Refused(RoutineRefusal::GoalsSet {
                week: period,
                goals: record.goals,
            }));
        }
    }
    look_back(store, home, week, now).await?;
    let north_stars = observe_north_stars(store, home, week, now).await?;
    let attempts = attempts(store).await?;
    let record = WeeklyRecord {
        goals: if goals.is_empty() {
            goals_of_strategy(home)?
        } else {
            goals.to_vec()
        },
        scoreboard: scoreboard(&attempts, week.previous()),
        north_stars: observed(&north_stars),
    };
    let again = stored(store, Routine::Weekly, None, &record, now).await?;
    let record = match &again {
        Some(run) => serde_json::from_str(&run.content)?,
        None => record,
    };
    Ok(Routined::Done(Box::new(Weekly {
        week,
        record,
        so_far: scoreboard(&attempts, week),
        north_stars,
        again: again.is_some(),
    })))
}

/// Looks at the week before, when nobody did while it lasted. Nothing is looked at from before the
/// first look: a gate is not missed in weeks in which it was not yet set.
async fn look_back(
    store: &Store,
    home: &Home,
    week: Week,
    now: Timestamp,
) -> Result<(), NorthStarError> {
    let before = week.previous();
    let seen = store.north_star_observations().await?;
    if seen.iter().any(|seen| seen.week < before) && seen.iter().all(|seen| seen.week != before) {
        observe_north_stars(store, home, before, now).await?;
    }
    Ok(())
}

/// Begins a new period of the north-star gates; the old one is kept.
///
/// # Errors
/// When something cannot be read or stored.
pub async fn monthly(store: &Store, home: &Home, now: Timestamp) -> Result<Monthly, RoutineError> {
    let month = Month::of(now);
    let old = observe_north_stars(store, home, Week::of(now), now).await?;
    let record = MonthlyRecord {
        period_start: month.start(),
        north_stars: observed(&old),
    };
    let again = stored(store, Routine::Monthly, None, &record, now).await?;
    let record = match &again {
        Some(run) => serde_json::from_str(&run.content)?,
        None => record,
    };
    Ok(Monthly {
        month,
        record,
        north_stars: look_at_north_stars(store, home, Week::of(now), now).await?,
        again: again.is_some(),
    })
}

fn observed(seen: &[SeenNorthStar]) -> Vec<Observation> {
    seen.iter().map(|seen| seen.observation.clone()).collect()
}

/// Stores a routine; what it stored before in this period, when it ran already.
async fn stored<T: Serialize>(
    store: &Store,
    routine: Routine,
    agent: Option<AgentName>,
    record: &T,
    now: Timestamp,
) -> Result<Option<RoutineRun>, RoutineError> {
    let run = RoutineRun {
        routine,
        period: routine.period(now),
        agent,
        at: now,
        content: serde_json::to_string(record)?,
    };
    Ok(match store.store_routine(&run).await? {
        RoutineTurn::First => None,
        RoutineTurn::Again(run) => Some(run),
    })
}

/// A lease of the agent that nobody was told how to go on with.
async fn open_lease(
    store: &Store,
    agent: &AgentName,
) -> Result<Option<RoutineRefusal>, RoutineError> {
    for task in store.leases().await? {
        let adjutant_work::TaskState::Leased(lease) = &task.state else {
            continue;
        };
        if lease.owner == *agent && !is_handed_off(store, &task, agent).await? {
            return Ok(Some(RoutineRefusal::OpenLease {
                task: task.id,
                epoch: task.epoch,
                title: task.intake.title,
            }));
        }
    }
    Ok(None)
}

/// Whether a handoff was written under the lease that goes on.
async fn is_handed_off(
    store: &Store,
    task: &Task,
    agent: &AgentName,
) -> Result<bool, RoutineError> {
    let Some(stored) = store.task(task.id).await? else {
        return Ok(false);
    };
    for link in stored.links_to {
        if link.kind != LinkKind::HandoffOf {
            continue;
        }
        let Some(follower) = store.task(link.target).await? else {
            continue;
        };
        let is_of_lease = follower
            .notes
            .iter()
            .any(|note| note.agent.as_ref() == Some(agent) && note.epoch == Some(task.epoch));
        if is_of_lease {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tasks for the agent's role that wait for others.
async fn blocked_tasks(
    store: &Store,
    inputs: &FocusInputs,
) -> Result<Vec<(Task, Vec<Blocker>)>, RoutineError> {
    let filter = TaskFilter {
        state: Some(StateName::Open),
        limit: LOOKED_AT_MAX,
        ..TaskFilter::default()
    };
    let role = inputs.role.as_ref().map(|role| &role.name);
    let mut blocked = Vec::new();
    for task in store.list_tasks(&filter).await?.tasks {
        let is_ours = task.intake.role.is_none() || task.intake.role.as_ref() == role;
        if task.open_blockers == 0 || !is_ours || blocked.len() >= BLOCKED_MAX {
            continue;
        }
        let Some(stored) = store.task(task.id).await? else {
            continue;
        };
        let mut blockers = Vec::new();
        for link in stored.links {
            if link.kind != LinkKind::BlockedBy {
                continue;
            }
            if let Some(other) = store.task(link.target).await?
                && !other.task.state.is_closed()
            {
                blockers.push(Blocker {
                    task: other.task.id,
                    title: other.task.intake.title,
                    state: other.task.state.name().to_owned(),
                });
            }
        }
        blocked.push((task, blockers));
    }
    Ok(blocked)
}

async fn attempts(store: &Store) -> Result<Vec<ScoredAttempt>, StoreError> {
    let attempts = store.attempts_of(None).await?;
    Ok(attempts
        .into_iter()
        .map(|attempt| ScoredAttempt {
            agent: attempt.agent,
            task: attempt.task,
            epoch: attempt.epoch,
            began_at: attempt.began_at,
            ended_at: attempt.ended_at,
            outcome: outcome_of(attempt.result),
        })
        .collect())
}

/// The first open goals of the strategy.
fn goals_of_strategy(home: &Home) -> Result<Vec<String>, RoutineError> {
    let path = home.top.join(focus_settings(home)?.strategy);
    if !path.is_file() {
        return Ok(vec![]);
    }
    let strategy = adjutant_work::strategy::read_strategy(&read_text(&path)?);
    Ok(strategy
        .items
        .into_iter()
        .filter(|item| item.kind == StrategyKind::Goal && !item.is_done)
        .take(GOALS_MAX)
        .map(|item| item.text)
        .collect())
}
