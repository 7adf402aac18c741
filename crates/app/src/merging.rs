//! The merge queue: proven work is merged in memory, checked again on the merged tree, and only
//! then does the target branch move. Cut off anywhere, the next run goes on: work that the branch
//! holds already is recognised, checked there, and closed.

use adjutant_domain::{Digest, ObjectId, TaskId, Timestamp, sha256};
use adjutant_outbound::git::{Git, GitError, Head, RefUpdate, TreeMerge};
use adjutant_outbound::process::Environment;
use adjutant_outbound::{check_room, clock, lock};
use adjutant_store::{Store, StoreError, TaskFilter, Written};
use adjutant_work::{
    Check, CheckProof, Proof, ProofKind, ProvenWork, Refusal, Stage, StateName, Strength, Task,
    TaskState, Unproven, drift,
};

use crate::Home;
use crate::checking::{Answer, Checker, CheckingError, commit_text, proven};
use crate::completing::{tree_of, variable_names};
use crate::target::{self, TargetBranch};

/// The most tasks that one run of the queue takes.
const QUEUE_MAX: u32 = 1_000;

/// How often the branch may move away under a merge before the run gives up.
const TRIES_MAX: u32 = 3;

/// What is to be merged.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// One task; `None` is every proven one.
    pub task: Option<TaskId>,
    /// What the checks see of the environment.
    pub environment: Environment,
}

/// What became of the queue.
#[derive(Debug)]
pub enum Merging {
    /// Another process is merging in this repository.
    Busy,
    /// The task cannot be merged.
    Refused(Refusal),
    /// Each task that was taken, in order. Empty: nothing was proven.
    Steps(Vec<QueueStep>),
}

/// What became of one task.
#[derive(Debug)]
pub struct QueueStep {
    /// The task now.
    pub task: Task,
    /// What happened.
    pub outcome: MergeOutcome,
}

/// How a merge ended.
#[derive(Debug)]
pub enum MergeOutcome {
    /// The target branch holds it, proven there.
    Merged {
        /// The commit that was checked.
        commit: ObjectId,
        /// Whether Adjutant merged it now, or found it merged.
        stage: Stage,
        /// The artifact with the proof.
        record: Digest,
    },
    /// It goes back to the queue of open tasks.
    SentBack(Unproven),
    /// Nothing is said about the work, and it waits: the environment, or the branch, is not ready.
    Waits(Unproven),
    /// Someone else changed the task in the meantime.
    Refused(Refusal),
}

/// Merges proven work, one task after the other: what others wait for first, then by priority,
/// then by age.
///
/// # Errors
/// When the store, git, or a program's keeper fails.
pub async fn merge_work(
    store: &Store,
    home: &Home,
    request: &MergeRequest,
    now: Timestamp,
) -> Result<Merging, CheckingError> {
    let git = target::repository(home)?;
    let lock = home.state.folder.join("merge.lock");
    let Some(_held) = lock::try_hold(&lock).map_err(CheckingError::Lock)? else {
        return Ok(Merging::Busy);
    };
    check_room::sweep(&git)?;
    let tasks = match queue(store, request).await? {
        Ok(tasks) => tasks,
        Err(refusal) => return Ok(Merging::Refused(refusal)),
    };
    let mut steps = Vec::new();
    for task in tasks {
        let TaskState::Proven(work) = task.state.clone() else {
            continue;
        };
        let merge = Merge {
            store,
            git: &git,
            environment: &request.environment,
            task,
            work,
            now,
        };
        steps.push(merge.run().await?);
    }
    Ok(Merging::Steps(steps))
}

/// The proven tasks in the order in which they are merged.
async fn queue(
    store: &Store,
    request: &MergeRequest,
) -> Result<Result<Vec<Task>, Refusal>, StoreError> {
    if let Some(id) = request.task {
        return Ok(match store.task(id).await? {
            None => Err(Refusal::Unknown { task: id }),
            Some(stored) => match stored.task.state {
                TaskState::Proven(_) => Ok(vec![stored.task]),
                TaskState::Draft
                | TaskState::Open
                | TaskState::Leased(_)
                | TaskState::Done { .. }
                | TaskState::Dropped { .. }
                | TaskState::Quarantined { .. } => Err(Refusal::NotOpen {
                    task: id,
                    state: stored.task.state.name().to_owned(),
                }),
            },
        });
    }
    let filter = TaskFilter {
        state: Some(StateName::Proven),
        limit: QUEUE_MAX,
        ..TaskFilter::default()
    };
    let mut tasks = store.list_tasks(&filter).await?.tasks;
    tasks.sort_by_key(|task| (task.open_blockers, task.intake.priority_rank(), task.id));
    Ok(Ok(tasks))
}

/// One task on its way into the target branch.
struct Merge<'a> {
    store: &'a Store,
    git: &'a Git,
    environment: &'a Environment,
    task: Task,
    work: ProvenWork,
    now: Timestamp,
}

/// A commit that is checked before it is accepted.
struct Merged {
    commit: ObjectId,
    onto: ObjectId,
    stage: Stage,
}

impl Merge<'_> {
    async fn run(self) -> Result<QueueStep, CheckingError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let target = target::find(self.git)?;
            let outcome = match self.attempt(&target).await? {
                Ok((merged, proof)) => match self.land(&target, &merged)? {
                    Landed::Moved => return self.close(&merged, proof).await,
                    Landed::Elsewhere if tries < TRIES_MAX => continue,
                    Landed::Elsewhere => MergeOutcome::Waits(Unproven::TargetBusy {
                        problem: format!("{} keeps moving", target.name),
                    }),
                    Landed::InTheWay(problem) => {
                        MergeOutcome::Waits(Unproven::TargetBusy { problem })
                    }
                },
                Err(reason @ Unproven::Environment { .. }) => MergeOutcome::Waits(reason),
                Err(reason) => return self.send_back(reason).await,
            };
            let task = self.task;
            return Ok(QueueStep { task, outcome });
        }
    }

    /// Merges in memory, unless the branch holds the work already, and checks the result.
    async fn attempt(&self, target: &TargetBranch) -> Answer<(Merged, Proof)> {
        let Some(head) = target.head.clone() else {
            let target = target.name.clone();
            return Ok(Err(Unproven::NoBase { target }));
        };
        let merged = if self.git.is_ancestor(&self.work.commit, &head)? {
            Merged {
                commit: head.clone(),
                onto: head,
                stage: Stage::FoundMerged,
            }
        } else {
            proven!(self.merge_onto(head)?)
        };
        let proof = proven!(self.check(target, &merged).await?);
        Ok(Ok((merged, proof)))
    }

    fn merge_onto(&self, head: ObjectId) -> Result<Result<Merged, Unproven>, GitError> {
        let merge = TreeMerge {
            base: None,
            ours: head.clone(),
            theirs: self.work.commit.clone(),
        };
        let merged = self.git.merge_trees(&[merge], None)?;
        let Some(merged) = merged.into_iter().next() else {
            return Ok(Err(Unproven::MergeConflict { files: vec![] }));
        };
        if !merged.clean {
            let mut files: Vec<String> = merged.entries.into_iter().map(|e| e.path).collect();
            files.dedup();
            return Ok(Err(Unproven::MergeConflict { files }));
        }
        let task = &self.task;
        let message = format!(
            "Merge {}: {}\n\nAdjutant-Task: {}\nAdjutant-Proof: sha256:{}\n",
            task.id,
            one_line(&task.intake.title),
            task.id,
            self.work.proof
        );
        let parents = [head.clone(), self.work.commit.clone()];
        let text = commit_text(&message, self.now);
        Ok(Ok(Merged {
            commit: self.git.commit_tree(&merged.tree, &parents, &text)?,
            onto: head,
            stage: Stage::Merged,
        }))
    }

    /// Runs the task's checks and those of every merge on the merged commit.
    async fn check(&self, target: &TargetBranch, merged: &Merged) -> Answer<Proof> {
        let checker = Checker {
            store: self.store,
            git: self.git,
            environment: self.environment,
            settings: &target.settings,
            settings_text: &target.text,
            now: self.now,
        };
        let tree = tree_of(self.git, &merged.commit)?;
        let mut checks = Vec::new();
        let all = self.task.intake.checks.iter();
        for check in all.chain(&target.settings.merge_checks) {
            let green = checker.green(check, &merged.commit, &tree, |_| ()).await?;
            checks.push(CheckProof {
                name: check.name.clone(),
                strength: strength(check),
                red: None,
                green: proven!(green),
                gate: None,
            });
        }
        let changes = self.git.changes(&merged.onto, &merged.commit, None)?;
        let files: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
        Ok(Ok(Proof {
            version: Proof::VERSION,
            task: self.task.id,
            epoch: self.work.epoch,
            agent: self.work.by.clone(),
            stage: merged.stage,
            commit: merged.commit.clone(),
            tree,
            base: merged.onto.clone(),
            files_changed: changes.len(),
            drift: drift(&self.task.intake.paths, &files),
            setup: target.settings.setup.clone(),
            environment: variable_names(self.environment),
            checks,
            proven_at: clock::now(),
        }))
    }

    /// Moves the target branch, with the files of the work tree that has it checked out.
    fn land(&self, target: &TargetBranch, merged: &Merged) -> Result<Landed, GitError> {
        if merged.stage == Stage::FoundMerged {
            return Ok(Landed::Moved);
        }
        let name = target.full_name();
        if self.git.rev_parse(&name, "commit")?.as_ref() != Some(&merged.onto) {
            return Ok(Landed::Elsewhere);
        }
        let holder = check_room::work_trees(self.git)?
            .into_iter()
            .find(|tree| matches!(&tree.head, Head::Branch { branch, .. } if *branch == name));
        let Some(holder) = holder else {
            let moved = self
                .git
                .update_ref(&name, &merged.commit, Some(&merged.onto))?;
            return Ok(match moved {
                RefUpdate::Moved => Landed::Moved,
                RefUpdate::WasElsewhere => Landed::Elsewhere,
            });
        };
        match Git::at(&holder.path).fast_forward(&merged.commit) {
            Ok(()) => Ok(Landed::Moved),
            Err(GitError::Failed { said, .. }) => {
                let place = holder.path.display();
                Ok(Landed::InTheWay(format!("{place}: {said}")))
            }
            Err(
                error @ (GitError::NotStarted { .. }
                | GitError::Unreadable { .. }
                | GitError::RelativePath(_)
                | GitError::NotARef(_)
                | GitError::File { .. }
                | GitError::TooOld { .. }),
            ) => Err(error),
        }
    }

    async fn close(self, merged: &Merged, proof: Proof) -> Result<QueueStep, CheckingError> {
        let bytes = serde_json::to_vec(&proof).map_err(CheckingError::Record)?;
        let (id, revision) = (self.task.id, self.task.revision);
        let finished = self
            .store
            .finish(id, revision, &merged.commit, &bytes, clock::now())
            .await?;
        let outcome = MergeOutcome::Merged {
            commit: merged.commit.clone(),
            stage: merged.stage,
            record: sha256::digest_of(&bytes),
        };
        Ok(step(self.task, finished, outcome))
    }

    async fn send_back(self, reason: Unproven) -> Result<QueueStep, CheckingError> {
        let (id, revision) = (self.task.id, self.task.revision);
        let told = serde_json::to_string(&reason).map_err(CheckingError::Record)?;
        let reopened = self
            .store
            .reopen_task(id, revision, &told, clock::now())
            .await?;
        let outcome = MergeOutcome::SentBack(reason);
        Ok(step(self.task, reopened, outcome))
    }
}

/// What became of the move of the branch.
enum Landed {
    Moved,
    Elsewhere,
    InTheWay(String),
}

fn step(before: Task, written: Written, outcome: MergeOutcome) -> QueueStep {
    match written {
        Written::Task(task) => QueueStep {
            task: *task,
            outcome,
        },
        Written::Refused(refusal) => QueueStep {
            task: before,
            outcome: MergeOutcome::Refused(refusal),
        },
    }
}

/// On the merged tree every check only has to pass; that it can fail was seen at completion.
fn strength(check: &Check) -> Strength {
    let reason = match &check.proof {
        ProofKind::RedGreen => "it was red and green at completion".to_owned(),
        ProofKind::GreenOnly { reason } => reason.clone(),
    };
    Strength::GreenOnly { reason }
}

/// A title cannot add lines, and so no trailers, to a commit message.
fn one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}
