//! Work that is not accepted: the problem, and what to do next.

use adjutant_domain::ObjectId;
use adjutant_work::{RunEnd, Unproven};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Exit;

/// Work that is not accepted, as a program reads it.
#[derive(Serialize, JsonSchema)]
pub struct UnprovenJson<'a> {
    unproven: &'a Unproven,
    /// What to do next.
    next: &'a str,
}

impl<'a> From<&'a Unproven> for UnprovenJson<'a> {
    fn from(unproven: &'a Unproven) -> Self {
        Self {
            unproven,
            next: next(unproven),
        }
    }
}

/// How a command ends with it.
pub fn exit(reason: &Unproven) -> Exit {
    let is_hindered = matches!(
        reason,
        Unproven::Environment { .. } | Unproven::TargetBusy { .. }
    );
    let is_rejected = reason.is_about_work() || matches!(reason, Unproven::MergeConflict { .. });
    match (is_hindered, is_rejected) {
        (true, _) => Exit::Undecided,
        (false, true) => Exit::Rejected,
        (false, false) => Exit::Refused,
    }
}

/// What is wrong, in one sentence.
pub fn problem(reason: &Unproven) -> String {
    match reason {
        Unproven::NoCheck => "the task has no check, so nothing can prove it".to_owned(),
        Unproven::Uncommitted { files } => {
            format!("no commit holds the changes of {}", files.join(", "))
        }
        Unproven::NoCommit { revision } => format!("there is no commit {revision}"),
        Unproven::NoBase { target } => {
            format!("the commit has no history in common with the branch {target}")
        }
        Unproven::EmptyDiff => "the commit changes nothing against its base".to_owned(),
        Unproven::ChangedAfter {
            checked,
            now,
            files,
        } => changed_text(checked, now, files),
        Unproven::CheckEdited { check, files } => {
            format!(
                "the work changes what decides {check}: {}",
                files.join(", ")
            )
        }
        Unproven::OtherCommit { file, named } => {
            format!("{file} is evidence about {}, another commit", named.short())
        }
        Unproven::Forged { file, difference } => format!("{file}: {difference}"),
        Unproven::Vacuous { check } => format!("{check} passes on the base, without the work"),
        Unproven::CheckFailed { check, end, .. } => {
            format!("{check} fails on the work: {}", end_text(*end))
        }
        Unproven::GateRefused { check, verdict } => format!("{check}: its gate says {verdict}"),
        Unproven::TreeChanged { check, files } => {
            format!("{check} changes the files it checks: {}", files.join(", "))
        }
        Unproven::Environment { check, problem, .. } => format!("{check}: {problem}"),
        Unproven::MergeConflict { files } => format!("it conflicts in {}", files.join(", ")),
        Unproven::TargetBusy { problem } => problem.clone(),
    }
}

fn changed_text(checked: &ObjectId, now: &ObjectId, files: &[String]) -> String {
    let now = if checked == now {
        format!("{} were changed", files.join(", "))
    } else {
        format!("{} is checked out", now.short())
    };
    format!("{} was checked, and meanwhile {now}", checked.short())
}

/// What to do next.
pub fn next(reason: &Unproven) -> &'static str {
    match reason {
        Unproven::NoCheck => "Give the task a check with adjutant task edit.",
        Unproven::Uncommitted { .. } => "Commit first, or name the commit with --commit.",
        Unproven::NoCommit { .. } => "Name a commit of this repository.",
        Unproven::NoBase { .. } => "Begin the work from that branch, or set [merge] target.",
        Unproven::EmptyDiff => "Commit the work, or give the task back with adjutant task release.",
        Unproven::ChangedAfter { .. } => {
            "Only what was checked counts. File the rest as a task, or complete the task again."
        }
        Unproven::CheckEdited { .. } => {
            "Leave those files as they are; a change of the check is a task of its own."
        }
        Unproven::OtherCommit { .. } => "Leave the evidence out: Adjutant runs the check itself.",
        Unproven::Forged { .. } => "Leave the evidence out: only Adjutant's own run counts.",
        Unproven::Vacuous { .. } => {
            "Write a test that fails without the work, and declare its files as the check's tests."
        }
        Unproven::CheckFailed { .. } => "Mend the work, commit, and complete it again.",
        Unproven::GateRefused { .. } => "See the gate's decision with adjutant report.",
        Unproven::TreeChanged { .. } => "Let the check write outside the tracked files.",
        Unproven::Environment { .. } => {
            "Mend the environment or [verify] setup in adjutant.toml; adjutant doctor looks at it."
        }
        Unproven::MergeConflict { .. } => "Claim the task again and merge the target branch first.",
        Unproven::TargetBusy { .. } => "Clear the way in that work tree, and merge again.",
    }
}

/// What a program wrote before it failed.
pub fn output(reason: &Unproven) -> Option<&str> {
    match reason {
        Unproven::CheckFailed { output, .. } | Unproven::Environment { output, .. } => Some(output)
            .filter(|output| !output.trim().is_empty())
            .map(String::as_str),
        Unproven::NoCheck
        | Unproven::Uncommitted { .. }
        | Unproven::NoCommit { .. }
        | Unproven::NoBase { .. }
        | Unproven::EmptyDiff
        | Unproven::ChangedAfter { .. }
        | Unproven::CheckEdited { .. }
        | Unproven::OtherCommit { .. }
        | Unproven::Forged { .. }
        | Unproven::Vacuous { .. }
        | Unproven::GateRefused { .. }
        | Unproven::TreeChanged { .. }
        | Unproven::MergeConflict { .. }
        | Unproven::TargetBusy { .. } => None,
    }
}

/// How a program ended, in words.
pub fn end_text(end: RunEnd) -> String {
    match end {
        RunEnd::Exited(code) => format!("exit code {code}"),
        RunEnd::Signaled(signal) => format!("signal {signal}"),
        RunEnd::TimedOut => "out of time".to_owned(),
        RunEnd::Cancelled => "cancelled".to_owned(),
        RunEnd::NotFound => "not found".to_owned(),
        RunEnd::NotStarted(number) => format!("not started (error number {number})"),
    }
}
