//! Asking for work: reading files that ask, filing them, looking at them, changing them.

use std::path::{Path, PathBuf};

use adjutant_domain::{RequestKey, TaskId, Timestamp};
use adjutant_outbound::files::{self, FileError};
use adjutant_store::{
    Attempt, Filed, NewTask, Store, StoreError, StoredTask, TaskFilter, TaskPage, Written,
};
use adjutant_work::template::{self, Filled, InvalidIntake};
use adjutant_work::{Intake, IntakeText, Link, Proof, Refusal, TaskState, read_issue_form};

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntakeFormat {
    /// The intake template.
    Template,
    /// The body of GitHub's issue form, or the event of the issue.
    IssueForm,
}

/// A file that cannot be read as an intake.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It cannot be read at all.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not UTF-8.
    #[error("{}: byte {at}: the text is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is not.
        at: usize,
    },
    /// It cannot be understood.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        problem: InvalidIntake,
    },
}

/// A task with all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownTask {
    /// The proof of its work; none when there is none, or when it cannot be opened.
    pub proof: Option<Proof>,
    /// The task, its links and its notes.
    pub stored: StoredTask,
    /// What is left of its lease, in milliseconds; below 0 when it ran out.
    pub millis_left: Option<i64>,
    /// The claims of it, oldest first.
    pub attempts: Vec<Attempt>,
}

/// What a file asks for.
///
/// # Errors
/// When it cannot be read or understood.
pub fn read_intake(path: &Path, format: IntakeFormat) -> Result<Filled, IntakeError> {
    let text = read_text(path)?;
    let read = match format {
        IntakeFormat::Template => template::parse(&text),
        IntakeFormat::IssueForm => read_issue_form(&text),
    };
    read.map_err(|problem| IntakeError::Invalid {
        path: path.to_owned(),
        problem,
    })
}

/// The text of a file.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, IntakeError> {
    let content = files::read(path)?;
    String::from_utf8(content.bytes).map_err(|error| IntakeError::NotText {
        path: path.to_owned(),
        at: error.utf8_error().valid_up_to(),
    })
}

/// Files tasks: all of them or none. An intake that lacks a required field is only kept as a
/// draft.
///
/// # Errors
/// When the store cannot be written.
pub async fn file_tasks(
    store: &Store,
    batch: &[NewTask],
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Result<Filed, StoreError> {
    store.file_tasks(batch, key, now).await
}

/// A page of tasks.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_tasks(store: &Store, filter: &TaskFilter) -> Result<TaskPage, StoreError> {
    store.list_tasks(filter).await
}

/// The same page for who passes on what the tasks ask for without looking into it.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_task_texts(
    store: &Store,
    filter: &TaskFilter,
) -> Result<TaskPage<IntakeText>, StoreError> {
    store.list_task_texts(filter).await
}

/// Everything about a task; nothing when there is none.
///
/// # Errors
/// When the store cannot be read.
pub async fn show_task(store: &Store, id: TaskId) -> Result<Option<ShownTask>, StoreError> {
    let Some(stored) = store.task(id).await? else {
        return Ok(None);
    };
    let millis_left = match &stored.task.state {
        TaskState::Leased(lease) => {
            Some(lease.expires.millis() - store.lease_time().await?.millis())
        }
        TaskState::Draft
        | TaskState::Open
        | TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => None,
    };
    let attempts = store.attempts_on(id).await?;
    Ok(Some(ShownTask {
        proof: proof_of(store, &stored.task.state),
        stored,
        millis_left,
        attempts,
    }))
}

/// The proof of a task's work. One that cannot be opened is none here; `open_proof` says why.
fn proof_of(store: &Store, state: &TaskState) -> Option<Proof> {
    match state {
        TaskState::Proven(work) | TaskState::Done { work, .. } => {
            let bytes = store.artifact(work.proof).ok()?;
            serde_json::from_slice(&bytes).ok()
        }
        TaskState::Draft
        | TaskState::Open
        | TaskState::Leased(_)
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => None,
    }
}

/// Replaces what a task asks for, as long as it is still at `revision`.
///
/// # Errors
/// When the store cannot be written.
pub async fn edit_task(
    store: &Store,
    id: TaskId,
    revision: i64,
    (intake, links): (&Intake, &[Link]),
    now: Timestamp,
) -> Result<Written, StoreError> {
    store.edit_task(id, revision, intake, links, now).await
}

/// What is done with a task as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposal {
    /// Nobody will do it.
    Drop,
    /// It can be handed out again; a draft for the first time.
    Reopen,
}

/// Drops or reopens a task, whatever its revision is now.
///
/// # Errors
/// When the store cannot be written.
pub async fn dispose_of_task(
    store: &Store,
    id: TaskId,
    disposal: Disposal,
    reason: &str,
    now: Timestamp,
) -> Result<Written, StoreError> {
    let Some(stored) = store.task(id).await? else {
        return Ok(Written::Refused(Refusal::Unknown { task: id }));
    };
    let revision = stored.task.revision;
    match disposal {
        Disposal::Drop => store.drop_task(id, revision, reason, now).await,
        Disposal::Reopen => store.reopen_task(id, revision, reason, now).await,
    }
}
