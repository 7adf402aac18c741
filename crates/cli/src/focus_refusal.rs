//! Why a focus or a routine was refused, and what to do next. Refusals about tasks are in
//! `refusal`.

use adjutant_app::{FocusRefusal, RoutineRefusal};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams;

#[derive(Serialize)]
struct RefusedJson<T> {
    refused: T,
    next: String,
}

/// Tells why the focus was refused.
pub(crate) fn tell_focus(refusal: &FocusRefusal, format: Format) -> Result<Exit, Failure> {
    if *refusal == FocusRefusal::Nobody {
        return Err(Failure::usage(reason(refusal), next(refusal)));
    }
    tell(refusal, (reason(refusal), next(refusal)), format)
}

/// Tells why a routine was refused.
pub(crate) fn tell_routine(refusal: &RoutineRefusal, format: Format) -> Result<Exit, Failure> {
    match refusal {
        RoutineRefusal::Focus(refusal) => tell_focus(refusal, format),
        RoutineRefusal::Stale(standing) => {
            let lines = standing.changes.len();
            let json = json!({ "reason": "stale", "changes": standing.changes });
            let told = format!(
                "the focus of {} is stale: {lines} lines would be others now",
                standing.agent
            );
            let next = "See which: adjutant focus status; compile it again: adjutant focus sync.";
            tell(&json, (told, next.to_owned()), format)
        }
        RoutineRefusal::OpenLease { task, epoch, title } => {
            let json = json!({ "reason": "open_lease", "task": task, "epoch": epoch });
            let told = format!("{task} ({title}) is still held, and nobody was told how to go on");
            let next = format!(
                "adjutant task complete, adjutant task release --task {task} --epoch {epoch}, or \
                 adjutant handoff with state, next command, open risks and unproven claims."
            );
            tell(&json, (told, next), format)
        }
        RoutineRefusal::GoalsSet { week, goals } => {
            let json = json!({ "reason": "goals_set", "week": week, "goals": goals });
            let told = format!("the goals of {week} are set: {}", goals.join("; "));
            let next = "Set others next week; adjutant focus update --note keeps a thought.";
            tell(&json, (told, next.to_owned()), format)
        }
    }
}

fn tell<T: Serialize>(
    refused: &T,
    (told, next): (String, String),
    format: Format,
) -> Result<Exit, Failure> {
    match format {
        Format::Json => {
            let refused: Json =
                serde_json::to_value(refused).map_err(|error| Failure::defect(&error))?;
            streams::print_json(&RefusedJson { refused, next })?;
        }
        Format::Human => {
            streams::tell(&format!("refused: {told}"));
            streams::tell(&format!("next: {next}"));
        }
    }
    Ok(Exit::Refused)
}

fn reason(refusal: &FocusRefusal) -> String {
    match refusal {
        FocusRefusal::Missing { path } => format!("there is no {}", path.display()),
        FocusRefusal::AnothersFile { path, agent } => {
            format!("{} is the focus of {agent}", path.display())
        }
        FocusRefusal::Tracked { path } => format!(
            "git tracks {}, and would merge it into other work trees",
            path.display()
        ),
        FocusRefusal::UnknownTask { task } => format!("there is no task {task}"),
        FocusRefusal::Unproven { task, state } => {
            format!("{task} is {}, neither proven nor done", state.as_str())
        }
        FocusRefusal::AnothersTask { task, by } => format!("{task} was done by {by}"),
        FocusRefusal::Nobody => "whose focus it is was not said".to_owned(),
    }
}

fn next(refusal: &FocusRefusal) -> String {
    match refusal {
        FocusRefusal::Missing { .. } => "adjutant focus plan --agent NAME.".to_owned(),
        FocusRefusal::AnothersFile { .. } => {
            "Work in a work tree of your own (git worktree add), or move that file away.".to_owned()
        }
        FocusRefusal::Tracked { .. } => {
            "git rm --cached AGENT_FOCUS.md, and commit that.".to_owned()
        }
        FocusRefusal::UnknownTask { .. } => "See adjutant task list.".to_owned(),
        FocusRefusal::Unproven { .. } => "Prove it: adjutant task complete.".to_owned(),
        FocusRefusal::AnothersTask { .. } => "Name a task of your own.".to_owned(),
        FocusRefusal::Nobody => "Add --agent NAME, or set ADJUTANT_AGENT.".to_owned(),
    }
}
