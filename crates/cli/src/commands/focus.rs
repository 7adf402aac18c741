//! `adjutant focus`.

use adjutant_app::{FocusStanding, FocusWho, FocusWrite, Focused, WrittenFocus};
use adjutant_outbound::clock;
use adjutant_work::focus::{FocusChange, Plan, PlanStep, Section};
use serde::Serialize;

use crate::arguments::{
    CompleteFocusArguments, FocusCommand, FocusStatusArguments, FocusWhoArguments, Format,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::focus_refusal;
use crate::home::{find_home, open_store};
use crate::runtime::{ASKS_NORTH_STARS, complete};
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct FocusJson<'a> {
    path: String,
    agent: &'a str,
    tokens: usize,
    /// How many lines of each section did not fit.
    cut: &'a [(Section, usize)],
    plan: &'a Plan,
    /// What has changed since it was compiled last.
    changes: &'a [FocusChange],
}

#[derive(Serialize)]
struct StandingJson<'a> {
    path: String,
    agent: &'a str,
    compiled_at: String,
    tokens: usize,
    cut: usize,
    is_fresh: bool,
    plan: &'a Plan,
    changes: &'a [FocusChange],
}

pub(super) fn run(command: FocusCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        FocusCommand::Plan(arguments) => {
            let how = (FocusWrite::Plan, vec![]);
            write(&arguments.who, how, arguments.format.format, settings)
        }
        FocusCommand::Sync(arguments) => {
            let how = (FocusWrite::Sync, vec![]);
            write(&arguments.who, how, arguments.format.format, settings)
        }
        FocusCommand::Update(arguments) => {
            let how = (FocusWrite::Update, arguments.notes);
            write(&arguments.who, how, arguments.format.format, settings)
        }
        FocusCommand::Complete(arguments) => complete_task(&arguments, settings),
        FocusCommand::Status(arguments) => status(&arguments, settings),
    }
}

/// Whose focus the arguments and the environment name.
pub(super) fn who(arguments: &FocusWhoArguments, settings: &Settings) -> Result<FocusWho, Failure> {
    Ok(FocusWho {
        agent: match &arguments.agent {
            Some(agent) => Some(agent.clone()),
            None => settings.agent()?,
        },
        role: arguments.role.clone(),
    })
}

fn write(
    arguments: &FocusWhoArguments,
    (write, notes): (FocusWrite, Vec<String>),
    format: Format,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let who = who(arguments, settings)?;
    let focused = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        let how = (write, notes.as_slice());
        Ok(adjutant_app::write_focus(&store, &home, &who, how, clock::now()).await?)
    })?;
    told(&focused, format)
}

fn complete_task(arguments: &CompleteFocusArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let who = who(&arguments.who, settings)?;
    let focused = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        let now = clock::now();
        Ok(adjutant_app::complete_in_focus(&store, &home, &who, arguments.task, now).await?)
    })?;
    told(&focused, arguments.format.format)
}

fn told(focused: &Focused, format: Format) -> Result<Exit, Failure> {
    match (focused, format) {
        (Focused::Refused(refusal), _) => return focus_refusal::tell_focus(refusal, format),
        (Focused::Written(focus), Format::Json) => streams::print_json(&FocusJson {
            path: focus.path.display().to_string(),
            agent: focus.agent.as_str(),
            tokens: focus.compiled.tokens,
            cut: &focus.compiled.cut,
            plan: &focus.plan,
            changes: &focus.changes,
        })?,
        (Focused::Written(focus), Format::Human) => streams::print(&written(focus))?,
    }
    Ok(Exit::Done)
}

fn written(focus: &WrittenFocus) -> String {
    let cut: usize = focus.compiled.cut.iter().map(|(_, lines)| lines).sum();
    let cut = match cut {
        0 => String::new(),
        lines => format!(", {lines} lines cut"),
    };
    let head = format!(
        "{}: the focus of {}, {} tokens{cut}\n",
        focus.path.display(),
        focus.agent,
        focus.compiled.tokens
    );
    head + &plan_text(&focus.plan)
}

/// The steps, numbered.
pub(super) fn plan_text(plan: &Plan) -> String {
    let mut text = String::new();
    for (number, step) in (1..).zip(&plan.steps) {
        let what = match &step.step {
            PlanStep::Task { task, title } => format!("{task} {title}"),
            PlanStep::Gap { item, path } => format!("{item} ({path})"),
            PlanStep::Gate { gate, command } => match command {
                Some(command) => format!("{gate} ({command})"),
                None => gate.to_string(),
            },
        };
        text.push_str(&format!("{number}. {what}: {}\n", step.because));
    }
    if plan.steps.is_empty() {
        text.push_str("nothing is planned: no task is ready, no gap is known\n");
    }
    if plan.left_out > 0 || plan.paused > 0 {
        text.push_str(&format!(
            "{} more are ready, {} of a paused kind\n",
            plan.left_out, plan.paused
        ));
    }
    text
}

fn status(arguments: &FocusStatusArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let who = who(&arguments.who, settings)?;
    let format = arguments.format.format;
    let standing = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::focus_standing(&store, &home, &who, clock::now()).await?)
    })?;
    let standing = match standing {
        Ok(standing) => standing,
        Err(refusal) => return focus_refusal::tell_focus(&refusal, format),
    };
    match format {
        Format::Json => streams::print_json(&StandingJson {
            path: standing.path.display().to_string(),
            agent: standing.agent.as_str(),
            compiled_at: standing.compiled_at.to_string(),
            tokens: standing.tokens,
            cut: standing.cut,
            is_fresh: standing.changes.is_empty(),
            plan: &standing.plan,
            changes: &standing.changes,
        })?,
        Format::Human => streams::print(&standing_text(&standing))?,
    }
    if standing.changes.is_empty() {
        Ok(Exit::Done)
    } else {
        streams::tell("next: adjutant focus sync");
        Ok(Exit::Undecided)
    }
}

fn standing_text(standing: &FocusStanding) -> String {
    let head = format!(
        "{}: the focus of {}, compiled at {}, {} tokens",
        standing.path.display(),
        standing.agent,
        standing.compiled_at,
        standing.tokens
    );
    if standing.changes.is_empty() {
        return format!("{head}: fresh\n");
    }
    let mut text = format!("{head}: stale\n");
    for change in &standing.changes {
        text.push_str(&change_text(change));
    }
    text
}

fn change_text(change: &FocusChange) -> String {
    match change {
        FocusChange::Changed {
            section,
            was,
            now,
            source,
        } if was == now => format!("{}: {source} changed: {was}\n", section.heading()),
        FocusChange::Changed {
            section,
            was,
            now,
            source,
        } => format!(
            "{}: {source} changed:\n  was {was}\n  now {now}\n",
            section.heading()
        ),
        FocusChange::Gone {
            section,
            was,
            source,
        } => format!("{}: {source} no longer says: {was}\n", section.heading()),
        FocusChange::New {
            section,
            now,
            source,
        } => format!("{}: {source} says now: {now}\n", section.heading()),
    }
}
