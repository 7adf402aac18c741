//! A refusal, told: what was refused and why, and what to do next. The one place for all surfaces.

use adjutant_app::OrderRefusal;
use adjutant_domain::{AgentName, Epoch, ServiceName, TaskId};
use adjutant_work::{Blocker, Field, Overlap, Refusal};
use schemars::JsonSchema;
use serde::Serialize;

/// A refusal as a program reads it.
#[derive(Serialize, JsonSchema)]
pub struct RefusalJson<'a> {
    refused: &'a Refusal,
    /// What to do next.
    next: String,
}

impl<'a> From<&'a Refusal> for RefusalJson<'a> {
    fn from(refused: &'a Refusal) -> Self {
        Self {
            refused,
            next: next(refused),
        }
    }
}

/// What was refused, and why.
pub fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unknown { task } => format!("there is no task {task}"),
        Refusal::Held {
            task,
            owner,
            millis_left,
        } => format!(
            "{task} is held by {owner}, whose lease lasts another {}",
            time_text(*millis_left)
        ),
        Refusal::Busy { task, epoch } => {
            format!("the agent holds {task} already (epoch {epoch}), and works on one at a time")
        }
        Refusal::StaleEpoch {
            task,
            given,
            current,
            owner,
        } => lost_text(*task, *given, *current, owner.as_ref()),
        Refusal::Expired { task, .. } => format!("the lease on {task} ran out"),
        Refusal::Blocked { task, blockers } => {
            format!("{task} waits for {}", listed(blockers, ", ", blocker_text))
        }
        Refusal::NotOpen { task, state } => format!("{task} is {state}"),
        Refusal::Incomplete { missing, .. } => missing_text(missing),
        Refusal::WrongRole { task, needed, has } => match has {
            Some(has) => format!("{task} needs the role {needed}, not {has}"),
            None => format!("{task} needs the role {needed}"),
        },
        Refusal::OutOfBounds {
            task,
            role,
            because,
        } => format!(
            "{task} lies outside the boundaries of {role}: {}",
            because.join("; ")
        ),
        Refusal::Overlapping { task, overlaps } => format!(
            "{task} would touch files of a held task: {}",
            listed(overlaps, "; ", overlap_text)
        ),
        Refusal::Paused { task, pause } => format!(
            "{task} is a {}, and those are paused: {}",
            pause.kind, pause.reason
        ),
        Refusal::NothingReady {
            blocked,
            held,
            passed_over,
        } => nothing_text(*blocked, *held, passed_over),
        Refusal::Cycle { path } => format!(
            "the link would close a circle: {}",
            listed(path, " -> ", ToString::to_string)
        ),
        Refusal::KeyReused { key } => {
            format!("the key {key} was used for another request")
        }
        Refusal::Changed {
            task,
            given,
            current,
        } => format!("{task} was changed: it is at revision {current}, not {given}"),
    }
}

fn listed<T>(items: &[T], between: &str, text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(between)
}

fn lost_text(task: TaskId, given: Epoch, current: Epoch, owner: Option<&AgentName>) -> String {
    let holder = owner.map_or("nobody", AgentName::as_str);
    format!(
        "the lease on {task} was lost: epoch {given} is over, {task} is held by {holder} at epoch \
         {current}"
    )
}

fn nothing_text(blocked: u32, held: u32, passed_over: &[Refusal]) -> String {
    let passed = listed(passed_over, "", |refusal| {
        format!("\n  passed over: {}", reason(refusal))
    });
    format!("no task is ready: {blocked} wait for others, {held} are held{passed}")
}

fn missing_text(missing: &[Field]) -> String {
    let names = listed(missing, ", ", |field| field.name().to_owned());
    format!("the intake says nothing about: {names}")
}

fn blocker_text(blocker: &Blocker) -> String {
    format!("{} ({}, {})", blocker.task, blocker.title, blocker.state)
}

/// What to do next.
pub fn next(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unknown { .. } => "See adjutant task list.".to_owned(),
        Refusal::Held { .. } => "Take another: adjutant task claim --next.".to_owned(),
        Refusal::Busy { task, epoch } => format!(
            "Go on with it: adjutant task claim --renew --task {task} --epoch {epoch}; \
             or give it back: adjutant task release --task {task} --epoch {epoch}."
        ),
        Refusal::StaleEpoch { task, .. } => format!(
            "Stop: nothing more can be written about {task} under this claim. Keep the work on its \
             branch, and ask for a task: adjutant task claim --next."
        ),
        Refusal::Expired { task, .. } => {
            format!("If nobody took it: adjutant task claim --renew --task {task}, then try again.")
        }
        Refusal::Blocked { .. } => "Take one that is ready: adjutant task claim --next.".to_owned(),
        Refusal::NotOpen { task, .. } => format!("See adjutant task show {task}."),
        Refusal::Incomplete { task, .. } => match task {
            Some(task) => format!("Fill them in: adjutant task edit {task}."),
            None => "Fill them in, or keep it as a draft with --draft.".to_owned(),
        },
        Refusal::WrongRole { task, needed, .. } => {
            format!("Claim in that role: adjutant task claim {task} --role {needed}.")
        }
        Refusal::OutOfBounds { .. } => {
            "Leave it to the role it belongs to; adjutant role list says which there are."
                .to_owned()
        }
        Refusal::Overlapping { .. } => {
            "Wait until it is merged, take another, or accept the risk with --advisory.".to_owned()
        }
        Refusal::Paused { .. } => {
            "Take a task of another kind: adjutant task claim --next.".to_owned()
        }
        Refusal::NothingReady { .. } => {
            "Wait until a task is closed or filed; adjutant task list shows all.".to_owned()
        }
        Refusal::Cycle { .. } => "Leave out one of these links.".to_owned(),
        Refusal::KeyReused { .. } => "Use a new key for a new request.".to_owned(),
        Refusal::Changed { task, .. } => {
            format!("Look at it again, and repeat: adjutant task show {task}.")
        }
    }
}

/// Two tasks that declare the same files.
pub fn overlap_text(overlap: &Overlap) -> String {
    format!(
        "{} overlaps {} of {}, held by {}",
        overlap.ours, overlap.theirs, overlap.task, overlap.owner
    )
}

/// A length of time, to the second below an hour.
pub fn time_text(millis: i64) -> String {
    let seconds = (millis.max(0) + 500) / 1_000;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Why an order about a rollout was refused, and what to do about it.
pub fn of_order(service: &ServiceName, refused: &OrderRefusal) -> (String, String) {
    match refused {
        OrderRefusal::NoRollout => (
            format!("no rollout of {service} is under way"),
            format!("See adjutant rollout status {service}."),
        ),
        OrderRefusal::Phase(phase) => (
            format!("the rollout is {}", phase.name()),
            format!("See adjutant rollout status {service}."),
        ),
        OrderRefusal::NoEarlierVersion => (
            format!("there is no earlier good version of {service} to go back to"),
            format!("See adjutant rollout history {service}."),
        ),
        OrderRefusal::UnderWay(id) => (
            format!("{id} is under way"),
            format!("First adjutant rollout abort {service} --because \"…\"."),
        ),
        OrderRefusal::NotBlocked => (
            "this version is not blocked".to_owned(),
            format!("See adjutant rollout status {service}."),
        ),
        OrderRefusal::Blocked(version) => (
            format!("{} is blocked", version.short()),
            format!("First adjutant rollout lift {service} {version} --because \"…\"."),
        ),
        OrderRefusal::Late => (
            "somebody else changed the service at the same time".to_owned(),
            "Try again.".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_with_two_units_at_most() {
        for (millis, text) in [
            (400, "0 s"),
            (59_600, "1 min"),
            (90_000, "1 min 30 s"),
            (7_200_000, "2 h"),
            (9_000_000, "2 h 30 min"),
        ] {
            assert_eq!(time_text(millis), text);
        }
    }
}
