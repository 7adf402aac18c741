//! Routines: what is looked at every morning, evening, week and month. A routine runs once a
//! period; a second run shows and does not do again.

use std::collections::BTreeMap;

use adjutant_domain::{AgentName, Epoch, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::TrialOutcome;
use crate::calendar::{Day, Month, Week};
use crate::north_star::Observation;

/// Which routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "plain words")]
pub enum Routine {
    Morning,
    Evening,
    Weekly,
    Monthly,
}

impl Routine {
    /// Its name, as stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Routine::Morning => "morning",
            Routine::Evening => "evening",
            Routine::Weekly => "weekly",
            Routine::Monthly => "monthly",
        }
    }

    /// The period of `now` that it runs once in: `2026-11-21`, `2026-W47` or `2026-11`.
    pub fn period(self, now: Timestamp) -> String {
        match self {
            Routine::Morning | Routine::Evening => Day::of(now).to_string(),
            Routine::Weekly => Week::of(now).to_string(),
            Routine::Monthly => Month::of(now).to_string(),
        }
    }
}

impl std::fmt::Display for Routine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a weekly routine stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeeklyRecord {
    /// The goals of the week.
    pub goals: Vec<String>,
    /// Who did what in the week before.
    pub scoreboard: Scoreboard,
    /// How the north-star gates stood.
    pub north_stars: Vec<Observation>,
}

/// What a monthly routine stored: the period that ended, and the one that begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthlyRecord {
    /// When the new period began: weeks before it no longer count.
    pub period_start: Timestamp,
    /// How the north-star gates stood when the old one ended.
    pub north_stars: Vec<Observation>,
}

/// One claim of a task, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredAttempt {
    /// Who claimed.
    pub agent: AgentName,
    /// What.
    pub task: TaskId,
    /// Under which epoch.
    pub epoch: Epoch,
    /// When the claim was granted.
    pub began_at: Timestamp,
    /// When the lease ended.
    pub ended_at: Option<Timestamp>,
    /// How.
    pub outcome: TrialOutcome,
}

/// Who did what in a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scoreboard {
    /// The week.
    pub week: Week,
    /// One line an agent, by name.
    pub lines: Vec<ScoreLine>,
}

/// What an agent did in a week: claims that began, or ended, in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreLine {
    /// Who.
    pub agent: AgentName,
    /// How many claims stand behind the line.
    pub n: u64,
    /// Merged.
    pub merged: u64,
    /// Proven, not merged yet.
    pub proven: u64,
    /// Sent back after they were proven, or failed the checks of a competition.
    pub rejected: u64,
    /// Leases that ran out without a word.
    pub lost: u64,
    /// Given back, or handed to another role.
    pub given_back: u64,
    /// Going on.
    pub running: u64,
    /// Claims of tasks that somebody had claimed before: the same work once more.
    pub rework: u64,
}

/// Counts the claims that began or ended in a week.
pub fn scoreboard(attempts: &[ScoredAttempt], week: Week) -> Scoreboard {
    let mut lines: BTreeMap<&AgentName, ScoreLine> = BTreeMap::new();
    let mut first_epochs: BTreeMap<TaskId, Epoch> = BTreeMap::new();
    for attempt in attempts {
        let first = first_epochs.entry(attempt.task).or_insert(attempt.epoch);
        *first = attempt.epoch.min(*first);
    }
    let touches = |attempt: &ScoredAttempt| {
        week.contains(attempt.began_at) || attempt.ended_at.is_some_and(|end| week.contains(end))
    };
    for attempt in attempts.iter().filter(|attempt| touches(attempt)) {
        let line = lines
            .entry(&attempt.agent)
            .or_insert_with(|| ScoreLine::of(&attempt.agent));
        line.n += 1;
        match attempt.outcome {
            TrialOutcome::Merged | TrialOutcome::Won => line.merged += 1,
            TrialOutcome::Proven | TrialOutcome::Passed => line.proven += 1,
            TrialOutcome::Rejected | TrialOutcome::Failed => line.rejected += 1,
            TrialOutcome::Lost => line.lost += 1,
            TrialOutcome::Released | TrialOutcome::HandedOff => line.given_back += 1,
            TrialOutcome::Running => line.running += 1,
        }
        if first_epochs.get(&attempt.task) < Some(&attempt.epoch) {
            line.rework += 1;
        }
    }
    Scoreboard {
        week,
        lines: lines.into_values().collect(),
    }
}

impl ScoreLine {
    fn of(agent: &AgentName) -> Self {
        Self {
            agent: agent.clone(),
            n: 0,
            merged: 0,
            proven: 0,
            rejected: 0,
            lost: 0,
            given_back: 0,
            running: 0,
            rework: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(
        agent: &str,
        task: i64,
        epoch: i64,
        days: (i64, Option<i64>),
        outcome: TrialOutcome,
    ) -> ScoredAttempt {
        let monday: Week = "2026-W47".parse().unwrap();
        let day =
            |n: i64| Timestamp::from_unix_millis(monday.start().unix_millis() + n * 86_400_000);
        ScoredAttempt {
            agent: agent.parse().unwrap(),
            task: TaskId::from_number(task),
            epoch: Epoch::from_number(epoch),
            began_at: day(days.0),
            ended_at: days.1.map(day),
            outcome,
        }
    }

    #[test]
    fn a_scoreboard_counts_the_claims_of_its_week() {
        use TrialOutcome::{Lost, Merged, Proven, Rejected, Running};
        let attempts = [
            attempt("blue", 1, 1, (-9, Some(-8)), Rejected),
            attempt("blue", 1, 2, (0, Some(1)), Merged),
            attempt("amber", 2, 1, (-3, Some(2)), Lost),
            attempt("amber", 2, 2, (3, Some(4)), Proven),
            attempt("amber", 3, 1, (5, None), Running),
            attempt("green", 4, 1, (7, None), Running),
        ];
        let told: Vec<String> = scoreboard(&attempts, "2026-W47".parse().unwrap())
            .lines
            .iter()
            .map(|line| {
                format!(
                    "{} n {}: {} merged, {} proven, {} rejected, {} lost, {} running, {} again",
                    line.agent,
                    line.n,
                    line.merged,
                    line.proven,
                    line.rejected,
                    line.lost,
                    line.running,
                    line.rework
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "amber n 3: 0 merged, 1 proven, 0 rejected, 1 lost, 1 running, 1 again",
                "blue n 1: 1 merged, 0 proven, 0 rejected, 0 lost, 0 running, 1 again",
            ]
        );
    }

    #[test]
    fn a_routine_has_the_period_of_its_time() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!(Routine::Evening.period(now), "2026-11-21");
        assert_eq!(Routine::Weekly.period(now), "2026-W47");
        assert_eq!(Routine::Monthly.period(now), "2026-11");
    }
}
