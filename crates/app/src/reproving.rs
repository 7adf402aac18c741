//! Opening a stored proof again: do its digests and objects still hold?

use adjutant_domain::{Digest, ObjectId, TaskId, sha256};
use adjutant_outbound::git::Git;
use adjutant_store::Store;
use adjutant_work::{Proof, Refusal, RunRecord, TaskState};

use crate::Home;
use crate::checking::CheckingError;
use crate::target;

/// A proof that was opened again.
#[derive(Debug)]
pub struct Reproof {
    /// The artifact.
    pub record: Digest,
    /// What it says.
    pub proof: Proof,
    /// What does not hold, one sentence each.
    pub problems: Vec<String>,
}

/// Opens the proof of a task's work.
///
/// # Errors
/// When the artifact is missing or changed, or the store or git cannot be read.
pub async fn open_proof(
    store: &Store,
    home: &Home,
    id: TaskId,
) -> Result<Result<Reproof, Refusal>, CheckingError> {
    let Some(stored) = store.task(id).await? else {
        return Ok(Err(Refusal::Unknown { task: id }));
    };
    let (work, merged) = match stored.task.state {
        TaskState::Proven(work) => (work, None),
        TaskState::Done { work, merged } => (work, Some(merged)),
        state @ (TaskState::Draft
        | TaskState::Open
        | TaskState::Leased(_)
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. }) => {
            let state = state.name().to_owned();
            return Ok(Err(Refusal::NotOpen { task: id, state }));
        }
    };
    let bytes = store.artifact(work.proof).map_err(CheckingError::Proof)?;
    let proof: Proof = serde_json::from_slice(&bytes).map_err(CheckingError::Record)?;
    let git = target::repository(home)?;
    let mut problems = Vec::new();
    for (named, recorded) in [(&work.commit, &proof.commit), (&work.tree, &proof.tree)] {
        if named != recorded {
            problems.push(format!("the task names {named}, its proof {recorded}"));
        }
    }
    object(&git, &proof.commit, &proof.tree, &mut problems)?;
    if let Some(merged) = merged {
        problems.extend(merge_problem(&git, &proof.commit, &merged)?);
    }
    for check in &proof.checks {
        for run in check.red.iter().chain([&check.green]) {
            problems.extend(output_problem(check.name.as_str(), run));
        }
    }
    Ok(Ok(Reproof {
        record: work.proof,
        proof,
        problems,
    }))
}

fn object(
    git: &Git,
    commit: &ObjectId,
    tree: &ObjectId,
    problems: &mut Vec<String>,
) -> Result<(), CheckingError> {
    match git.rev_parse(commit.as_str(), "tree")? {
        Some(found) if found == *tree => {}
        Some(found) => problems.push(format!("{commit} has the tree {found}, not {tree}")),
        None => problems.push(format!("the repository no longer holds {commit}")),
    }
    Ok(())
}

fn merge_problem(
    git: &Git,
    commit: &ObjectId,
    merged: &ObjectId,
) -> Result<Option<String>, CheckingError> {
    if git.rev_parse(merged.as_str(), "commit")?.is_none() {
        return Ok(Some(format!("the repository no longer holds {merged}")));
    }
    let is_in_it = git.is_ancestor(commit, merged)?;
    Ok((!is_in_it).then(|| format!("{merged} does not hold the work {commit}")))
}

fn output_problem(check: &str, run: &RunRecord) -> Option<String> {
    let digest = sha256::digest_of(run.output.as_bytes());
    (digest != run.output_digest).then(|| format!("the output of {check} was changed"))
}
