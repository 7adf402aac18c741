//! A refusal on its way out: what was refused, and the next step. All refusals end here, with
//! exit code 40.

use adjutant_work::Refusal;
use serde::Serialize;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams;

#[derive(Serialize)]
struct RefusalJson<'a> {
    refused: &'a Refusal,
    next: String,
}

/// Says that it was refused and what to do next: to a program on standard output, to a person on
/// standard error.
pub(crate) fn tell(refusal: &Refusal, format: Format) -> Result<Exit, Failure> {
    let next = next_step(refusal);
    match format {
        Format::Json => {
            let refused = refusal;
            streams::print_json(&RefusalJson { refused, next })?;
        }
        Format::Human => {
            streams::tell(&format!("refused: {}", sentence(refusal)));
            streams::tell(&format!("next: {next}"));
        }
    }
    Ok(Exit::Refused)
}

/// What was refused, in one sentence without its full stop.
pub(crate) fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unknown { task } => format!("there is no task {task}"),
        Refusal::Held {
            task,
            owner,
            millis_left,
        } => format!("{owner} has {task} for another {}", span(*millis_left)),
        Refusal::Busy { task, epoch } => {
            format!("the agent has {task} already, under epoch {epoch}")
        }
        Refusal::StaleEpoch {
            task,
            given,
            current,
            owner,
        } => {
            let owner = owner.as_ref().map(|owner| format!("; {owner} has it now"));
            let owner = owner.unwrap_or_default();
            format!("the lease on {task} was lost: epoch {given} is over, it is {current}{owner}")
        }
        Refusal::Expired { task, .. } => format!("the lease on {task} ran out"),
        Refusal::Blocked { task, blockers } => {
            let blockers = blockers.iter();
            let blockers = blockers.map(|it| format!("{} ({}, {})", it.task, it.title, it.state));
            format!("{task} waits for {}", joined(blockers))
        }
        Refusal::NotOpen { task, state } => format!("{task} is {state}"),
        Refusal::Incomplete { task, missing } => {
            let what = task.map_or("the intake".to_owned(), |task| task.to_string());
            format!(
                "{what} does not say: {}",
                joined(missing.iter().map(ToString::to_string))
            )
        }
        Refusal::WrongRole { task, needed, has } => match has {
            Some(has) => format!("{task} needs the role {needed}, not {has}"),
            None => format!("{task} needs the role {needed}"),
        },
        Refusal::OutOfBounds { role, because, .. } => {
            format!("outside the boundaries of {role}: {}", because.join("; "))
        }
        Refusal::Overlapping { task, overlaps } => {
            let overlaps = overlaps.iter().map(|overlap| {
                let other = format!("{} of {}", overlap.task, overlap.owner);
                format!("{} with {} ({other})", overlap.ours, overlap.theirs)
            });
            format!("{task} overlaps: {}", joined(overlaps))
        }
        Refusal::Paused { task, pause } => {
            format!("{task}: {} work is paused: {}", pause.kind, pause.reason)
        }
        Refusal::NothingReady {
            blocked,
            held,
            passed_over,
        } => {
            let reasons: String = passed_over
                .iter()
                .map(|it| format!("; {}", sentence(it)))
                .collect();
            format!("nothing is ready: {blocked} blocked, {held} held{reasons}")
        }
        Refusal::Cycle { path } => {
            format!(
                "the link would close a circle: {}",
                joined(path.iter().map(ToString::to_string))
            )
        }
        Refusal::KeyReused { key } => format!("the key {key} belongs to another request"),
        Refusal::Changed {
            task,
            given,
            current,
        } => format!("{task} was changed: it is at revision {current}, not {given}"),
    }
}

/// What to do next.
pub(crate) fn next_step(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unknown { .. } => "See adjutant task list.".to_owned(),
        Refusal::Held { .. } => "Take another with adjutant task claim --next.".to_owned(),
        Refusal::Busy { task, .. } => {
            format!("Go on with {task}, or give it back with adjutant task release.")
        }
        Refusal::StaleEpoch { task, .. } => format!(
            "Stop work on {task}; keep what you have on a branch, and claim anew: adjutant task \
             claim {task}."
        ),
        Refusal::Expired { task, .. } => format!("Claim it anew: adjutant task claim {task}."),
        Refusal::Blocked { .. } => "Do those first: adjutant task claim --next.".to_owned(),
        Refusal::NotOpen { task, .. } => {
            format!("See adjutant task show {task}; adjutant task reopen {task} brings it back.")
        }
        Refusal::Incomplete { task: None, .. } => {
            "Say what is missing, or keep a draft with --draft.".to_owned()
        }
        Refusal::Incomplete {
            task: Some(task), ..
        } => format!("Complete it: adjutant task edit {task} --editor."),
        Refusal::WrongRole { needed, .. } => {
            format!("Claim it in that role: --role {needed}; or take another with --next.")
        }
        Refusal::OutOfBounds { task, .. } => format!(
            "Hand it to the role it belongs to: adjutant handoff --task {task} --to ROLE; see \
             adjutant role list."
        ),
        Refusal::Overlapping { .. } => {
            "Wait for those tasks, declare narrower paths, or claim with --advisory.".to_owned()
        }
        Refusal::Paused { .. } => "See adjutant routine evening for the gates.".to_owned(),
        Refusal::NothingReady { .. } => "See adjutant task list.".to_owned(),
        Refusal::Cycle { .. } => "Leave one of these links out.".to_owned(),
        Refusal::KeyReused { .. } => "Use a new key.".to_owned(),
        Refusal::Changed { task, .. } => {
            format!("Look again: adjutant task show {task}; then repeat the edit.")
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// A length of time for a person.
pub(crate) fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds / 60)
    }
}
