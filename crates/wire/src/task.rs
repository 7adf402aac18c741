//! The JSON of tasks.

use adjutant_app::ShownTask;
use adjutant_store::{Attempt, Note};
use adjutant_work::{Intake, IntakeText, Link, Proof, ProvenWork, Strength, Task, TaskState};
use schemars::JsonSchema;
use serde::Serialize;

/// A task in a list.
#[derive(Serialize, JsonSchema)]
pub struct TaskJson<'a> {
    id: String,
    revision: i64,
    state: &'static str,
    ready: bool,
    epoch: i64,
    open_blockers: u32,
    unblocks: u32,
    losses: u32,
    created_at: String,
    updated_at: String,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    /// Why it was dropped or put aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The work that its checks accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<&'a ProvenWork>,
    /// The commit that brought it into the target branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<&'a str>,
    /// What it asks for.
    #[schemars(with = "Intake")]
    intake: AskedJson<'a>,
}

/// What a task asks for: read, or as it is stored. Both are the same JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum AskedJson<'a> {
    Read(&'a Intake),
    Stored(&'a IntakeText),
}

/// A task with everything about it.
#[derive(Serialize, JsonSchema)]
pub struct ShownTaskJson<'a> {
    #[serde(flatten)]
    task: TaskJson<'a>,
    /// What is left of the lease; below 0 when it ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_seconds_left: Option<f64>,
    links: &'a [Link],
    /// Links of other tasks to this one; `target` is the other.
    links_to: &'a [Link],
    /// What the checks of its proven work say about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckJson<'a>>>,
    /// Whether the proof is weaker than red and green.
    #[serde(skip_serializing_if = "Option::is_none")]
    weaker: Option<bool>,
    notes: Vec<NoteJson<'a>>,
    attempts: Vec<AttemptJson<'a>>,
}

/// A page of tasks.
#[derive(Serialize, JsonSchema)]
pub struct TaskPageJson<'a> {
    /// The tasks.
    pub tasks: Vec<TaskJson<'a>>,
    /// Whether there are more after the last one.
    pub more: bool,
}

#[derive(Serialize, JsonSchema)]
struct CheckJson<'a> {
    name: &'a str,
    strength: &'a Strength,
}

#[derive(Serialize, JsonSchema)]
struct NoteJson<'a> {
    at: String,
    agent: Option<&'a str>,
    text: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct AttemptJson<'a> {
    epoch: i64,
    agent: &'a str,
    began_at: String,
    ended_at: Option<String>,
    result: Option<&'static str>,
}

impl<'a> From<&'a Task> for TaskJson<'a> {
    fn from(task: &'a Task) -> Self {
        Self::of(task, AskedJson::Read(&task.intake))
    }
}

impl<'a> From<&'a Task<IntakeText>> for TaskJson<'a> {
    fn from(task: &'a Task<IntakeText>) -> Self {
        Self::of(task, AskedJson::Stored(&task.intake))
    }
}

impl<'a> TaskJson<'a> {
    fn of<Asked>(task: &'a Task<Asked>, intake: AskedJson<'a>) -> Self {
        let mut json = Self {
            id: task.id.to_string(),
            revision: task.revision,
            state: task.state.name(),
            ready: matches!(task.state, TaskState::Open) && task.open_blockers == 0,
            epoch: task.epoch.number(),
            open_blockers: task.open_blockers,
            unblocks: task.unblocks,
            losses: task.losses,
            created_at: task.created_at.to_string(),
            updated_at: task.updated_at.to_string(),
            owner: None,
            reason: None,
            work: None,
            merged: None,
            intake,
        };
        match &task.state {
            TaskState::Draft | TaskState::Open => {}
            TaskState::Leased(lease) => json.owner = Some(lease.owner.as_str()),
            TaskState::Proven(work) => json.work = Some(work),
            TaskState::Done { work, merged } => {
                json.work = Some(work);
                json.merged = Some(merged.as_str());
            }
            TaskState::Dropped { reason } | TaskState::Quarantined { reason } => {
                json.reason = Some(reason);
            }
        }
        json
    }
}

fn checks_json(proof: &Proof) -> Vec<CheckJson<'_>> {
    let checks = proof.checks.iter();
    checks
        .map(|check| CheckJson {
            name: check.name.as_str(),
            strength: &check.strength,
        })
        .collect()
}

impl<'a> From<&'a ShownTask> for ShownTaskJson<'a> {
    fn from(shown: &'a ShownTask) -> Self {
        Self {
            task: (&shown.stored.task).into(),
            lease_seconds_left: shown.millis_left.map(|millis| millis as f64 / 1_000.0),
            links: &shown.stored.links,
            links_to: &shown.stored.links_to,
            weaker: shown.proof.as_ref().map(Proof::is_weaker),
            checks: shown.proof.as_ref().map(checks_json),
            notes: shown.stored.notes.iter().map(Into::into).collect(),
            attempts: shown.attempts.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a Note> for NoteJson<'a> {
    fn from(note: &'a Note) -> Self {
        Self {
            at: note.at.to_string(),
            agent: note.agent.as_ref().map(|agent| agent.as_str()),
            text: &note.text,
        }
    }
}

impl<'a> From<&'a Attempt> for AttemptJson<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            epoch: attempt.epoch.number(),
            agent: attempt.agent.as_str(),
            began_at: attempt.began_at.to_string(),
            ended_at: attempt.ended_at.map(|at| at.to_string()),
            result: attempt.result.map(|result| result.name()),
        }
    }
}
