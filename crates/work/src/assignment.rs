//! Which agent is the best for a task, and why.

use serde::{Deserialize, Serialize};

use crate::{Agent, Record, Refusal, TaskKind, Trial, record_of};

/// Where an agent without a record is placed: behind those whose work is accepted more often than
/// not, ahead of the others. It is a place in the order and never shown as a rate.
const UNKNOWN_PLACE: f64 = 0.5;

/// An agent and its place for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The agent.
    pub agent: Agent,
    /// Its record in the kind of the task.
    pub record: Record,
    /// Why it cannot have the task now, as its claim would be told.
    pub refusal: Option<Refusal>,
}

/// All agents, each with why it cannot have the task, if so: the best for the task first. Those
/// that can have it now come before those that have another task now, and those before the
/// others. Among them the order is by the mean rate of accepted work in this kind, then by how
/// many pieces were judged, then by name.
pub fn rank(
    agents: Vec<(Agent, Option<Refusal>)>,
    kind: Option<TaskKind>,
    trials: &[Trial],
) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = agents
        .into_iter()
        .map(|(agent, refusal)| Candidate {
            record: record_of(&agent.name, kind, trials),
            agent,
            refusal,
        })
        .collect();
    let place = |candidate: &Candidate| {
        candidate
            .record
            .rate
            .map_or(UNKNOWN_PLACE, |rate| rate.mean)
    };
    candidates.sort_by(|a, b| {
        standing(a)
            .cmp(&standing(b))
            .then_with(|| place(b).total_cmp(&place(a)))
            .then_with(|| b.record.judged.cmp(&a.record.judged))
            .then_with(|| a.agent.name.cmp(&b.agent.name))
    });
    candidates
}

fn standing(candidate: &Candidate) -> u8 {
    let is_busy = |refusal: &Refusal| matches!(refusal, Refusal::Busy { .. });
    match &candidate.refusal {
        None => 0,
        Some(refusal) if is_busy(refusal) => 1,
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use adjutant_domain::{Epoch, TaskId};

    use super::*;
    use crate::{Launch, TrialOutcome};

    fn agent(name: &str) -> Agent {
        Agent {
            name: name.parse().unwrap(),
            role: "fixer".parse().unwrap(),
            launch: Launch::command("true").unwrap(),
            variables: vec![],
        }
    }

    fn trial(name: &str, outcome: TrialOutcome) -> Trial {
        Trial {
            agent: name.parse().unwrap(),
            task: TaskId::from_number(1),
            kind: Some(TaskKind::Fix),
            outcome,
        }
    }

    #[test]
    fn the_record_in_the_tasks_kind_decides_and_an_unknown_agent_stands_in_the_middle() {
        let task = TaskId::from_number(1);
        let agents = ["bad", "best", "new", "other", "taken"].map(|name| {
            let refusal = match name {
                "other" => Some(Refusal::WrongRole {
                    task,
                    needed: "docs".parse().unwrap(),
                    has: None,
                }),
                "taken" => Some(Refusal::Busy {
                    task: TaskId::from_number(3),
                    epoch: Epoch::from_number(1),
                }),
                _ => None,
            };
            (agent(name), refusal)
        });
        let trials = [
            trial("bad", TrialOutcome::Lost),
            trial("best", TrialOutcome::Merged),
            trial("other", TrialOutcome::Merged),
            trial("other", TrialOutcome::Merged),
            trial("taken", TrialOutcome::Merged),
        ];
        let order = |kind| {
            let ranked = rank(agents.to_vec(), kind, &trials);
            let names = ranked.iter().map(|one| one.agent.name.to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order(Some(TaskKind::Fix)), "best new bad taken other");
        assert_eq!(order(Some(TaskKind::Docs)), "bad best new taken other");
    }
}
