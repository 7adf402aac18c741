//! How far the work has come, noted as evidence when a gate decides, so that its report can be
//! recomputed after the tasks have moved on.

use adjutant_domain::{InvalidName, Subject, Timestamp};
use adjutant_formats::Format;
use adjutant_outbound::files::Content;
use adjutant_store::{Store, TaskProgress};
use serde::Serialize;

use crate::deciding::GateError;
use crate::source::{self, Source};

/// The name of the artifact in a citation.
const FILE: &str = "tasks.json";

#[derive(Serialize)]
struct Noted {
    format: &'static str,
    journal: NotedJournal,
    states: Vec<NotedState>,
}

#[derive(Serialize)]
struct NotedJournal {
    entries: i64,
    head: String,
}

#[derive(Serialize)]
struct NotedState {
    state: &'static str,
    tasks: u64,
}

/// What counted tasks are evidence about.
pub(crate) fn subject() -> Result<Subject, InvalidName> {
    "work".parse()
}

/// The tasks by state as a source; `None` when the store has no task.
pub(crate) async fn count_tasks(
    store: &Store,
    now: Timestamp,
) -> Result<Option<Source>, GateError> {
    let Some(progress) = store.task_progress().await? else {
        return Ok(None);
    };
    let bytes = serde_json::to_vec(&noted(progress)).map_err(GateError::Record)?;
    let content = Content {
        name: FILE.to_owned(),
        bytes,
        taken_at: now,
    };
    let source = source::take(FILE, content, Some(Format::TaskProgress), None);
    source
        .map(Some)
        .map_err(|error| GateError::Tasks(Box::new(error)))
}

fn noted(progress: TaskProgress) -> Noted {
    let state = |(state, tasks): (adjutant_work::StateName, u64)| NotedState {
        state: state.as_str(),
        tasks,
    };
    Noted {
        format: "adjutant-task-progress-1",
        journal: NotedJournal {
            entries: progress.journal_entries,
            head: progress.journal_head,
        },
        states: progress.states.into_iter().map(state).collect(),
    }
}
