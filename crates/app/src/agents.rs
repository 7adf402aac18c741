//! Agents: adding, removing, and listing them with what became of their work.

use adjutant_domain::{AgentName, TaskId, Timestamp};
use adjutant_store::{AgentChange, AttemptResult, Store, StoreError};
use adjutant_work::{
    Agent, Candidate, Record, Refusal, Task, TaskState, Trial, TrialOutcome, check_role, rank,
    records_of,
};

use crate::{Home, RolesError, role_named};

/// An agent with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAgent {
    /// The agent.
    pub agent: Agent,
    /// Its record, one a kind of task that it tried.
    pub records: Vec<Record>,
    /// What the records count.
    pub trials: Vec<Trial>,
}

/// The agents in order of fitness for a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Ranking {
    /// The best one first.
    Ranked(Vec<Candidate>),
    /// There is no such task.
    UnknownTask,
}

/// Agents that could not be put in order.
#[derive(Debug, thiserror::Error)]
pub enum RankingError {
    /// The role of an agent cannot be found.
    #[error(transparent)]
    Role(#[from] RolesError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds an agent, or changes the one of this name.
///
/// # Errors
/// When the store cannot be written.
pub async fn add_agent(
    store: &Store,
    agent: &Agent,
    now: Timestamp,
) -> Result<AgentChange, StoreError> {
    store.set_agent(agent, now).await
}

/// Removes an agent; its record stays.
///
/// # Errors
/// When the store cannot be written.
pub async fn remove_agent(
    store: &Store,
    name: &AgentName,
    now: Timestamp,
) -> Result<AgentChange, StoreError> {
    store.remove_agent(name, now).await
}

/// All agents with their records.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_agents(store: &Store) -> Result<Vec<KnownAgent>, StoreError> {
    let trials = trials(store).await?;
    let agents = store.agents().await?;
    Ok(agents
        .into_iter()
        .map(|agent| KnownAgent {
            records: records_of(&agent.name, &trials),
            trials: trials
                .iter()
                .filter(|trial| trial.agent == agent.name)
                .cloned()
                .collect(),
            agent,
        })
        .collect())
}

/// The agents in order of fitness for a task.
///
/// # Errors
/// When the role of an agent cannot be found, or the store cannot be read.
pub async fn rank_agents(
    store: &Store,
    home: &Home,
    task: TaskId,
) -> Result<Ranking, RankingError> {
    let Some(stored) = store.task(task).await? else {
        return Ok(Ranking::UnknownTask);
    };
    let trials = trials(store).await?;
    let held = store.leases().await?;
    let mut agents = Vec::new();
    for agent in store.agents().await? {
        let role = role_named(home, &agent.role)?.role;
        let refusal = check_role(Some(&role), &stored.task).err();
        let refusal = refusal.or_else(|| busy_with(&agent.name, &held));
        agents.push((agent, refusal));
    }
    Ok(Ranking::Ranked(rank(
        agents,
        stored.task.intake.kind,
        &trials,
    )))
}

/// The task that an agent has now, as its claim would be told.
fn busy_with(agent: &AgentName, held: &[Task]) -> Option<Refusal> {
    held.iter().find_map(|held| match &held.state {
        TaskState::Leased(lease) if lease.owner == *agent => Some(Refusal::Busy {
            task: held.id,
            epoch: lease.epoch,
        }),
        TaskState::Leased(_)
        | TaskState::Draft
        | TaskState::Open
        | TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => None,
    })
}

/// Every piece of work that anyone tried: claims, and entries of competitions.
async fn trials(store: &Store) -> Result<Vec<Trial>, StoreError> {
    let attempts = store.attempts_of(None).await?;
    let mut trials: Vec<Trial> = attempts
        .into_iter()
        .map(|attempt| Trial {
            agent: attempt.agent,
            task: attempt.task,
            kind: attempt.kind,
            outcome: outcome_of(attempt.result),
        })
        .collect();
    let runs = store.runs_of(None).await?;
    trials.extend(runs.into_iter().filter_map(|run| {
        Some(Trial {
            outcome: run.judged?,
            agent: run.agent,
            task: run.task,
            kind: run.kind,
        })
    }));
    Ok(trials)
}

pub(crate) fn outcome_of(result: Option<AttemptResult>) -> TrialOutcome {
    match result {
        None => TrialOutcome::Running,
        Some(AttemptResult::Proven) => TrialOutcome::Proven,
        Some(AttemptResult::Merged) => TrialOutcome::Merged,
        Some(AttemptResult::Released) => TrialOutcome::Released,
        Some(AttemptResult::Refused) => TrialOutcome::Failed,
        Some(AttemptResult::HandedOff) => TrialOutcome::HandedOff,
        Some(AttemptResult::Lost) => TrialOutcome::Lost,
        Some(AttemptResult::Rejected) => TrialOutcome::Rejected,
    }
}
