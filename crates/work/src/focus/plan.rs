//! Chooses what an agent does next, and says why. A plain function from inputs to a plan, so that
//! another planner can take its place.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use adjutant_domain::TaskId;
use serde::{Deserialize, Serialize};

use super::{FocusInputs, GateStanding, NamedGate};
use crate::boundary::{ProposedChange, Reach, outside};
use crate::calendar::Day;
use crate::portfolio::CheckedItem;
use crate::{CheckRun, PathGlob, Pause, Priority, Role, Task, TaskState};

/// What to do next, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<PlannedStep>,
    /// Ready tasks for which there was no room.
    pub left_out: usize,
    /// Ready tasks of a kind that nobody may begin now.
    pub paused: usize,
}

/// A step with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// What to do.
    pub step: PlanStep,
    /// Why this, and why now.
    pub because: String,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum PlanStep {
    /// A task that the agent has, or can claim.
    Task {
        /// Which.
        task: TaskId,
        /// Its title.
        title: String,
    },
    /// An item of the portfolio that will not do, and that no ready task is about.
    Gap {
        /// The item's name.
        item: String,
        /// Where it has to be.
        path: String,
    },
    /// A gate that is not met, and that no ready task is about.
    Gate {
        /// Which.
        #[serde(flatten)]
        gate: NamedGate,
        /// The command that would tell more.
        command: Option<String>,
    },
}

/// More ready tasks than these nobody plans for one agent; the rest is counted.
const READY_TASKS_MAX: usize = 8;

/// Chooses the steps: what the agent holds; then gaps in the portfolio and gates that are not met,
/// each by a ready task that is about it where there is one; then ready tasks by priority,
/// unblocking power and age.
pub fn plan(inputs: &FocusInputs) -> Plan {
    let mut plan = Plan::default();
    let mut chosen = BTreeSet::new();
    for task in &inputs.tasks {
        if let TaskState::Leased(lease) = &task.state
            && lease.owner == inputs.agent
        {
            let because = "you hold it".to_owned();
            add(&mut plan, &mut chosen, task, because);
        }
    }
    let (paused, ready): (Vec<&Task>, Vec<&Task>) =
        ready_tasks(inputs).partition(|task| pause_of(task, &inputs.pauses).is_some());
    plan.paused = paused.len();
    for item in inputs
        .portfolio
        .iter()
        .filter(|item| !item.standing.will_do())
    {
        let about = best(ready.iter().filter(|task| touches(task, &item.item.path)));
        let step = PlanStep::Gap {
            item: item.item.name.clone(),
            path: item.item.path.clone(),
        };
        choose(&mut plan, &mut chosen, about, step, gap_reason(item));
    }
    for gate in inputs.gates.iter().filter(|gate| !gate.is_met) {
        let about = best(ready.iter().filter(|task| is_judged_by(task, &gate.gate)));
        let step = PlanStep::Gate {
            gate: gate.gate.clone(),
            command: gate.command.clone(),
        };
        choose(&mut plan, &mut chosen, about, step, gate_reason(gate));
    }
    let mut others: Vec<&Task> = ready
        .into_iter()
        .filter(|task| !chosen.contains(&task.id))
        .collect();
    others.sort_by_key(|task| order(task));
    plan.left_out = others.len().saturating_sub(READY_TASKS_MAX);
    for task in others.into_iter().take(READY_TASKS_MAX) {
        add(&mut plan, &mut chosen, task, ready_reason(task));
    }
    plan
}

fn add(plan: &mut Plan, chosen: &mut BTreeSet<TaskId>, task: &Task, because: String) {
    if chosen.insert(task.id) {
        let step = PlanStep::Task {
            task: task.id,
            title: task.intake.title.clone(),
        };
        plan.steps.push(PlannedStep { step, because });
    }
}

/// Plans the task that is about a gap, or the gap itself where there is none.
fn choose(
    plan: &mut Plan,
    chosen: &mut BTreeSet<TaskId>,
    about: Option<&Task>,
    otherwise: PlanStep,
    because: String,
) {
    match about {
        Some(task) => add(plan, chosen, task, because),
        None => plan.steps.push(PlannedStep {
            step: otherwise,
            because: format!("{because}; no ready task is about it"),
        }),
    }
}

/// Tasks that this agent could claim now.
fn ready_tasks(inputs: &FocusInputs) -> impl Iterator<Item = &Task> {
    let role = inputs.role.as_ref();
    inputs.tasks.iter().filter(move |task| {
        let is_ready = match task.state {
            TaskState::Open => task.open_blockers == 0,
            TaskState::Draft
            | TaskState::Leased(_)
            | TaskState::Proven(_)
            | TaskState::Done { .. }
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => false,
        };
        is_ready && suits(task, role)
    })
}

/// Whether the task asks for this role, or for none, and lies within its boundaries.
fn suits(task: &Task, role: Option<&Role>) -> bool {
    let needed = task.intake.role.as_ref();
    let Some(role) = role else {
        return needed.is_none();
    };
    let change = ProposedChange {
        kind: task.intake.kind,
        reach: Reach::Declared(&task.intake.paths),
    };
    needed.is_none_or(|needed| *needed == role.name) && outside(role, change).is_empty()
}

fn pause_of<'a>(task: &Task, pauses: &'a [Pause]) -> Option<&'a Pause> {
    let kind = task.intake.kind?;
    pauses.iter().find(|pause| pause.kind == kind)
}

fn touches(task: &Task, path: &str) -> bool {
    let names = |glob: &PathGlob| glob.covers(path);
    // A pattern over everything says nothing about this file.
    task.intake
        .paths
        .iter()
        .any(|glob| names(glob) && !matches!(glob.as_str(), "**" | "*"))
}

fn is_judged_by(task: &Task, gate: &NamedGate) -> bool {
    task.intake
        .checks
        .iter()
        .any(|check| match (&check.run, gate) {
            (CheckRun::Gate { gate: asked, .. }, NamedGate::Gate(name)) => asked == name,
            (CheckRun::Gate { .. }, NamedGate::NorthStar(_)) | (CheckRun::Command { .. }, _) => {
                false
            }
        })
}

type Order = (Priority, Reverse<u32>, i64, TaskId);

/// By priority, then unblocking power, then age.
fn order(task: &Task) -> Order {
    (
        task.intake.priority.unwrap_or(Priority::Low),
        Reverse(task.unblocks),
        task.created_at.unix_millis(),
        task.id,
    )
}

fn best<'a>(tasks: impl Iterator<Item = &'a &'a Task>) -> Option<&'a Task> {
    tasks.copied().min_by_key(|task| order(task))
}

fn gap_reason(item: &CheckedItem) -> String {
    format!(
        "the portfolio lacks {} ({})",
        item.item.name,
        item.standing.lasting()
    )
}

fn gate_reason(gate: &GateStanding) -> String {
    let sort = match gate.gate {
        NamedGate::Gate(_) => "gate",
        NamedGate::NorthStar(_) => "north-star gate",
    };
    format!("the {sort} {} is not met ({})", gate.gate, gate.told)
}

fn ready_reason(task: &Task) -> String {
    let priority = match task.intake.priority {
        Some(Priority::High) => "HIGH",
        Some(Priority::Medium) => "MEDIUM",
        Some(Priority::Low) => "LOW",
        None => "no",
    };
    let unblocks = match task.unblocks {
        0 => String::new(),
        1 => ", unblocks 1 task".to_owned(),
        n => format!(", unblocks {n} tasks"),
    };
    let day = Day::of(task.created_at);
    format!("{priority} priority{unblocks}, filed {day}")
}
