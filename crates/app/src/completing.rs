//! Completing a task: Adjutant runs the checks itself, and what it saw is the proof.

use std::path::PathBuf;
use std::time::Duration;

use adjutant_domain::{ObjectId, Timestamp, sha256};
use adjutant_outbound::check_room;
use adjutant_outbound::clock;
use adjutant_outbound::git::Git;
use adjutant_outbound::process::Environment;
use adjutant_store::{Holder, Store, StoreError, Written};
use adjutant_work::boundary::{self, Outside, Reach};
use adjutant_work::{
    Claim, ClaimRequest, OnOverlap, PathGlob, Proof, ProvenWork, Refusal, Stage, Target, Task,
    TaskState, Unproven, drift,
};

use crate::Home;
use crate::checking::{Answer, Checker, CheckingError, Offered, Work, proven};
use crate::roles::roles_of;
use crate::target::{self, TargetBranch};

/// What is to be accepted.
#[derive(Debug, Clone)]
pub struct CompleteRequest {
    /// Who says that the task is done.
    pub holder: Holder,
    /// The commit; `None` is what the work tree has checked out.
    pub revision: Option<String>,
    /// Files that the agent offers as evidence.
    pub evidence: Vec<PathBuf>,
    /// What the checks see of the environment.
    pub environment: Environment,
    /// How long the lease lasts when it is renewed meanwhile, in milliseconds.
    pub lease_millis: i64,
}

/// The answer to a completion.
#[derive(Debug)]
pub enum Completion {
    /// The work is proven.
    Proven(Box<Completed>),
    /// It is not, and the task stays with its holder.
    Unproven(Unproven),
    /// The agent may not say so.
    Refused(Refusal),
    /// The work is not all of it the role's to do.
    Outside {
        /// Why, and whose it is.
        outside: Box<Outside>,
        /// The part that is another role's, as patterns of files; empty when it is all of it.
        part: Vec<PathGlob>,
    },
}

/// Work that is proven.
#[derive(Debug)]
pub struct Completed {
    /// The task now.
    pub task: Task,
    /// What was seen.
    pub proof: Proof,
    /// The artifact that holds it.
    pub record: adjutant_domain::Digest,
    /// The branch that it can be merged into.
    pub target: String,
}

/// Runs the checks of a task on the agent's commit, and stores the proof. The lease is renewed
/// while they run; whoever lost it in the meantime is refused when the proof is stored.
///
/// # Errors
/// When the store, git, or a program's keeper fails. What a check says is an answer.
pub async fn complete_work(
    store: &Store,
    home: &Home,
    request: &CompleteRequest,
    now: Timestamp,
) -> Result<Completion, CheckingError> {
    if let Err(refusal) = renew(store, request, now).await? {
        return not_held(store, home, request, refusal).await;
    }
    let Some(stored) = store.task(request.holder.task).await? else {
        let task = request.holder.task;
        return Ok(Completion::Refused(Refusal::Unknown { task }));
    };
    let examining = examine(store, home, request, &stored.task, now);
    let (proof, target) = match holding(store, request, examining).await? {
        Ok(Examined::Proven { proof, target }) => (*proof, target),
        Ok(Examined::Not(reason)) => return Ok(reason),
        Err(refusal) => return Ok(Completion::Refused(refusal)),
    };
    if let Some(reason) = changed_after(home, request, &proof.commit)? {
        return Ok(Completion::Unproven(reason));
    }
    Ok(match save(store, &request.holder, proof, target).await? {
        Ok(completed) => Completion::Proven(Box::new(completed)),
        Err(refusal) => Completion::Refused(refusal),
    })
}

/// What the checks of a task say about a commit.
pub(crate) enum Examined {
    /// It is proven.
    Proven {
        /// What was seen.
        proof: Box<Proof>,
        /// The branch that it can be merged into.
        target: String,
    },
    /// It is not, and why; never [`Completion::Proven`].
    Not(Completion),
}

/// Runs the checks of a task on a commit. Nothing is stored, and no lease is looked at.
pub(crate) async fn examine(
    store: &Store,
    home: &Home,
    request: &CompleteRequest,
    task: &Task,
    now: Timestamp,
) -> Result<Examined, CheckingError> {
    let git = target::repository(home)?;
    check_room::sweep(&git)?;
    let target = target::find(&git)?;
    let work = match find_work(home, &git, &target, request)? {
        Ok(work) => work,
        Err(reason) => return Ok(Examined::Not(Completion::Unproven(reason))),
    };
    if let Some(outside) = out_of_bounds(store, request, (task, &work), &target).await? {
        return Ok(Examined::Not(outside));
    }
    let checker = Checker {
        store,
        git: &git,
        environment: &request.environment,
        settings: &target.settings,
        settings_text: &target.text,
        now,
    };
    Ok(match prove(&checker, home, task, &work, request).await? {
        Ok(proof) => Examined::Proven {
            proof: Box::new(proof),
            target: target.name,
        },
        Err(reason) => Examined::Not(Completion::Unproven(reason)),
    })
}

/// Stores a proof under the claim of `holder`; whose work it is, the proof says.
pub(crate) async fn save(
    store: &Store,
    holder: &Holder,
    proof: Proof,
    target: String,
) -> Result<Result<Completed, Refusal>, CheckingError> {
    let bytes = serde_json::to_vec(&proof).map_err(CheckingError::Record)?;
    let record = sha256::digest_of(&bytes);
    let work = ProvenWork {
        by: proof.agent.clone(),
        epoch: holder.epoch,
        commit: proof.commit.clone(),
        tree: proof.tree.clone(),
        base: proof.base.clone(),
        proof: record,
    };
    let written = store.prove(holder, &work, &bytes, clock::now()).await?;
    Ok(match written {
        Written::Task(task) => Ok(Completed {
            task: *task,
            proof,
            record,
            target,
        }),
        Written::Refused(refusal) => Err(refusal),
    })
}

/// The commit and what it changes, unless it is not work at all.
fn find_work(
    home: &Home,
    git: &Git,
    target: &TargetBranch,
    request: &CompleteRequest,
) -> Result<Result<Work, Unproven>, CheckingError> {
    let here = Git::at(&home.top);
    if request.revision.is_none() {
        let files = here.uncommitted()?;
        if !files.is_empty() {
            return Ok(Err(Unproven::Uncommitted { files }));
        }
    }
    let revision = request.revision.as_deref().unwrap_or("HEAD");
    let Some(commit) = here.rev_parse(revision, "commit")? else {
        let revision = revision.to_owned();
        return Ok(Err(Unproven::NoCommit { revision }));
    };
    let base = match &target.head {
        Some(head) => git.merge_bases(head, &commit)?.into_iter().next(),
        None => None,
    };
    let Some(base) = base else {
        let target = target.name.clone();
        return Ok(Err(Unproven::NoBase { target }));
    };
    let tree = tree_of(git, &commit)?;
    let base_tree = tree_of(git, &base)?;
    let changes = git.changes(&base, &commit, None)?;
    if changes.is_empty() {
        return Ok(Err(Unproven::EmptyDiff));
    }
    Ok(Ok(Work {
        commit,
        tree,
        base,
        base_tree,
        changes,
    }))
}

/// What was checked must still be what is there.
fn changed_after(
    home: &Home,
    request: &CompleteRequest,
    checked: &ObjectId,
) -> Result<Option<Unproven>, CheckingError> {
    let here = Git::at(&home.top);
    let revision = request.revision.as_deref().unwrap_or("HEAD");
    let now = here.rev_parse(revision, "commit")?;
    let now = now.ok_or(CheckingError::NoRepository)?;
    let files = match request.revision {
        Some(_) => vec![],
        None => here.uncommitted()?,
    };
    let is_same = now == *checked && files.is_empty();
    Ok((!is_same).then(|| Unproven::ChangedAfter {
        checked: checked.clone(),
        now,
        files,
    }))
}

/// Why a holder that cannot renew its lease is refused: work that it changed after it was proven
/// has a name of its own.
async fn not_held(
    store: &Store,
    home: &Home,
    request: &CompleteRequest,
    refusal: Refusal,
) -> Result<Completion, CheckingError> {
    let holder = &request.holder;
    let state = store.task(holder.task).await?.map(|it| it.task.state);
    if let Some(TaskState::Proven(work)) = state
        && (&work.by, work.epoch) == (&holder.agent, holder.epoch)
        && let Some(reason) = changed_after(home, request, &work.commit)?
    {
        return Ok(Completion::Unproven(reason));
    }
    Ok(Completion::Refused(refusal))
}

pub(crate) fn tree_of(git: &Git, commit: &ObjectId) -> Result<ObjectId, CheckingError> {
    git.rev_parse(commit.as_str(), "tree")?
        .ok_or(CheckingError::NoRepository)
}

/// What the role of the task, or else that of the claim, must leave to others, when the work
/// touches it.
async fn out_of_bounds(
    store: &Store,
    request: &CompleteRequest,
    (task, work): (&Task, &Work),
    target: &TargetBranch,
) -> Result<Option<Completion>, CheckingError> {
    let claimed_in = || async {
        let attempts = store.attempts_on(task.id).await?;
        let mut of_this_claim = attempts.into_iter().rev();
        let attempt = of_this_claim.find(|attempt| attempt.epoch == request.holder.epoch);
        Ok::<_, StoreError>(attempt.and_then(|attempt| attempt.role))
    };
    let name = match task.intake.role.clone() {
        Some(name) => Some(name),
        None => claimed_in().await?,
    };
    let Some(name) = name else {
        return Ok(None);
    };
    // What the target branch says, which the agent's own work tree cannot relax.
    let roles = roles_of(&target.text)?;
    let Some(role) = roles.iter().find(|role| role.name == name) else {
        return Ok(None);
    };
    let files = work.files();
    let change = boundary::ProposedChange {
        kind: task.intake.kind,
        reach: Reach::Touched(&files),
    };
    let because = boundary::outside(role, change);
    if because.is_empty() {
        return Ok(None);
    }
    let (part, outside) = boundary::forbidden(role, &files);
    // Whose it is depends on the part alone: the rest may well be another's to leave.
    let change = match outside.as_slice() {
        [] => change,
        outside => boundary::ProposedChange {
            reach: Reach::Touched(outside),
            ..change
        },
    };
    let belongs_to = boundary::belongs_to(&name, &roles, change);
    let outside = Box::new(Outside {
        role: name,
        because,
        belongs_to,
    });
    Ok(Some(Completion::Outside { outside, part }))
}

async fn prove(
    checker: &Checker<'_>,
    home: &Home,
    task: &Task,
    work: &Work,
    request: &CompleteRequest,
) -> Answer<Proof> {
    if task.intake.checks.is_empty() {
        return Ok(Err(Unproven::NoCheck));
    }
    let mut offered = Vec::new();
    for file in &request.evidence {
        let file = home.folder.join(file);
        offered.push(proven!(Offered::open(&home.top, &file, checker.git, work)?));
    }
    let mut checks = Vec::new();
    for check in &task.intake.checks {
        checks.push(proven!(checker.prove(check, work, &mut offered).await?));
    }
    for offered in &offered {
        proven!(offered.judge());
    }
    Ok(Ok(Proof {
        version: Proof::VERSION,
        task: task.id,
        epoch: request.holder.epoch,
        agent: request.holder.agent.clone(),
        stage: Stage::Completed,
        commit: work.commit.clone(),
        tree: work.tree.clone(),
        base: work.base.clone(),
        files_changed: work.changes.len(),
        drift: drift(&task.intake.paths, &work.files()),
        setup: checker.settings.setup.clone(),
        environment: variable_names(&request.environment),
        checks,
        proven_at: clock::now(),
    }))
}

pub(crate) fn variable_names(environment: &Environment) -> Vec<String> {
    let names = environment.variables().map(|(name, _)| name);
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// Renews the lease while `work` goes on. A lease that is lost ends the work.
async fn holding<T>(
    store: &Store,
    request: &CompleteRequest,
    work: impl Future<Output = Result<T, CheckingError>>,
) -> Result<Result<T, Refusal>, CheckingError> {
    let every = u64::try_from(request.lease_millis / 3).unwrap_or(1).max(1);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done.map(Ok),
            () = tokio::time::sleep(Duration::from_millis(every)) => {
                if let Err(refusal) = renew(store, request, clock::now()).await? {
                    return Ok(Err(refusal));
                }
            }
        }
    }
}

async fn renew(
    store: &Store,
    request: &CompleteRequest,
    now: Timestamp,
) -> Result<Result<(), Refusal>, StoreError> {
    let holder = &request.holder;
    let claim = ClaimRequest {
        agent: holder.agent.clone(),
        role: None,
        target: Target::Renewal(holder.task, holder.epoch),
        lease_millis: request.lease_millis,
        on_overlap: OnOverlap::Warn,
        pauses: vec![],
        key: None,
    };
    Ok(match store.claim(&claim, now).await? {
        Claim::Won(_) => Ok(()),
        Claim::Refused(refusal) => Err(refusal),
    })
}
