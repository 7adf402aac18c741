//! Agents: adding, removing, and listing them with what became of their work.

use adjutant_domain::{AgentName, TaskId, Timestamp};
use adjutant_store::{AgentChange, AttemptResult, Store, StoreError};
use adjutant_work::{Agent, Candidate, Record, Trial, TrialOutcome, rank, records_of};

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
/// When the store cannot be read.
pub async fn rank_agents(store: &Store, task: TaskId) -> Result<Ranking, StoreError> {
    let Some(stored) = store.task(task).await? else {
        return Ok(Ranking::UnknownTask);
    };
    let intake = &stored.task.intake;
    let trials = trials(store).await?;
    let agents = store.agents().await?;
    let ranked = rank(&agents, intake.kind, intake.role.as_ref(), &trials);
    Ok(Ranking::Ranked(ranked))
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
        Some(AttemptResult::HandedOff) => TrialOutcome::HandedOff,
        Some(AttemptResult::Lost) => TrialOutcome::Lost,
        Some(AttemptResult::Rejected) => TrialOutcome::Rejected,
    }
}
