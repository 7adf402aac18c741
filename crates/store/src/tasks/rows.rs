//! A task as a row, and back; every write of one, with its journal entry.

use adjutant_domain::sha256;
use adjutant_domain::{AgentName, Digest, Epoch, TaskId, Timestamp};
use adjutant_work::{Intake, Lease, LeaseTime, PathGlob, ProvenWork, Refusal, Task, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::StoreError;
use crate::journal::{self, JournalKind};
use crate::session::Session;
use crate::value::{Row, Value, json_text};

/// The columns, in the order of [`cells`]. The journal seals all but the last two, which follow
/// from the links.
pub(super) const COLUMNS: &str = "id, revision, state, title, kind, priority, role, paths, \
    intake, owner, epoch, expires, work, merged, reason, losses, created_at, updated_at, \
    open_blockers, unblocks";

/// How many of the columns the journal seals.
const SEALED: usize = 18;

/// The newest version of the intake's JSON.
pub(super) const INTAKE_VERSION: u32 = 1;

#[derive(Serialize)]
struct IntakeOut<'a> {
    version: u32,
    intake: &'a Intake,
}

#[derive(Deserialize)]
struct IntakeIn {
    version: u32,
    intake: Intake,
}

/// A task's row.
fn cells(task: &Task) -> Result<Vec<Value>, StoreError> {
    const OPERATION: &str = "write a task";
    let intake = IntakeOut {
        version: INTAKE_VERSION,
        intake: &task.intake,
    };
    let (mut owner, mut expires, mut work, mut merged, mut reason) = (
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Null,
    );
    match &task.state {
        TaskState::Draft | TaskState::Open => {}
        TaskState::Leased(lease) => {
            owner = lease.owner.as_str().into();
            expires = lease.expires.millis().into();
        }
        TaskState::Proven(proven) => work = json_text(OPERATION, proven)?.into(),
        TaskState::Done {
            work: proven,
            merged: commit,
        } => {
            work = json_text(OPERATION, proven)?.into();
            merged = commit.as_str().into();
        }
        TaskState::Dropped { reason: why } | TaskState::Quarantined { reason: why } => {
            reason = why.as_str().into();
        }
    }
    Ok(vec![
        task.id.number().into(),
        task.revision.into(),
        task.state.name().into(),
        task.intake.title.as_str().into(),
        task.intake.kind.map(|kind| kind.name()).into(),
        i64::from(task.intake.priority_rank()).into(),
        task.intake.role.as_ref().map(|role| role.as_str()).into(),
        json_text(OPERATION, &task.intake.paths)?.into(),
        json_text(OPERATION, &intake)?.into(),
        owner,
        task.epoch.number().into(),
        expires,
        work,
        merged,
        reason,
        i64::from(task.losses).into(),
        task.created_at.unix_millis().into(),
        task.updated_at.unix_millis().into(),
        i64::from(task.open_blockers).into(),
        i64::from(task.unblocks).into(),
    ])
}

/// The task that a row of [`COLUMNS`] holds.
pub(super) fn task_of(row: &Row) -> Result<Task, StoreError> {
    let intake: IntakeIn = row.json(8)?;
    if intake.version > INTAKE_VERSION {
        return Err(row.foreign(8));
    }
    let epoch = Epoch::from_number(row.integer(10)?);
    Ok(Task {
        id: TaskId::from_number(row.integer(0)?),
        revision: row.integer(1)?,
        intake: intake.intake,
        state: state_of(row, epoch)?,
        epoch,
        open_blockers: row.small(18)?,
        unblocks: row.small(19)?,
        losses: row.small(15)?,
        created_at: Timestamp::from_unix_millis(row.integer(16)?),
        updated_at: Timestamp::from_unix_millis(row.integer(17)?),
    })
}

pub(super) fn state_of(row: &Row, epoch: Epoch) -> Result<TaskState, StoreError> {
    let reason = || row.text(14).map(str::to_owned);
    Ok(match row.text(2)? {
        "draft" => TaskState::Draft,
        "open" => TaskState::Open,
        "leased" => TaskState::Leased(Lease {
            owner: row.parse::<AgentName>(9)?,
            epoch,
            expires: LeaseTime::from_millis(row.integer(11)?),
        }),
        "proven" => TaskState::Proven(row.json::<ProvenWork>(12)?),
        "done" => TaskState::Done {
            work: row.json(12)?,
            merged: row.parse(13)?,
        },
        "dropped" => TaskState::Dropped { reason: reason()? },
        "quarantined" => TaskState::Quarantined { reason: reason()? },
        _ => return Err(row.foreign(2)),
    })
}

/// The paths that a row declares, in column `at`.
pub(super) fn paths_of(row: &Row, at: usize) -> Result<Vec<PathGlob>, StoreError> {
    row.json(at)
}

/// What the journal keeps of a row and of the links that start at it.
pub(super) fn seal(cells: &[Value], links: &[(String, i64)]) -> Result<Digest, StoreError> {
    let cells: Vec<Json> = cells
        .iter()
        .take(SEALED)
        .map(|cell| match cell {
            Value::Null => Json::Null,
            Value::Integer(integer) => Json::from(*integer),
            Value::Real(real) => Json::from(*real),
            Value::Text(text) => Json::from(text.as_str()),
        })
        .collect();
    let text = json_text("seal a task", &(cells, links))?;
    Ok(sha256::digest_of(text.as_bytes()))
}

/// The links that start at a task, as they are sealed.
pub(super) async fn sealed_links(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<Vec<(String, i64)>, StoreError> {
    session
        .query(
            "read a task's links",
            "SELECT kind, target FROM task_link WHERE task = $1 ORDER BY kind, target",
            &[id.number().into()],
        )
        .await?
        .iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
        .collect()
}

/// The task called `id`.
pub(super) async fn load(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<Result<Task, Refusal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE id = $1");
    let rows = session
        .query("read a task", &sql, &[id.number().into()])
        .await?;
    match rows.first() {
        Some(row) => Ok(Ok(task_of(row)?)),
        None => Ok(Err(Refusal::Unknown { task: id })),
    }
}

/// Writes a new task's row. Its journal entry follows when its links are there.
pub(super) async fn insert(session: &mut Session<'_>, task: &Task) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO task ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
         $13, $14, $15, $16, $17, $18, $19, $20)"
    );
    session.seen().queue = None;
    session.write("file a task", &sql, cells(task)?).await
}

/// Writes a task that changed, as its next revision, with the entry that explains it. The caller
/// read it in the same transaction. The counters are not written: they follow from the links.
pub(super) async fn update(
    session: &mut Session<'_>,
    mut task: Task,
    kind: JournalKind,
    detail: Map<String, Json>,
    now: Timestamp,
) -> Result<Task, StoreError> {
    task.revision += 1;
    task.updated_at = now;
    let mut cells = cells(&task)?;
    cells.truncate(SEALED);
    let links = sealed_links(session, task.id).await?;
    let digest = seal(&cells, &links)?;
    cells.rotate_left(1);
    session
        .write(
            "write a task",
            "UPDATE task SET revision = $1, state = $2, title = $3, kind = $4, priority = $5, \
             role = $6, paths = $7, intake = $8, owner = $9, epoch = $10, expires = $11, \
             work = $12, merged = $13, reason = $14, losses = $15, created_at = $16, \
             updated_at = $17 WHERE id = $18",
            cells,
        )
        .await?;
    session.seen().task_written(&task);
    explain(session, &task, digest, (kind, detail), now).await?;
    Ok(task)
}

/// Appends the entry that explains a task's row as it is now.
pub(super) async fn record(
    session: &mut Session<'_>,
    task: &Task,
    kind: JournalKind,
    detail: Map<String, Json>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let links = sealed_links(session, task.id).await?;
    let digest = seal(&cells(task)?, &links)?;
    explain(session, task, digest, (kind, detail), now).await
}

async fn explain(
    session: &mut Session<'_>,
    task: &Task,
    digest: Digest,
    (kind, mut detail): (JournalKind, Map<String, Json>),
    now: Timestamp,
) -> Result<(), StoreError> {
    detail.insert("task".to_owned(), task.id.to_string().into());
    detail.insert("revision".to_owned(), task.revision.into());
    detail.insert("digest".to_owned(), digest.to_string().into());
    journal::append(session, kind, &Json::Object(detail), now).await
}

/// The details of an entry: names with their values.
pub(super) fn detail<const N: usize>(pairs: [(&str, Json); N]) -> Map<String, Json> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
