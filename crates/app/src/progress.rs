//! How far the work has come, noted as evidence when a gate decides, so that its report can be
//! recomputed after the tasks and directives have moved on.

use adjutant_domain::{InvalidName, Subject, Timestamp};
use adjutant_formats::Format;
use adjutant_outbound::files::Content;
use adjutant_store::{Store, WorkProgress};
use adjutant_work::directive::DirectiveOutcome;
use serde::Serialize;

use crate::gate_error::GateError;
use crate::source::{self, Source};

/// The name of the artifact in a citation.
const FILE: &str = "tasks.json";

#[derive(Serialize)]
struct Noted {
    format: &'static str,
    journal: NotedJournal,
    states: Vec<NotedState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    directives: Vec<NotedDirectives>,
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

#[derive(Serialize)]
struct NotedDirectives {
    state: &'static str,
    directives: u64,
}

/// What counted work is evidence about.
pub(crate) fn subject() -> Result<Subject, InvalidName> {
    "work".parse()
}

/// The tasks and directives by state as a source; `None` when the store has neither.
pub(crate) async fn count_work(store: &Store, now: Timestamp) -> Result<Option<Source>, GateError> {
    let Some(progress) = store.work_progress().await? else {
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

fn noted(progress: WorkProgress) -> Noted {
    let state = |(state, tasks): (adjutant_work::StateName, u64)| NotedState {
        state: state.as_str(),
        tasks,
    };
    let directives = |(outcome, directives): (Option<DirectiveOutcome>, u64)| NotedDirectives {
        state: outcome.map_or("begun", DirectiveOutcome::name),
        directives,
    };
    Noted {
        format: "adjutant-task-progress-1",
        journal: NotedJournal {
            entries: progress.journal_entries,
            head: progress.journal_head,
        },
        states: progress.states.into_iter().map(state).collect(),
        directives: progress.directives.into_iter().map(directives).collect(),
    }
}
