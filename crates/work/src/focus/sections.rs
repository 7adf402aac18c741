//! What each section has to say, line by line, with the source of each line and how much it
//! matters when there is no room for all.

use std::collections::BTreeSet;

use super::draft::{Draft, Says, digest_of, digest_of_value};
use super::plan::{Plan, PlanStep, PlannedStep};
use super::{FocusInputs, NamedGate, Section};
use crate::strategy::{StrategyItem, StrategyKind};
use crate::{Task, TaskState};

/// What an agent cannot start without.
const VITAL: u8 = 0;
/// What decides its next step.
const NEXT: u8 = 1;
/// What it works towards.
const AIM: u8 = 2;
/// What tells it whether it gets there.
const MEASURE: u8 = 3;
/// What helps it to decide.
const BACKGROUND: u8 = 4;
/// What is good to know.
const REST: u8 = 5;

/// How many steps of a plan are worth more than the aims.
const NEXT_STEPS: usize = 4;

/// Gathers every line in the document's order.
pub(super) fn draft(inputs: &FocusInputs, plan: &Plan) -> Draft {
    let mut draft = Draft::default();
    identity(&mut draft, inputs);
    services(&mut draft, inputs);
    sprint(&mut draft, inputs, plan);
    portfolio(&mut draft, inputs);
    progress(&mut draft, inputs);
    draft
}

fn strategy_source(draft: &mut Draft, inputs: &FocusInputs, item: &StrategyItem) -> String {
    let label = format!("s{}", item.line);
    let place = format!("{}#L{}", inputs.strategy_path, item.line);
    draft.source(&label, place, digest_of(&item.raw));
    label
}

/// The items of a kind that are not another role's.
fn items(inputs: &FocusInputs, kind: StrategyKind) -> impl Iterator<Item = &StrategyItem> {
    let role = inputs.role.as_ref().map(|role| &role.name);
    inputs
        .strategy
        .iter()
        .flat_map(|strategy| &strategy.items)
        .filter(move |item| item.kind == kind)
        .filter(move |item| match (&item.owner, role) {
            (Some(owner), Some(role)) => owner == role,
            (Some(_), None) => false,
            (None, _) => true,
        })
}

fn identity(draft: &mut Draft, inputs: &FocusInputs) {
    const SECTION: Section = Section::IdentityAndMission;
    match &inputs.role {
        Some(role) => {
            draft.source("role", format!("role {}", role.name), digest_of_value(role));
            let told = format!("You are {}, {}: {}", inputs.agent, role.name, role.scope);
            draft.plain(SECTION, "role", VITAL, told);
            for question in &role.key_questions {
                let told = format!("Ask yourself: {question}");
                draft.plain(SECTION, "role", BACKGROUND, told);
            }
        }
        None => {
            let place = format!("agent {}", inputs.agent);
            draft.source("agent", place, digest_of(inputs.agent.as_str()));
            let told = format!(
                "You are {}, in no role: you get tasks that ask for none. Give one with --role",
                inputs.agent
            );
            draft.plain(SECTION, "agent", VITAL, told);
        }
    }
    if inputs.strategy.is_none() {
        let place = format!("{} (missing)", inputs.strategy_path);
        draft.source("strategy", place, digest_of(""));
        let told = format!(
            "Mission: NO DATA AVAILABLE: write {}, or name another under [focus] strategy",
            inputs.strategy_path
        );
        draft.plain(SECTION, "strategy", AIM, told);
    }
    for item in items(inputs, StrategyKind::Mission) {
        let label = strategy_source(draft, inputs, item);
        draft.plain(SECTION, &label, AIM, format!("Mission: {}", item.text));
    }
}

fn services(draft: &mut Draft, inputs: &FocusInputs) {
    const SECTION: Section = Section::ServiceOwnership;
    for item in items(inputs, StrategyKind::Service) {
        let label = strategy_source(draft, inputs, item);
        let owner = if item.owner.is_some() {
            "Yours"
        } else {
            "Shared"
        };
        draft.plain(
            SECTION,
            &label,
            BACKGROUND,
            format!("{owner}: {}", item.text),
        );
    }
    let Some(role) = &inputs.role else {
        if items(inputs, StrategyKind::Service).next().is_none() {
            let place = format!("{} Services", inputs.strategy_path);
            draft.source("services", place, digest_of(""));
            let told = format!(
                "NO DATA AVAILABLE: list services under a heading Services in {}",
                inputs.strategy_path
            );
            draft.plain(SECTION, "services", REST, told);
        }
        return;
    };
    for deliverable in &role.deliverables {
        draft.plain(SECTION, "role", REST, format!("Deliver: {deliverable}"));
    }
    for demand in &role.definition_of_done {
        draft.plain(SECTION, "role", BACKGROUND, format!("Done means: {demand}"));
    }
    let paths: Vec<&str> = role.owns.paths.iter().map(|path| path.as_str()).collect();
    if !paths.is_empty() {
        let told = format!("Look after: {}", paths.join(", "));
        draft.plain(SECTION, "role", AIM, told);
    }
    let limits = &role.boundaries;
    let paths: Vec<&str> = limits.paths.iter().map(|path| path.as_str()).collect();
    if !paths.is_empty() {
        let told = format!("Leave alone: {}", paths.join(", "));
        draft.plain(SECTION, "role", AIM, told);
    }
    let kinds: Vec<&str> = limits.kinds.iter().map(|kind| kind.name()).collect();
    if !kinds.is_empty() {
        let told = format!("Leave to others: {} tasks", kinds.join(", "));
        draft.plain(SECTION, "role", AIM, told);
    }
    for note in &limits.notes {
        draft.plain(
            SECTION,
            "role",
            BACKGROUND,
            format!("Leave to others: {note}"),
        );
    }
}

fn sprint(draft: &mut Draft, inputs: &FocusInputs, plan: &Plan) {
    const SECTION: Section = Section::CurrentSprint;
    for (at, goal) in inputs.goals.iter().enumerate() {
        let label = format!("w{}", at + 1);
        draft.source(&label, goal.place.clone(), digest_of(&goal.text));
        draft.plain(
            SECTION,
            &label,
            NEXT,
            format!("Goal of the week: {}", goal.text),
        );
    }
    for item in items(inputs, StrategyKind::Goal).filter(|item| !item.is_done) {
        let label = strategy_source(draft, inputs, item);
        let gate = item
            .gate
            .as_ref()
            .map_or_else(String::new, |gate| format!(" (proved by the gate {gate})"));
        draft.plain(
            SECTION,
            &label,
            BACKGROUND,
            format!("Goal: {}{gate}", item.text),
        );
    }
    for pause in &inputs.pauses {
        let kind = pause.kind.name();
        let label = format!("pause-{kind}");
        draft.source(
            &label,
            "north-star gates".to_owned(),
            digest_of(&pause.reason),
        );
        let told = format!("Paused: begin no {kind}: {}", pause.reason);
        draft.plain(SECTION, &label, NEXT, told);
    }
    let mut told = BTreeSet::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let rank = if at < NEXT_STEPS { NEXT } else { BACKGROUND };
        if let PlanStep::Task { task, .. } = &step.step {
            told.insert(*task);
        }
        planned(draft, inputs, step, rank);
    }
    for task in &inputs.tasks {
        if !told.contains(&task.id) && finished_by(task, inputs) {
            task_line(
                draft,
                task,
                "[x]",
                &format!("it is {}", task.state.name()),
                REST,
            );
        }
    }
    waiting(draft, inputs, plan);
}

/// What is ready beside the plan, or that nothing is.
fn waiting(draft: &mut Draft, inputs: &FocusInputs, plan: &Plan) {
    const SECTION: Section = Section::CurrentSprint;
    let more = plan.left_out + plan.paused;
    if more > 0 {
        let told = format!(
            "{} more are ready, {} of a paused kind",
            plan.left_out, plan.paused
        );
        draft.source("queue", "task list".to_owned(), digest_of(&told));
        draft.plain(
            SECTION,
            "queue",
            REST,
            format!("{told}: adjutant task list --ready"),
        );
    } else if plan.steps.is_empty() && inputs.goals.is_empty() {
        draft.source(
            "queue",
            "task list".to_owned(),
            digest_of("nothing is ready"),
        );
        let told = "NO DATA AVAILABLE: nothing is ready for you; adjutant task list --ready, \
                    adjutant task add";
        draft.plain(SECTION, "queue", NEXT, told.to_owned());
    }
}

fn finished_by(task: &Task, inputs: &FocusInputs) -> bool {
    match &task.state {
        TaskState::Proven(work) | TaskState::Done { work, .. } => work.by == inputs.agent,
        TaskState::Draft
        | TaskState::Open
        | TaskState::Leased(_)
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => false,
    }
}

fn planned(draft: &mut Draft, inputs: &FocusInputs, step: &PlannedStep, rank: u8) {
    const SECTION: Section = Section::CurrentSprint;
    match &step.step {
        PlanStep::Task { task, .. } => {
            if let Some(task) = inputs.tasks.iter().find(|one| one.id == *task) {
                let mark = if finished_by(task, inputs) {
                    "[x]"
                } else {
                    "[ ]"
                };
                task_line(draft, task, mark, &step.because, rank);
            }
        }
        PlanStep::Gap { item, path } => {
            let Some(at) = inputs
                .portfolio
                .iter()
                .position(|one| one.item.name == *item)
            else {
                return;
            };
            let label = portfolio_source(draft, inputs, at);
            let lasting = inputs.portfolio[at].standing.lasting();
            draft.say(Says {
                section: SECTION,
                about: format!("gap {item}"),
                text: format!("[ ] {path}: {}", step.because),
                lasting: Some(format!("{path} {lasting}")),
                source: &label,
                rank,
                task: None,
            });
        }
        PlanStep::Gate { gate, command } => {
            let Some(at) = inputs.gates.iter().position(|one| one.gate == *gate) else {
                return;
            };
            let label = gate_source(draft, inputs, at);
            let next = command
                .as_ref()
                .map_or_else(String::new, |command| format!("; next: {command}"));
            draft.say(Says {
                section: SECTION,
                about: format!("gate {gate:?}"),
                text: format!("[ ] {}{next}", step.because),
                lasting: None,
                source: &label,
                rank,
                task: None,
            });
        }
    }
}

fn task_line(draft: &mut Draft, task: &Task, mark: &str, because: &str, rank: u8) {
    let label = task.id.to_string();
    let facts = (&task.intake, task.state.name(), task.open_blockers);
    draft.source(&label, format!("task {label}"), digest_of_value(&facts));
    draft.say(Says {
        section: Section::CurrentSprint,
        about: label.clone(),
        text: format!("{mark} {label} {}: {because}", task.intake.title),
        lasting: None,
        source: &label,
        rank,
        task: Some(task.id),
    });
}

fn portfolio_source(draft: &mut Draft, inputs: &FocusInputs, at: usize) -> String {
    let checked = &inputs.portfolio[at];
    let label = format!("p{}", at + 1);
    let digest = checked.standing.digest().unwrap_or_else(|| digest_of(""));
    draft.source(&label, checked.item.path.clone(), digest);
    label
}

fn portfolio(draft: &mut Draft, inputs: &FocusInputs) {
    const SECTION: Section = Section::PortfolioChecklist;
    for (at, checked) in inputs.portfolio.iter().enumerate() {
        let label = portfolio_source(draft, inputs, at);
        let rank = if checked.standing.will_do() {
            BACKGROUND
        } else {
            AIM
        };
        draft.say(Says {
            section: SECTION,
            about: checked.item.name.clone(),
            text: checked.to_string(),
            lasting: Some(checked.standing.lasting().to_owned()),
            source: &label,
            rank,
            task: None,
        });
    }
    if inputs.portfolio.is_empty() {
        draft.source(
            "settings",
            "adjutant.toml [portfolio]".to_owned(),
            digest_of(""),
        );
        let told = "NO DATA AVAILABLE: no portfolio; name its files under [portfolio] items";
        draft.plain(SECTION, "settings", REST, told.to_owned());
    }
}

fn gate_source(draft: &mut Draft, inputs: &FocusInputs, at: usize) -> String {
    let standing = &inputs.gates[at];
    let label = match standing.gate {
        NamedGate::Gate(_) => format!("g{}", at + 1),
        NamedGate::NorthStar(_) => format!("n{}", at + 1),
    };
    draft.source(&label, standing.place.clone(), standing.digest);
    label
}

fn progress(draft: &mut Draft, inputs: &FocusInputs) {
    const SECTION: Section = Section::ProgressMetrics;
    for (at, standing) in inputs.gates.iter().enumerate() {
        let label = gate_source(draft, inputs, at);
        let sort = match standing.gate {
            NamedGate::Gate(_) => "gate",
            NamedGate::NorthStar(_) => "north star",
        };
        let command = standing
            .command
            .as_ref()
            .map_or_else(String::new, |command| format!(": {command}"));
        let told = format!("{sort} {}: {}{command}", standing.gate, standing.told);
        draft.plain(SECTION, &label, MEASURE, told);
        for measured in &standing.measured {
            draft.plain(
                SECTION,
                &label,
                BACKGROUND,
                format!("{}: {measured}", standing.gate),
            );
        }
    }
    if inputs.gates.is_empty() {
        draft.source("gates", "adjutant gate list".to_owned(), digest_of(""));
        let told = "NO DATA AVAILABLE: no gate was asked; adjutant gate release --evidence \
                    candidate=FILE --evidence baseline=FILE";
        draft.plain(SECTION, "gates", MEASURE, told.to_owned());
    }
}
