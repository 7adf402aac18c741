//! Which agent is the best for a task, and why.

use adjutant_domain::RoleName;
use serde::{Deserialize, Serialize};

use crate::{Agent, Record, TaskKind, Trial, record_of};

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
    /// Whether it may have the task at all.
    pub fit: Fit,
}

/// Whether an agent may have a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fit", rename_all = "snake_case")]
pub enum Fit {
    /// Its role is the one that the task needs, or the task needs none.
    Fits,
    /// The task needs another role.
    WrongRole {
        /// Which.
        needed: RoleName,
    },
}

/// All agents, the best for the task first; those that may not have it come last. The order is by
/// the mean rate of accepted work in this kind, then by how many pieces were judged, then by name.
pub fn rank(
    agents: &[Agent],
    kind: Option<TaskKind>,
    needed: Option<&RoleName>,
    trials: &[Trial],
) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = agents
        .iter()
        .map(|agent| Candidate {
            agent: agent.clone(),
            record: record_of(&agent.name, kind, trials),
            fit: match needed {
                Some(needed) if *needed != agent.role => Fit::WrongRole {
                    needed: needed.clone(),
                },
                Some(_) | None => Fit::Fits,
            },
        })
        .collect();
    let place = |candidate: &Candidate| {
        candidate
            .record
            .rate
            .map_or(UNKNOWN_PLACE, |rate| rate.mean)
    };
    candidates.sort_by(|a, b| {
        let may = |candidate: &Candidate| candidate.fit != Fit::Fits;
        may(a)
            .cmp(&may(b))
            .then_with(|| place(b).total_cmp(&place(a)))
            .then_with(|| b.record.judged.cmp(&a.record.judged))
            .then_with(|| a.agent.name.cmp(&b.agent.name))
    });
    candidates
}

#[cfg(test)]
mod tests {
    use adjutant_domain::TaskId;

    use super::*;
    use crate::{Launch, TrialOutcome};

    fn agent(name: &str, role: &str) -> Agent {
        Agent {
            name: name.parse().unwrap(),
            role: role.parse().unwrap(),
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
        let agents = ["bad", "best", "new", "other"].map(|name| {
            let role = if name == "other" { "docs" } else { "fixer" };
            agent(name, role)
        });
        let trials = [
            trial("bad", TrialOutcome::Lost),
            trial("best", TrialOutcome::Merged),
            trial("other", TrialOutcome::Merged),
            trial("other", TrialOutcome::Merged),
        ];
        let role = "fixer".parse().unwrap();
        let order = |kind| {
            let ranked = rank(&agents, kind, Some(&role), &trials);
            let names = ranked.iter().map(|one| one.agent.name.to_string());
            names.collect::<Vec<_>>()
        };
        assert_eq!(order(Some(TaskKind::Fix)), ["best", "new", "bad", "other"]);
        assert_eq!(order(Some(TaskKind::Docs)), ["bad", "best", "new", "other"]);
    }
}
