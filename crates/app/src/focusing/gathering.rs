//! Everything that a focus is compiled from: strategy, tasks, role, portfolio, gates, goals.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::{AgentName, GateName, RoleName, TaskId, Timestamp, sha256};
use adjutant_outbound::files::{self, FileProblem};
use adjutant_outbound::focus_file;
use adjutant_outbound::git::{Git, GitError};
use adjutant_outbound::repository;
use adjutant_store::{Store, TaskFilter};
use adjutant_work::calendar::Week;
use adjutant_work::focus::{FocusInputs, GateStanding, NamedGate, WeekGoal};
use adjutant_work::north_star::Standing;
use adjutant_work::portfolio::{CheckedItem, FoundFile, PortfolioItem, check_item};
use adjutant_work::routine::{Routine, WeeklyRecord};
use adjutant_work::strategy::{Strategy, read_strategy};
use adjutant_work::{CheckRun, FocusSettings, Task, TaskState};

use super::FocusError;
use crate::north_star::{
    NorthStarError, SeenNorthStar, focus_settings, look_at_north_stars, pauses,
};
use crate::roles::role_named;
use crate::{DecisionRecord, Home};

/// Ready tasks that are looked at: the best by the order of the queue.
const READY_MAX: u32 = 500;

/// How long a finished task stays in the focus.
const FINISHED_DAYS: i64 = 7;

/// Finished tasks that are shown.
const FINISHED_MAX: usize = 20;

/// Gathers what a focus is compiled from.
///
/// # Errors
/// When something cannot be read. A file that is missing is not an error: the focus says so.
pub(crate) async fn gather_focus(
    store: &Store,
    home: &Home,
    agent: &AgentName,
    role: Option<&RoleName>,
    now: Timestamp,
) -> Result<FocusInputs, FocusError> {
    let settings = focus_settings(home)?;
    let found = role.map(|role| role_named(home, role)).transpose()?;
    let role = found.map(|found| found.role);
    let strategy = focus_file::read(&home.top.join(&settings.strategy))?;
    let strategy = strategy.as_deref().map(read_strategy);
    let tasks = tasks_of(store, agent, now).await?;
    let stars = look_at_north_stars(store, home, Week::of(now), now).await?;
    let gates = gates_of(store, strategy.as_ref(), &tasks, &settings).await?;
    let gates = gates
        .into_iter()
        .chain(stars.iter().map(standing_of_star))
        .collect();
    Ok(FocusInputs {
        agent: agent.clone(),
        role,
        strategy_path: settings.strategy.clone(),
        strategy,
        tasks,
        portfolio: check_portfolio(home, &settings.portfolio, now)?,
        gates,
        goals: goals_of(store, now).await?,
        pauses: pauses(store, home, now).await?,
        tokens_max: settings.tokens_max,
    })
}

/// Looks at the files of a portfolio.
fn check_portfolio(
    home: &Home,
    items: &[PortfolioItem],
    now: Timestamp,
) -> Result<Vec<CheckedItem>, FocusError> {
    let git = repository::discover(&home.folder)?.map(|_| Git::at(&home.top));
    let mut checked = Vec::new();
    for item in items {
        let found = match files::read(&home.top.join(&item.path)) {
            Ok(content) => {
                // Git is only asked where age matters.
                let git = git.as_ref().filter(|_| item.age_days_max.is_some());
                let committed_at = git.map(|git| committed_at(git, &item.path)).transpose()?;
                FoundFile::File {
                    size: content.bytes.len() as u64,
                    changed_at: committed_at.flatten().unwrap_or(content.taken_at),
                    digest: sha256::digest_of(&content.bytes),
                }
            }
            Err(error) => match error.problem {
                FileProblem::Missing => FoundFile::Missing,
                problem @ (FileProblem::Folder
                | FileProblem::TooLarge { .. }
                | FileProblem::Unreadable(_)
                | FileProblem::Unwritable(_)) => FoundFile::Unreadable(problem.to_string()),
            },
        };
        checked.push(check_item(item, &found, now));
    }
    Ok(checked)
}

/// When a file that is as it was committed got its content: a fresh checkout makes every file
/// young. `None` for a file that git does not track, or that was edited since.
fn committed_at(git: &Git, path: &str) -> Result<Option<Timestamp>, GitError> {
    let path = format!(":(top,literal){path}");
    let status = git.run(&["status", "--porcelain=v1", "-z", "--ignored", "--", &path])?;
    if !status.is_empty() {
        return Ok(None);
    }
    let seconds = git.line(&["log", "-1", "--format=%ct", "--", &path])?;
    let seconds: Option<i64> = seconds.parse().ok();
    Ok(seconds.map(|seconds| Timestamp::from_unix_millis(seconds * 1_000)))
}

/// What the agent holds, what it could claim, and what it finished lately. A task whose lease ran
/// out can be claimed: it counts as open.
async fn tasks_of(
    store: &Store,
    agent: &AgentName,
    now: Timestamp,
) -> Result<Vec<Task>, FocusError> {
    let mut tasks: BTreeMap<TaskId, Task> = BTreeMap::new();
    let ready = TaskFilter {
        ready: true,
        limit: READY_MAX,
        ..TaskFilter::default()
    };
    for mut task in store.list_tasks(&ready).await?.tasks {
        task.state = TaskState::Open;
        tasks.insert(task.id, task);
    }
    for task in store.leases().await? {
        tasks.insert(task.id, task);
    }
    let since = now.unix_millis() - FINISHED_DAYS * 86_400_000;
    let finished: BTreeSet<TaskId> = store
        .attempts_of(Some(agent))
        .await?
        .into_iter()
        .filter(|attempt| {
            attempt
                .ended_at
                .is_some_and(|end| end.unix_millis() >= since)
        })
        .map(|attempt| attempt.task)
        .collect();
    for id in finished.into_iter().rev().take(FINISHED_MAX) {
        if let Some(stored) = store.task(id).await? {
            tasks.entry(id).or_insert(stored.task);
        }
    }
    Ok(tasks.into_values().collect())
}

/// The gates that the strategy or a task names, and how each was decided last.
async fn gates_of(
    store: &Store,
    strategy: Option<&Strategy>,
    tasks: &[Task],
    settings: &FocusSettings,
) -> Result<Vec<GateStanding>, FocusError> {
    let by_strategy = strategy
        .iter()
        .flat_map(|strategy| &strategy.items)
        .filter_map(|item| item.gate.clone());
    let by_tasks = tasks
        .iter()
        .flat_map(|task| &task.intake.checks)
        .filter_map(|check| match &check.run {
            CheckRun::Gate { gate, .. } => Some(gate.clone()),
            CheckRun::Command { .. } => None,
        });
    let stars: BTreeSet<&str> = settings
        .north_stars
        .iter()
        .map(|star| star.name.as_str())
        .collect();
    let named: BTreeSet<GateName> = by_strategy
        .chain(by_tasks)
        .filter(|gate| !stars.contains(gate.as_str()))
        .collect();
    let mut standings = Vec::new();
    for gate in named {
        standings.push(standing_of(store, gate).await?);
    }
    Ok(standings)
}

async fn standing_of(store: &Store, gate: GateName) -> Result<GateStanding, FocusError> {
    let place = format!("gate {gate}");
    let Some(last) = store.last_decision(&gate).await? else {
        return Ok(GateStanding {
            command: Some(format!(
                "adjutant gate {gate} --evidence candidate=FILE --evidence baseline=FILE"
            )),
            gate: NamedGate::Gate(gate),
            is_met: false,
            told: "NO DATA AVAILABLE".to_owned(),
            measured: vec![],
            place,
            digest: sha256::digest_of(b""),
        });
    };
    let record =
        DecisionRecord::open(store, last.record).map_err(|source| FocusError::Decision {
            gate: gate.to_string(),
            source,
        })?;
    let measured = record
        .decision
        .criteria
        .iter()
        .map(adjutant_report::focus::criterion)
        .collect();
    Ok(GateStanding {
        gate: NamedGate::Gate(gate),
        is_met: Standing::of_verdict(last.verdict) == Standing::Met,
        told: format!("{}, decided at {}", last.verdict, last.decided_at),
        measured,
        command: None,
        place: format!("{place}, record {}", last.record.short()),
        digest: last.record,
    })
}

fn standing_of_star(seen: &SeenNorthStar) -> GateStanding {
    let look = &seen.observation;
    let told = format!("{}: {}", look.standing, look.because);
    GateStanding {
        gate: NamedGate::NorthStar(look.gate.clone()),
        is_met: look.standing == Standing::Met,
        digest: sha256::digest_of(told.as_bytes()),
        told,
        measured: look
            .value
            .iter()
            .map(adjutant_report::focus::measured)
            .collect(),
        command: look.command.clone(),
        place: format!("north-star gate {}, {}", look.gate, look.week),
    }
}

async fn goals_of(store: &Store, now: Timestamp) -> Result<Vec<WeekGoal>, FocusError> {
    let week = Routine::Weekly.period(now);
    let Some(run) = store.routine(Routine::Weekly, &week, None).await? else {
        return Ok(vec![]);
    };
    let record: WeeklyRecord =
        serde_json::from_str(&run.content).map_err(NorthStarError::Routine)?;
    Ok(record
        .goals
        .into_iter()
        .map(|text| WeekGoal {
            text,
            place: format!("routine weekly {week}"),
        })
        .collect())
}
