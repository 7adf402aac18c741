//! The agent that is the best for a task is run on it; one that cannot have it is passed over.

use adjutant_domain::{AgentName, TaskId};
use adjutant_store::Store;
use adjutant_work::{Candidate, Refusal, Target};

use crate::Home;
use crate::agents::{Ranking, RankingError, rank_agents};
use crate::running::{RunAnswer, RunError, RunRequest, run_agent};

/// An agent that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Who.
    pub agent: AgentName,
    /// Why it could not have the task.
    pub because: Refusal,
}

/// Which agent was chosen for a task, and what became of it.
#[derive(Debug)]
pub struct Assigned {
    /// All agents, the best one first.
    pub candidates: Vec<Candidate>,
    /// Those that seemed to fit and could not have the task when they claimed it.
    pub passed_over: Vec<PassedOver>,
    /// The chosen one with its run; nothing when no agent can have the task.
    pub run: Option<(Candidate, RunAnswer)>,
}

/// Runs the best agent for a task that can have it now, as `request_for` says of each. Nothing
/// when there is no such task.
///
/// # Errors
/// As [`run_agent`].
pub async fn run_best_agent(
    store: &Store,
    home: &Home,
    task: TaskId,
    request_for: impl Fn(AgentName) -> RunRequest,
    cancel: impl Future<Output = ()>,
) -> Result<Option<Assigned>, RunError> {
    let ranking = rank_agents(store, home, task)
        .await
        .map_err(|error| match error {
            RankingError::Role(error) => RunError::Role(error),
            RankingError::Store(error) => RunError::Store(error),
        })?;
    let candidates = match ranking {
        Ranking::Ranked(candidates) => candidates,
        Ranking::UnknownTask => return Ok(None),
    };
    let mut cancel = std::pin::pin!(cancel);
    let mut passed_over = Vec::new();
    let mut run = None;
    for candidate in candidates.iter().filter(|one| one.refusal.is_none()) {
        let request = RunRequest {
            target: Target::Task(task),
            ..request_for(candidate.agent.name.clone())
        };
        match run_agent(store, home, &request, cancel.as_mut()).await? {
            RunAnswer::Refused(because) if is_about_agent(&because) => {
                passed_over.push(PassedOver {
                    agent: request.agent,
                    because,
                });
            }
            answer @ (RunAnswer::Refused(_) | RunAnswer::Unknown | RunAnswer::Ran(_)) => {
                run = Some((candidate.clone(), answer));
                break;
            }
        }
    }
    Ok(Some(Assigned {
        candidates,
        passed_over,
        run,
    }))
}

/// Whether another agent may have the task all the same.
fn is_about_agent(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Busy { .. } | Refusal::WrongRole { .. } | Refusal::OutOfBounds { .. } => true,
        Refusal::Unknown { .. }
        | Refusal::Held { .. }
        | Refusal::StaleEpoch { .. }
        | Refusal::Expired { .. }
        | Refusal::Blocked { .. }
        | Refusal::NotOpen { .. }
        | Refusal::Incomplete { .. }
        | Refusal::Overlapping { .. }
        | Refusal::Paused { .. }
        | Refusal::NothingReady { .. }
        | Refusal::Cycle { .. }
        | Refusal::KeyReused { .. }
        | Refusal::Changed { .. } => false,
    }
}
