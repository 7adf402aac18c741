//! The focus of an agent: gathering what it is compiled from, writing it into the work tree, and
//! saying what is no longer so. What was compiled last lies in the work tree's own git folder.

mod gathering;
mod kept;

use std::path::PathBuf;

use adjutant_domain::{AgentName, RoleName, TaskId, Timestamp};
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::focus_file;
use adjutant_outbound::git::{Git, GitError};
use adjutant_outbound::repository::{self, RepositoryError};
use adjutant_store::{Store, StoreError};
use adjutant_work::calendar::Day;
use adjutant_work::focus::{
    Compiled, FOCUS_LINES_MAX, FocusChange, FocusInputs, Plan, Section, changes, compile, merge,
    plan,
};
use adjutant_work::{StateName, TaskState};
use serde::Serialize;

pub(crate) use gathering::gather_focus;
use kept::Kept;

use crate::north_star::NorthStarError;
use crate::{Home, IntakeError, RecordError, RolesError};

/// The file that an agent reads first.
pub const FOCUS_FILE: &str = "AGENT_FOCUS.md";

/// Patterns that keep the file, and what it is written through, out of git.
const EXCLUDED: [&str; 2] = ["/AGENT_FOCUS.md", "/.AGENT_FOCUS.md.*"];

/// Whose focus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FocusWho {
    /// The agent; without one, that of the focus file.
    pub agent: Option<AgentName>,
    /// The role; without one, that in which the agent was added, or the focus was compiled.
    pub role: Option<RoleName>,
}

/// How the document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FocusWrite {
    /// With a new plan; a file that is not there is begun.
    Plan,
    /// With a new plan; the file has to be there.
    Sync,
    /// With the plan that it has: only what came of it is new.
    Update,
}

/// What became of a focus that was to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Focused {
    /// It is written.
    Written(Box<WrittenFocus>),
    /// It is not, and this is why.
    Refused(FocusRefusal),
}

/// A focus that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenFocus {
    /// Where.
    pub path: PathBuf,
    /// Whose.
    pub agent: AgentName,
    /// Its plan.
    pub plan: Plan,
    /// What was compiled.
    pub compiled: Compiled,
    /// What has changed since it was compiled last.
    pub changes: Vec<FocusChange>,
}

/// How a focus stands.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusStanding {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub agent: AgentName,
    /// Its plan.
    pub plan: Plan,
    /// When it was compiled.
    pub compiled_at: Timestamp,
    /// How many tokens were compiled.
    pub tokens: usize,
    /// How many lines did not fit the budget.
    pub cut: usize,
    /// What is no longer so; empty when it is fresh.
    pub changes: Vec<FocusChange>,
    /// What would be planned now, and everything it rests on.
    pub inputs: FocusInputs,
}

/// Why something about a focus was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum FocusRefusal {
    /// There is none in this work tree.
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The one in this work tree is another agent's.
    AnothersFile {
        /// Where it is.
        path: PathBuf,
        /// Whose it is.
        agent: AgentName,
    },
    /// Git tracks the file, so that it would be merged into other work trees.
    Tracked {
        /// Where it is.
        path: PathBuf,
    },
    /// There is no such task.
    UnknownTask {
        /// The task.
        task: TaskId,
    },
    /// The task is neither proven nor done.
    Unproven {
        /// The task.
        task: TaskId,
        /// Where it stands.
        state: StateName,
    },
    /// Another agent did it.
    AnothersTask {
        /// The task.
        task: TaskId,
        /// Who did it.
        by: AgentName,
    },
    /// Nobody said whose focus.
    Nobody,
}

/// A focus that cannot be compiled or written.
#[derive(Debug, thiserror::Error)]
pub enum FocusError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The strategy is not text.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// The settings, or a north-star gate.
    #[error(transparent)]
    NorthStar(#[from] NorthStarError),
    /// The role cannot be found.
    #[error(transparent)]
    Role(#[from] RolesError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A gate's last decision cannot be opened.
    #[error("the last decision of the gate {gate} cannot be opened")]
    Decision {
        /// The gate.
        gate: String,
        /// Why.
        source: RecordError,
    },
    /// Git gave no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The repository cannot be found.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// What was compiled last cannot be read.
    #[error("{}: {problem}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The file has too many lines to be merged.
    #[error("{}: it has more than {FOCUS_LINES_MAX} lines", .0.display())]
    TooLong(PathBuf),
}

/// Compiles the focus and writes it; what the agent typed stays. `notes` are added at the end of
/// Notes and Learnings.
///
/// # Errors
/// When something that it is compiled from cannot be read, or the file cannot be written.
pub async fn write_focus(
    store: &Store,
    home: &Home,
    who: &FocusWho,
    (write, notes): (FocusWrite, &[String]),
    now: Timestamp,
) -> Result<Focused, FocusError> {
    let kept = Kept::read(home)?;
    let path = home.top.join(FOCUS_FILE);
    let current = focus_file::read(&path)?;
    if current.is_none() && write != FocusWrite::Plan {
        return Ok(Focused::Refused(FocusRefusal::Missing { path }));
    }
    let agent = match whose(home, who, kept.as_ref()) {
        Ok(agent) => agent,
        Err(refusal) => return Ok(Focused::Refused(refusal)),
    };
    if is_tracked(home)? {
        return Ok(Focused::Refused(FocusRefusal::Tracked { path }));
    }
    let role = role_of(
        store,
        who,
        &agent,
        kept.as_ref().and_then(|kept| kept.role.clone()),
    )
    .await?;
    let inputs = gather_focus(store, home, &agent, role.as_ref(), now).await?;
    let plan = match (&kept, write) {
        (Some(kept), FocusWrite::Update) => kept.plan.clone(),
        (_, FocusWrite::Plan | FocusWrite::Sync | FocusWrite::Update) => plan(&inputs),
    };
    let compiled = compile(&inputs, &plan);
    let changed = kept
        .as_ref()
        .map_or_else(Vec::new, |kept| changes(&kept.compiled, &compiled));
    let base = kept.as_ref().map(|kept| kept.compiled.text.as_str());
    let mut text = match &current {
        Some(current) if current.lines().count() > FOCUS_LINES_MAX => {
            return Err(FocusError::TooLong(path));
        }
        Some(current) => merge(base, current, &compiled.text),
        None => compiled.text.clone(),
    };
    for note in notes {
        text = with_note(&text, note, now);
    }
    keep_out_of_git(home)?;
    // The file first: after a crash between the two, the older base still tells what was typed.
    files::replace(&path, &text)?;
    let kept = Kept::new(agent.clone(), role, (plan.clone(), compiled.clone()), now);
    kept.write(home)?;
    Ok(Focused::Written(Box::new(WrittenFocus {
        path,
        agent,
        plan,
        compiled,
        changes: changed,
    })))
}

/// Ticks off a task that is proven or done, and writes the focus with the plan it has.
///
/// # Errors
/// As [`write_focus`].
pub async fn complete_in_focus(
    store: &Store,
    home: &Home,
    who: &FocusWho,
    task: TaskId,
    now: Timestamp,
) -> Result<Focused, FocusError> {
    let kept = Kept::read(home)?;
    let agent = match whose(home, who, kept.as_ref()) {
        Ok(agent) => agent,
        Err(refusal) => return Ok(Focused::Refused(refusal)),
    };
    let Some(stored) = store.task(task).await? else {
        return Ok(Focused::Refused(FocusRefusal::UnknownTask { task }));
    };
    let by = match &stored.task.state {
        TaskState::Proven(work) | TaskState::Done { work, .. } => work.by.clone(),
        other @ (TaskState::Draft
        | TaskState::Open
        | TaskState::Leased(_)
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. }) => {
            let state = other.kind();
            return Ok(Focused::Refused(FocusRefusal::Unproven { task, state }));
        }
    };
    if by != agent {
        return Ok(Focused::Refused(FocusRefusal::AnothersTask { task, by }));
    }
    write_focus(store, home, who, (FocusWrite::Update, &[]), now).await
}

/// How the focus of this work tree stands: what is no longer so.
///
/// # Errors
/// When something that it is compiled from cannot be read.
pub async fn focus_standing(
    store: &Store,
    home: &Home,
    who: &FocusWho,
    now: Timestamp,
) -> Result<Result<FocusStanding, FocusRefusal>, FocusError> {
    let path = home.top.join(FOCUS_FILE);
    let kept = Kept::read(home)?;
    let (Some(kept), Some(_)) = (kept, focus_file::read(&path)?) else {
        return Ok(Err(FocusRefusal::Missing { path }));
    };
    let agent = match whose(home, who, Some(&kept)) {
        Ok(agent) => agent,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let role = role_of(store, who, &agent, kept.role.clone()).await?;
    let inputs = gather_focus(store, home, &agent, role.as_ref(), now).await?;
    let fresh = compile(&inputs, &plan(&inputs));
    Ok(Ok(FocusStanding {
        path,
        agent,
        changes: changes(&kept.compiled, &fresh),
        plan: kept.plan,
        compiled_at: kept.compiled_at,
        tokens: kept.compiled.tokens,
        cut: kept.compiled.cut.iter().map(|(_, lines)| lines).sum(),
        inputs,
    }))
}

/// The agent that is meant; the focus file of a work tree belongs to one.
fn whose(home: &Home, who: &FocusWho, kept: Option<&Kept>) -> Result<AgentName, FocusRefusal> {
    match (&who.agent, kept) {
        (Some(agent), Some(kept)) if *agent != kept.agent => {
            let path = home.top.join(FOCUS_FILE);
            match path.exists() {
                true => Err(FocusRefusal::AnothersFile {
                    path,
                    agent: kept.agent.clone(),
                }),
                false => Ok(agent.clone()),
            }
        }
        (Some(agent), _) => Ok(agent.clone()),
        (None, Some(kept)) => Ok(kept.agent.clone()),
        (None, None) => Err(FocusRefusal::Nobody),
    }
}

pub(crate) async fn role_of(
    store: &Store,
    who: &FocusWho,
    agent: &AgentName,
    kept: Option<RoleName>,
) -> Result<Option<RoleName>, StoreError> {
    if let Some(role) = &who.role {
        return Ok(Some(role.clone()));
    }
    let agents = store.agents().await?;
    let added = agents.into_iter().find(|added| added.name == *agent);
    Ok(added.map(|added| added.role).or(kept))
}

fn is_tracked(home: &Home) -> Result<bool, FocusError> {
    if repository::discover(&home.folder)?.is_none() {
        return Ok(false);
    }
    let file = format!(":(top,literal){FOCUS_FILE}");
    let listed = Git::at(&home.top).run(&["ls-files", "-z", "--", file.as_str()])?;
    Ok(!listed.is_empty())
}

fn keep_out_of_git(home: &Home) -> Result<(), FocusError> {
    if let Some(repository) = repository::discover(&home.folder)? {
        focus_file::exclude(&repository.common_dir.join("info/exclude"), &EXCLUDED)?;
    }
    Ok(())
}

/// The text with a dated note at the end of Notes and Learnings.
fn with_note(text: &str, note: &str, now: Timestamp) -> String {
    let words: Vec<&str> = note.split_whitespace().collect();
    let line = format!("- {}: {}", Day::of(now), words.join(" "));
    let next = format!("## {}", Section::Sources.heading());
    let mut lines: Vec<&str> = text.lines().collect();
    let end = lines
        .iter()
        .rposition(|line| line.trim_end() == next)
        .unwrap_or(lines.len());
    let after = lines[..end]
        .iter()
        .rposition(|line| !line.trim().is_empty())
        .map_or(end, |last| last + 1);
    let follows_heading = after > 0 && lines[after - 1].starts_with("## ");
    lines.insert(after, &line);
    if follows_heading {
        lines.insert(after, "");
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
