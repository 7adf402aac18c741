//! `adjutant task mirror`: what was done, line by line, and what a person has to look at.

use adjutant_app::{MirrorLine, MirrorRequest, Mirroring, StepResult};
use adjutant_domain::TaskId;
use adjutant_outbound::clock;
use adjutant_work::Refusal;
use adjutant_work::mirror::{Difference, MirrorPlace, Resolution, Step, Why};
use serde::Serialize;

use crate::arguments::{Format, MirrorArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct MirrorJson<'a> {
    /// Whether it is done, or only said.
    done: bool,
    steps: Vec<StepJson<'a>>,
}

/// One step. `result` is `done`, `shown`, `refused`, or `filed_before`.
#[derive(Serialize)]
struct StepJson<'a> {
    step: &'static str,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    /// Where the file was.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a MirrorPlace>,
    /// Where it is now, or will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a MirrorPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    differences: &'a [Difference],
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a Refusal>,
}

pub(super) fn mirror(arguments: MirrorArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let only_say = arguments.dry_run;
    let request = MirrorRequest {
        folder: arguments.folder,
        resolution: Resolution {
            take_file: arguments.take_file.into_iter().collect(),
            take_store: arguments.take_store.into_iter().collect(),
            restore: arguments.restore,
        },
        only_say,
    };
    let mirroring = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::mirror(&store, &home, &request, clock::now()).await?)
    })?;
    let Mirroring::Lines(lines) = mirroring else {
        streams::tell("refused: another process mirrors tasks in this work tree");
        streams::tell("next: Wait until it is done.");
        return Ok(Exit::Refused);
    };
    match arguments.format.format {
        Format::Json => streams::print_json(&MirrorJson {
            done: !only_say,
            steps: lines.iter().map(json_of).collect(),
        })?,
        Format::Human => tell(&lines, only_say)?,
    }
    let is_open = lines.iter().any(needs_a_person);
    Ok(if is_open { Exit::Refused } else { Exit::Done })
}

fn needs_a_person(line: &MirrorLine) -> bool {
    match (&line.step, &line.result) {
        (Step::Conflict { .. } | Step::Trouble { .. }, _)
        | (_, StepResult::Refused(_) | StepResult::FiledBefore(_)) => true,
        (
            Step::Write { .. }
            | Step::Rewrite { .. }
            | Step::Edit { .. }
            | Step::File { .. }
            | Step::Deleted { .. },
            StepResult::Shown | StepResult::Done(..),
        ) => false,
    }
}

fn json_of(line: &MirrorLine) -> StepJson<'_> {
    let mut json = StepJson {
        step: "",
        result: "shown",
        task: None,
        from: None,
        to: None,
        why: None,
        differences: &[],
        problem: None,
        refused: None,
    };
    match &line.step {
        Step::Write { task, to, .. } => {
            (json.step, json.task, json.to) = ("write", Some(*task), Some(to));
        }
        Step::Rewrite {
            task,
            from,
            to,
            why,
            ..
        } => {
            (json.step, json.task, json.why) = ("rewrite", Some(*task), Some(*why));
            (json.from, json.to) = (Some(from), Some(to));
        }
        Step::Edit { task, from, .. } => {
            (json.step, json.task, json.from) = ("edit", Some(*task), Some(from));
        }
        Step::File { from, .. } => (json.step, json.from) = ("file", Some(from)),
        Step::Deleted { task, place } => {
            (json.step, json.task, json.from) = ("deleted", Some(*task), Some(place));
        }
        Step::Conflict {
            task,
            from,
            differences,
        } => {
            (json.step, json.task, json.from) = ("conflict", Some(*task), Some(from));
            json.differences = differences;
        }
        Step::Trouble { from, trouble } => {
            (json.step, json.from) = ("trouble", Some(from));
            json.problem = Some(trouble.to_string());
        }
    }
    match &line.result {
        StepResult::Shown => {}
        StepResult::Done(task, to) => {
            (json.result, json.task, json.to) = ("done", Some(*task), Some(to));
        }
        StepResult::Refused(refusal) => {
            (json.result, json.refused) = ("refused", Some(refusal));
        }
        StepResult::FiledBefore(task) => {
            (json.result, json.task) = ("filed_before", Some(*task));
        }
    }
    json
}

/// What was done goes to standard output; what a person has to look at, to standard error.
fn tell(lines: &[MirrorLine], only_say: bool) -> Result<(), Failure> {
    let mut done = String::new();
    for line in lines {
        match &line.result {
            StepResult::Refused(refused) => {
                streams::tell(&format!("left alone: {}", subject(&line.step)));
                streams::tell(&format!("refused: {}", refusal::reason(refused)));
                streams::tell(&format!("next: {}", refusal::next(refused)));
            }
            StepResult::FiledBefore(task) => {
                streams::tell(&format!(
                    "left alone: {} says word for word what {task} was filed from",
                    subject(&line.step)
                ));
                streams::tell("next: Change it, or delete it.");
            }
            StepResult::Done(task, to) => done.push_str(&done_line(&line.step, *task, to)),
            StepResult::Shown if only_say => done.push_str(&planned_line(&line.step)),
            StepResult::Shown => {}
        }
        look_at(&line.step);
    }
    if lines.is_empty() {
        streams::tell("files and tasks are in step");
    }
    streams::print(&done)
}

fn subject(step: &Step) -> String {
    match step {
        Step::Write { task, .. } | Step::Rewrite { task, .. } => task.to_string(),
        Step::Edit { from, .. }
        | Step::File { from, .. }
        | Step::Conflict { from, .. }
        | Step::Trouble { from, .. } => from.to_string(),
        Step::Deleted { place, .. } => place.to_string(),
    }
}

fn done_line(step: &Step, task: TaskId, to: &MirrorPlace) -> String {
    match step {
        Step::Write { .. } => format!("{task} written: {to}\n"),
        Step::Rewrite { why, .. } => format!("{task} {}: {to}\n", why_text(*why)),
        Step::Edit { .. } => format!("{task} edited from {to}\n"),
        Step::File { from, .. } => format!("{task} filed from {from}: {to}\n"),
        Step::Deleted { .. } | Step::Conflict { .. } | Step::Trouble { .. } => String::new(),
    }
}

fn planned_line(step: &Step) -> String {
    match step {
        Step::Write { task, to, .. } => format!("would write {task}: {to}\n"),
        Step::Rewrite { task, to, why, .. } => {
            format!("would write {task} again, {}: {to}\n", why_text(*why))
        }
        Step::Edit { task, from, .. } => format!("would edit {task} from {from}\n"),
        Step::File { from, .. } => format!("would file {from}\n"),
        Step::Deleted { .. } | Step::Conflict { .. } | Step::Trouble { .. } => String::new(),
    }
}

fn why_text(why: Why) -> &'static str {
    match why {
        Why::TaskChanged => "changed",
        Why::TaskMoved => "stands elsewhere now",
        Why::FileMoved => "is where it was, its file goes back",
    }
}

/// Tells what only a person can decide.
fn look_at(step: &Step) {
    match step {
        Step::Deleted { task, place } => {
            streams::tell(&format!("deleted: {place}; {task} is still there"));
            streams::tell(&format!(
                "next: adjutant task drop {task} closes it, --restore writes its file again."
            ));
        }
        Step::Conflict {
            task,
            from,
            differences,
        } => {
            streams::tell(&format!("conflict: {from} and {task} were both changed"));
            for one in differences {
                streams::tell(&format!("  {}", one.part));
                side("store", &one.store);
                side("file", &one.file);
            }
            streams::tell(&format!(
                "next: Write into the file what shall be, then --take-file {task}; or --take-store \
                 {task}, which loses what the file says."
            ));
        }
        Step::Trouble { from, trouble } => {
            streams::tell(&format!("left alone: {from}: {trouble}"));
            streams::tell("next: Mend the file; adjutant task template shows the format.");
        }
        Step::Write { .. } | Step::Rewrite { .. } | Step::Edit { .. } | Step::File { .. } => {}
    }
}

fn side(name: &str, text: &str) {
    for line in text.lines().chain(text.is_empty().then_some("(nothing)")) {
        streams::tell(&format!("    {name:<5} | {line}"));
    }
}
