//! Agents: adding, removing, and listing them with what became of their work.

use std::path::PathBuf;

use adjutant_domain::{AgentName, RoleName, TaskId, Timestamp};
use adjutant_outbound::files::{self, FileError};
use adjutant_store::{AgentChange, AttemptResult, Store, StoreError};
use adjutant_work::{
    Agent, Candidate, InvalidRole, Record, Role, Trial, TrialOutcome, preset, rank, read_roles,
    records_of,
};

use crate::Home;

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

/// A role that cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The settings cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The settings are not UTF-8.
    #[error("{}: the text is not UTF-8", .0.display())]
    NotText(PathBuf),
    /// A role is not described as it must be.
    #[error("a role cannot be read: {0}")]
    Invalid(#[from] InvalidRole),
    /// Neither the settings nor the presets have it.
    #[error("there is no role {0}")]
    Unknown(RoleName),
}

/// The role of this name: from the settings, else from the presets.
///
/// # Errors
/// When there is none, or the settings cannot be read.
pub fn role_named(home: &Home, name: &RoleName) -> Result<Role, RoleError> {
    if let Some(path) = &home.settings {
        let content = files::read(path)?;
        let text = std::str::from_utf8(&content.bytes)
            .map_err(|_not_text| RoleError::NotText(path.clone()))?;
        let found = read_roles(text)?
            .into_iter()
            .find(|role| role.name == *name);
        if let Some(role) = found {
            return Ok(role);
        }
    }
    match preset(name) {
        Some(role) => Ok(role?),
        None => Err(RoleError::Unknown(name.clone())),
    }
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
