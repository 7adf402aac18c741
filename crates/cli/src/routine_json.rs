//! The JSON of routines and of north-star gates.

use adjutant_app::{Evening, Monthly, Morning, ProgressCommit, Weekly};
use adjutant_work::Blocker;
use adjutant_work::focus::Plan;
use adjutant_work::routine::{MonthlyRecord, Scoreboard, WeeklyRecord};
use serde::Serialize;

use adjutant_wire::{ConflictsJson, NorthStarJson};

#[derive(Serialize)]
pub(crate) struct MorningJson<'a> {
    agent: &'a str,
    again: bool,
    plan: &'a Plan,
    blocked: Vec<BlockedJson<'a>>,
    /// Null outside a git repository.
    conflicts: Option<ConflictsJson<'a>>,
}

#[derive(Serialize)]
struct BlockedJson<'a> {
    task: String,
    title: &'a str,
    blockers: &'a [Blocker],
}

#[derive(Serialize)]
pub(crate) struct EveningJson<'a> {
    agent: &'a str,
    again: bool,
    path: String,
    tasks: Vec<TouchedJson<'a>>,
    north_stars: Vec<NorthStarJson<'a>>,
    commit: Option<CommitJson<'a>>,
}

#[derive(Serialize)]
struct TouchedJson<'a> {
    task: String,
    title: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct CommitJson<'a> {
    /// Null when there was nothing to commit.
    commit: Option<String>,
    files: &'a [String],
    untracked: &'a [String],
}

#[derive(Serialize)]
pub(crate) struct WeeklyJson<'a> {
    week: String,
    again: bool,
    #[serde(flatten)]
    record: &'a WeeklyRecord,
    so_far: &'a Scoreboard,
    standings: Vec<NorthStarJson<'a>>,
}

#[derive(Serialize)]
pub(crate) struct MonthlyJson<'a> {
    month: String,
    again: bool,
    #[serde(flatten)]
    record: &'a MonthlyRecord,
    standings: Vec<NorthStarJson<'a>>,
}

impl<'a> From<&'a Morning> for MorningJson<'a> {
    fn from(morning: &'a Morning) -> Self {
        Self {
            agent: morning.standing.agent.as_str(),
            again: morning.again,
            plan: &morning.standing.plan,
            blocked: morning
                .blocked
                .iter()
                .map(|(task, blockers)| BlockedJson {
                    task: task.id.to_string(),
                    title: &task.intake.title,
                    blockers,
                })
                .collect(),
            conflicts: morning.conflicts.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a Evening> for EveningJson<'a> {
    fn from(evening: &'a Evening) -> Self {
        Self {
            agent: evening.focus.agent.as_str(),
            again: evening.again,
            path: evening.focus.path.display().to_string(),
            tasks: evening
                .tasks
                .iter()
                .map(|task| TouchedJson {
                    task: task.id.to_string(),
                    title: &task.intake.title,
                    state: task.state.name(),
                })
                .collect(),
            north_stars: evening.north_stars.iter().map(Into::into).collect(),
            commit: evening.commit.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a ProgressCommit> for CommitJson<'a> {
    fn from(commit: &'a ProgressCommit) -> Self {
        match commit {
            ProgressCommit::Committed { commit, files } => Self {
                commit: Some(commit.to_string()),
                files,
                untracked: &[],
            },
            ProgressCommit::Nothing { untracked, .. } => Self {
                commit: None,
                files: &[],
                untracked,
            },
        }
    }
}

impl<'a> From<&'a Weekly> for WeeklyJson<'a> {
    fn from(weekly: &'a Weekly) -> Self {
        Self {
            week: weekly.week.to_string(),
            again: weekly.again,
            record: &weekly.record,
            so_far: &weekly.so_far,
            standings: weekly.north_stars.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a Monthly> for MonthlyJson<'a> {
    fn from(monthly: &'a Monthly) -> Self {
        Self {
            month: monthly.month.to_string(),
            again: monthly.again,
            record: &monthly.record,
            standings: monthly.north_stars.iter().map(Into::into).collect(),
        }
    }
}
