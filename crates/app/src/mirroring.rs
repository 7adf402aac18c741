//! Tasks as readable files, both ways. The store is written before the file that tells of it, and
//! both writes can be repeated: cut off anywhere, the next run goes on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use adjutant_domain::{RequestKey, TaskId, Timestamp, sha256};
use adjutant_outbound::{lock, mirror_files};
use adjutant_store::{Filed, NewTask, Store, StoreError, TaskFilter, Written};
use adjutant_work::Refusal;
use adjutant_work::mirror::{self, FileFound, Folder, MirrorPlace, Mirrored, Resolution, Step};
use adjutant_work::template::{BYTES_MAX, Filled, InvalidIntake};

use crate::Home;

/// The folder of the mirror, below the top of the work tree, when no other is named.
pub const MIRROR_FOLDER: &str = "docs/TASKS/queue";

/// How many tasks are asked of the store at once.
const PAGE: u32 = 500;

/// What is mirrored.
#[derive(Debug, Clone)]
pub struct MirrorRequest {
    /// The folder; `None` is [`MIRROR_FOLDER`].
    pub folder: Option<PathBuf>,
    /// How conflicts are resolved.
    pub resolution: Resolution,
    /// Whether it is only said what would be done.
    pub only_say: bool,
}

/// What became of a mirror.
#[derive(Debug)]
pub enum Mirroring {
    /// Another process is at it in this work tree.
    Busy,
    /// What was done, or would be.
    Lines(Vec<MirrorLine>),
}

/// A step, and what came of it.
#[derive(Debug)]
pub struct MirrorLine {
    /// What was to be done.
    pub step: Step,
    /// What happened.
    pub result: StepResult,
}

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
pub enum StepResult {
    /// Nothing was done: it would be, or it is only shown.
    Shown,
    /// It is done; where the task's file is now.
    Done(TaskId, MirrorPlace),
    /// The store does not take it; the file was left alone.
    Refused(Refusal),
    /// The new file says word for word what this task was filed from; nothing was filed.
    FiledBefore(TaskId),
}

/// A mirror that could not be brought into step.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] adjutant_outbound::files::FileError),
    /// The lock of the work tree cannot be taken.
    #[error("the mirror of this work tree cannot be locked: {0}")]
    Lock(std::io::Error),
    /// A key of our own is no name, which its letters exclude.
    #[error(transparent)]
    Key(#[from] adjutant_domain::InvalidName),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings files and store into step.
///
/// # Errors
/// When a file or the store cannot be read or written.
pub async fn mirror(
    store: &Store,
    home: &Home,
    request: &MirrorRequest,
    now: Timestamp,
) -> Result<Mirroring, MirrorError> {
    let held = lock::try_hold(&home.private.join("mirror.lock")).map_err(MirrorError::Lock)?;
    let Some(_held) = held else {
        return Ok(Mirroring::Busy);
    };
    let folder = match &request.folder {
        Some(folder) => home.folder.join(folder),
        None => home.top.join(MIRROR_FOLDER),
    };
    // Under the lock nobody writes: what is half-written is of a run that was killed.
    for part in Folder::ALL {
        mirror_files::clear(&folder.join(part.name()))?;
    }
    let record = home.private.join("mirror.json");
    let known = mirror_files::read_record(&record, &folder)?;
    let tasks = tasks(store).await?;
    let steps = mirror::plan(&tasks, &found(&folder)?, &known, &request.resolution);
    let mut lines = Vec::with_capacity(steps.len());
    let mut mirrored: BTreeSet<TaskId> = tasks.iter().map(|it| it.task.id).collect();
    for step in steps {
        let result = if request.only_say {
            StepResult::Shown
        } else {
            carry_out(store, &folder, &step, now).await?
        };
        if let StepResult::Done(task, _) = &result {
            mirrored.insert(*task);
        }
        lines.push(MirrorLine { step, result });
    }
    if !request.only_say {
        mirror_files::write_record(&record, &folder, mirrored)?;
    }
    Ok(Mirroring::Lines(lines))
}

async fn tasks(store: &Store) -> Result<Vec<Mirrored>, StoreError> {
    let mut tasks = Vec::new();
    let mut filter = TaskFilter {
        limit: PAGE,
        ..TaskFilter::default()
    };
    loop {
        let page = store.list_tasks(&filter).await?;
        filter.after = page.tasks.last().map(|task| task.id);
        for task in page.tasks {
            tasks.extend(load(store, task.id).await?);
        }
        if !page.more {
            return Ok(tasks);
        }
    }
}

async fn load(store: &Store, id: TaskId) -> Result<Option<Mirrored>, StoreError> {
    let stored = store.task(id).await?;
    Ok(stored.map(|stored| Mirrored {
        task: stored.task,
        links: stored.links,
    }))
}

fn found(folder: &Path) -> Result<Vec<FileFound>, MirrorError> {
    let mut found = Vec::new();
    for part in Folder::ALL {
        for file in mirror_files::list(&folder.join(part.name()), BYTES_MAX as u64)? {
            let text = match file.bytes.map(String::from_utf8) {
                Some(Ok(text)) => Ok(text),
                Some(Err(_)) => Err("the text is not UTF-8".to_owned()),
                None => Err(format!("the file has more than {BYTES_MAX} bytes")),
            };
            found.push(FileFound {
                place: MirrorPlace {
                    folder: part,
                    name: file.name,
                },
                text: text.map_err(|problem| InvalidIntake { line: 1, problem }),
            });
        }
    }
    Ok(found)
}

fn path(folder: &Path, place: &MirrorPlace) -> PathBuf {
    folder.join(place.folder.name()).join(&place.name)
}

async fn carry_out(
    store: &Store,
    folder: &Path,
    step: &Step,
    now: Timestamp,
) -> Result<StepResult, MirrorError> {
    Ok(match step {
        Step::Deleted { .. } | Step::Conflict { .. } | Step::Trouble { .. } => StepResult::Shown,
        Step::Write { task, to, text } => {
            mirror_files::replace(&path(folder, to), text)?;
            StepResult::Done(*task, to.clone())
        }
        Step::Rewrite {
            task,
            from,
            to,
            text,
            ..
        } => {
            put(folder, from, to, text)?;
            StepResult::Done(*task, to.clone())
        }
        Step::Edit {
            task,
            revision,
            filled,
            from,
            text,
        } => {
            let Filled { intake, links } = filled.as_ref();
            let written = store
                .edit_task(*task, *revision, intake, links, now)
                .await?;
            match written {
                Written::Refused(refusal) => StepResult::Refused(refusal),
                Written::Task(_) => settle(store, folder, *task, (from, text)).await?,
            }
        }
        Step::File { filled, from, text } => file(store, folder, filled, (from, text), now).await?,
    })
}

/// Files a new task under the digest of its file, so that a run that was cut off does not file it
/// twice.
async fn file(
    store: &Store,
    folder: &Path,
    filled: &Filled,
    (from, text): (&MirrorPlace, &str),
    now: Timestamp,
) -> Result<StepResult, MirrorError> {
    let digest = sha256::digest_of(format!("{from}\n{text}").as_bytes());
    let key: RequestKey = format!("mirror:{}", digest).parse()?;
    let new = NewTask {
        intake: filled.intake.clone(),
        links: filled.links.clone(),
        draft: false,
    };
    let filed = match store.file_tasks(&[new], Some(&key), now).await? {
        Filed::Refused(refusal) => return Ok(StepResult::Refused(refusal)),
        Filed::Tasks(tasks) => tasks.into_iter().next(),
    };
    let Some(filed) = filed else {
        return Ok(StepResult::Shown);
    };
    settle(store, folder, filed.id, (from, text)).await
}

/// Gives a file that was taken the first line and the place of its task.
async fn settle(
    store: &Store,
    folder: &Path,
    task: TaskId,
    (from, text): (&MirrorPlace, &str),
) -> Result<StepResult, MirrorError> {
    let Some(mirrored) = load(store, task).await? else {
        return Ok(StepResult::Refused(Refusal::Unknown { task }));
    };
    let to = mirror::place(&mirrored.task);
    if to != *from && mirror_files::is_taken(&path(folder, &to))? {
        return Ok(StepResult::FiledBefore(task));
    }
    put(folder, from, &to, &mirror::reheaded(text, &mirrored))?;
    Ok(StepResult::Done(task, to))
}

/// The file is written where it is, and then moved: at every moment there is one file of the task,
/// and it is whole.
fn put(folder: &Path, from: &MirrorPlace, to: &MirrorPlace, text: &str) -> Result<(), MirrorError> {
    let (from, to) = (path(folder, from), path(folder, to));
    mirror_files::replace(&from, text)?;
    if from != to {
        mirror_files::move_to(&from, &to)?;
    }
    Ok(())
}
