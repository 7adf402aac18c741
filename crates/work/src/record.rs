//! What became of an agent's work, kind by kind, and what that says about its next task.

use adjutant_domain::{AgentName, Confidence, Interval, TaskId};
use adjutant_stats::Proportion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::TaskKind;

/// One piece of work that an agent tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// Who.
    pub agent: AgentName,
    /// The task.
    pub task: TaskId,
    /// The task's kind, where it had one.
    pub kind: Option<TaskKind>,
    /// What became of it.
    pub outcome: TrialOutcome,
}

/// What became of a piece of work.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// It was merged.
    Merged,
    /// It won a competition.
    Won,
    /// It was proven, and waits to be merged.
    Proven,
    /// It passed the checks of a competition that another entry won.
    Passed,
    /// It goes on.
    Running,
    /// The agent gave the task back.
    Released,
    /// The agent handed it to another role.
    HandedOff,
    /// It was sent back after it was proven.
    Rejected,
    /// The lease ran out without a word.
    Lost,
    /// It was checked and not proven, or failed in a competition, which it also does when there is
    /// none to check.
    Failed,
}

/// What an outcome says about the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The work was accepted.
    Accepted,
    /// The work was not accepted.
    Refused,
    /// Neither, or not yet.
    Open,
}

impl TrialOutcome {
    /// What it says about the agent. Only an end that someone else judged counts.
    pub fn weight(self) -> Weight {
        match self {
            TrialOutcome::Merged | TrialOutcome::Won => Weight::Accepted,
            TrialOutcome::Rejected | TrialOutcome::Lost | TrialOutcome::Failed => Weight::Refused,
            TrialOutcome::Proven
            | TrialOutcome::Passed
            | TrialOutcome::Running
            | TrialOutcome::Released
            | TrialOutcome::HandedOff => Weight::Open,
        }
    }
}

/// An agent's record in one kind of task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Who.
    pub agent: AgentName,
    /// In which kind.
    pub kind: Option<TaskKind>,
    /// How many pieces of work were accepted.
    pub accepted: u64,
    /// How many were judged.
    pub judged: u64,
    /// How many are neither accepted nor refused.
    pub open: u64,
    /// The rate at which its work is accepted; none where nothing was judged.
    pub rate: Option<AcceptanceRate>,
}

/// A rate of success, from a uniform prior: the Beta(1 + accepted, 1 + refused) law.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptanceRate {
    /// The mean of the law.
    pub mean: f64,
    /// Its middle 95 %.
    pub interval: Interval,
    /// How many pieces of work stand behind it.
    pub n: u64,
}

/// The record of `agent` in tasks of `kind`.
pub fn record_of(agent: &AgentName, kind: Option<TaskKind>, trials: &[Trial]) -> Record {
    let (mut accepted, mut refused, mut open) = (0_u64, 0_u64, 0_u64);
    let its = trials
        .iter()
        .filter(|trial| trial.agent == *agent && trial.kind == kind);
    for trial in its {
        match trial.outcome.weight() {
            Weight::Accepted => accepted += 1,
            Weight::Refused => refused += 1,
            Weight::Open => open += 1,
        }
    }
    let judged = accepted + refused;
    let rate = Proportion::new(accepted, judged).and_then(|proportion| {
        Some(AcceptanceRate {
            mean: (accepted + 1) as f64 / (judged + 2) as f64,
            interval: proportion.posterior_interval(Confidence::TWO_SIDED_95)?,
            n: judged,
        })
    });
    Record {
        agent: agent.clone(),
        kind,
        accepted,
        judged,
        open,
        rate,
    }
}

/// Every record of an agent, one a kind that it tried, in the order of the kinds.
pub fn records_of(agent: &AgentName, trials: &[Trial]) -> Vec<Record> {
    let its = trials.iter().filter(|trial| trial.agent == *agent);
    let mut kinds: Vec<Option<TaskKind>> = Vec::new();
    for trial in its {
        if !kinds.contains(&trial.kind) {
            kinds.push(trial.kind);
        }
    }
    kinds.sort_by_key(|kind| kind.map(|kind| kind as u8));
    kinds
        .into_iter()
        .map(|kind| record_of(agent, kind, trials))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(outcomes: &[TrialOutcome]) -> Vec<Trial> {
        outcomes
            .iter()
            .map(|outcome| Trial {
                agent: "ada".parse().unwrap(),
                task: TaskId::from_number(1),
                kind: Some(TaskKind::Fix),
                outcome: *outcome,
            })
            .collect()
    }

    fn record(outcomes: &[TrialOutcome]) -> Record {
        let ada = "ada".parse().unwrap();
        record_of(&ada, Some(TaskKind::Fix), &trials(outcomes))
    }

    #[test]
    fn without_judged_work_there_is_no_rate() {
        use TrialOutcome::{HandedOff, Passed, Proven, Released, Running};
        let record = record(&[Proven, Passed, Running, Released, HandedOff]);
        assert_eq!((record.rate, record.judged, record.open), (None, 0, 5));
    }

    #[test]
    fn one_merged_task_says_little() {
        let rate = record(&[TrialOutcome::Merged]).rate.unwrap();
        // Beta(2, 1) has the distribution function x².
        assert!((rate.mean - 2.0 / 3.0).abs() < 1e-12);
        assert!((rate.interval.low() - 0.025_f64.sqrt()).abs() < 1e-12);
        assert!((rate.interval.high() - 0.975_f64.sqrt()).abs() < 1e-12);
        assert_eq!(rate.n, 1);
    }

    #[test]
    fn what_was_sent_back_lost_or_failed_counts_against_the_agent() {
        use TrialOutcome::{Failed, Lost, Merged, Rejected, Won};
        let record = record(&[Merged, Won, Rejected, Lost, Failed]);
        assert_eq!((record.accepted, record.judged), (2, 5));
    }

    #[test]
    fn records_are_kept_apart_by_kind_and_agent() {
        let mut all = trials(&[TrialOutcome::Merged, TrialOutcome::Lost]);
        all[1].kind = Some(TaskKind::Feature);
        let ada = "ada".parse().unwrap();
        let kinds: Vec<_> = records_of(&ada, &all)
            .iter()
            .map(|record| (record.kind, record.accepted, record.judged))
            .collect();
        assert_eq!(
            kinds,
            [(Some(TaskKind::Feature), 0, 1), (Some(TaskKind::Fix), 1, 1)]
        );
        assert!(records_of(&"bob".parse().unwrap(), &all).is_empty());
    }
}
