//! Proofs: what was run to accept a task's work, what came out, and by which name work that is
//! not what it claims to be is refused.

use adjutant_domain::{AgentName, CheckName, Digest, Epoch, GateName, ObjectId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CheckRun, Drift};

/// The record of an accepted completion or merge. It is stored as an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// The version of this shape.
    pub version: u32,
    /// The task.
    pub task: TaskId,
    /// The epoch of the claim under which the work was done.
    pub epoch: Epoch,
    /// Who did it.
    pub agent: AgentName,
    /// What was proven.
    pub stage: Stage,
    /// The commit that was checked.
    pub commit: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// The commit it was compared with.
    pub base: ObjectId,
    /// How many files differ between the two.
    pub files_changed: usize,
    /// How the touched files lie to those that the task declares.
    pub drift: Drift,
    /// The set-up that ran before every check.
    pub setup: Vec<Vec<String>>,
    /// The variables that the checks were given; their values stay on the machine.
    pub environment: Vec<String>,
    /// Every check, with its runs.
    pub checks: Vec<CheckProof>,
    /// When the last of them ended.
    pub proven_at: Timestamp,
}

impl Proof {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// The weakest strength among its checks. A proof without a check proves nothing.
    pub fn is_weaker(&self) -> bool {
        self.checks
            .iter()
            .any(|check| matches!(check.strength, Strength::GreenOnly { .. }))
    }
}

/// What a proof is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The work, as its agent committed it.
    Completed,
    /// The work on the target branch, merged by Adjutant.
    Merged,
    /// The work on the target branch, where someone else had merged it, or a merge of Adjutant's
    /// was cut off before it was written down.
    FoundMerged,
}

/// One check of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckProof {
    /// Its name.
    pub name: CheckName,
    /// How strong it is.
    pub strength: Strength,
    /// The run that had to fail, where one is asked for.
    pub red: Option<RunRecord>,
    /// The run that had to pass.
    pub green: RunRecord,
    /// The gate that decided on what the runs measured.
    pub gate: Option<GateProof>,
}

/// What a passing check says about the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Strength {
    /// It failed on the base and passed on the work.
    RedGreen {
        /// The files of the test that the base was given from the work.
        tests: Vec<String>,
        /// Whether the check declares them; else they are those that look like tests.
        declared: bool,
    },
    /// It measured the base and the work, and a gate accepted the difference.
    Gated,
    /// It passed on the work. Weaker.
    GreenOnly {
        /// Why it cannot fail on the base.
        reason: String,
    },
}

/// What a gate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateProof {
    /// Which.
    pub gate: GateName,
    /// The artifact with its decision.
    pub record: Digest,
}

/// One run of one program on one tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The commit whose files were there.
    pub commit: ObjectId,
    /// Their tree, before and after the run.
    pub tree: ObjectId,
    /// How it ended.
    pub end: RunEnd,
    /// How long it took, in milliseconds.
    pub lasted_ms: u64,
    /// What it wrote: all of it, or its beginning and its end.
    pub output: String,
    /// The SHA-256 of `output`.
    pub output_digest: Digest,
    /// How many bytes it wrote.
    pub output_bytes: u64,
    /// Processes that it left behind, which were ended.
    pub survivors: u32,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// By the time limit.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// There is no such program.
    NotFound,
    /// The operating system refused to start it, with this error number.
    NotStarted(i32),
}

/// What a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunVerdict {
    /// The demand is met.
    Green,
    /// The demand is not met.
    Red,
    /// Nothing: the program could not do its work here.
    Environment,
}

impl RunEnd {
    /// Exit code 0 is green and any other is red, but for those by which a shell or `env` says
    /// that it could not start the program. What was killed, timed out or never began says
    /// nothing about the work.
    pub fn verdict(self) -> RunVerdict {
        match self {
            RunEnd::Exited(0) => RunVerdict::Green,
            RunEnd::Exited(126 | 127) => RunVerdict::Environment,
            RunEnd::Exited(_) => RunVerdict::Red,
            RunEnd::Signaled(_)
            | RunEnd::TimedOut
            | RunEnd::Cancelled
            | RunEnd::NotFound
            | RunEnd::NotStarted(_) => RunVerdict::Environment,
        }
    }
}

/// Why work is not accepted. Each reason has one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Unproven {
    /// The task has no check, so nothing can prove it.
    NoCheck,
    /// The work tree has changes that no commit holds.
    Uncommitted {
        /// The files.
        files: Vec<String>,
    },
    /// There is no such commit.
    NoCommit {
        /// What was named.
        revision: String,
    },
    /// The work has no history in common with the target branch, or there is no such branch.
    NoBase {
        /// The target branch.
        target: String,
    },
    /// The commit changes nothing.
    EmptyDiff,
    /// The work tree was changed while the checks ran: what they saw is no longer the work.
    ChangedAfter {
        /// The commit that was checked.
        checked: ObjectId,
        /// The commit that is checked out now.
        now: ObjectId,
        /// Files with changes that no commit holds.
        files: Vec<String>,
    },
    /// The work changes files that decide the check.
    CheckEdited {
        /// The check.
        check: CheckName,
        /// The files.
        files: Vec<String>,
    },
    /// The evidence names another commit.
    OtherCommit {
        /// The file.
        file: String,
        /// The commit that it names.
        named: ObjectId,
    },
    /// Adjutant's own run did not produce what the evidence says.
    Forged {
        /// The file.
        file: String,
        /// What differs.
        difference: String,
    },
    /// The check passes without the work.
    Vacuous {
        /// The check.
        check: CheckName,
    },
    /// The check does not pass on the work.
    CheckFailed {
        /// The check.
        check: CheckName,
        /// How its program ended.
        end: RunEnd,
        /// The end of its output.
        output: String,
    },
    /// The gate does not accept the work.
    GateRefused {
        /// The check.
        check: CheckName,
        /// The gate's verdict.
        verdict: String,
    },
    /// The check changed the files that it checks.
    TreeChanged {
        /// The check.
        check: CheckName,
        /// The files.
        files: Vec<String>,
    },
    /// The check could not do its work: nothing is said about the task's work.
    Environment {
        /// The check, or the set-up before it.
        check: String,
        /// What happened.
        problem: String,
        /// The end of its output.
        output: String,
    },
    /// The work cannot be merged with the target branch as it is now.
    MergeConflict {
        /// The files.
        files: Vec<String>,
    },
    /// The work was merged, and the target branch cannot take it now.
    TargetBusy {
        /// What git said.
        problem: String,
    },
}

impl Unproven {
    /// Whether it says something about the work, and not only about what surrounds it.
    pub fn is_about_work(&self) -> bool {
        match self {
            Unproven::EmptyDiff
            | Unproven::ChangedAfter { .. }
            | Unproven::CheckEdited { .. }
            | Unproven::OtherCommit { .. }
            | Unproven::Forged { .. }
            | Unproven::Vacuous { .. }
            | Unproven::CheckFailed { .. }
            | Unproven::GateRefused { .. }
            | Unproven::TreeChanged { .. } => true,
            Unproven::NoCheck
            | Unproven::Uncommitted { .. }
            | Unproven::NoCommit { .. }
            | Unproven::NoBase { .. }
            | Unproven::Environment { .. }
            | Unproven::TargetBusy { .. }
            | Unproven::MergeConflict { .. } => false,
        }
    }

    /// The name of the reason, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Unproven::NoCheck => "no_check",
            Unproven::Uncommitted { .. } => "uncommitted",
            Unproven::NoCommit { .. } => "no_commit",
            Unproven::NoBase { .. } => "no_base",
            Unproven::EmptyDiff => "empty_diff",
            Unproven::ChangedAfter { .. } => "changed_after",
            Unproven::CheckEdited { .. } => "check_edited",
            Unproven::OtherCommit { .. } => "other_commit",
            Unproven::Forged { .. } => "forged",
            Unproven::Vacuous { .. } => "vacuous",
            Unproven::CheckFailed { .. } => "check_failed",
            Unproven::GateRefused { .. } => "gate_refused",
            Unproven::TreeChanged { .. } => "tree_changed",
            Unproven::Environment { .. } => "environment",
            Unproven::MergeConflict { .. } => "merge_conflict",
            Unproven::TargetBusy { .. } => "target_busy",
        }
    }
}

impl CheckRun {
    /// The program and its arguments.
    pub fn argv(&self) -> &[String] {
        match self {
            CheckRun::Command { argv } | CheckRun::Gate { argv, .. } => argv,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_programs_own_judgement_is_red() {
        for (end, verdict) in [
            (RunEnd::Exited(0), RunVerdict::Green),
            (RunEnd::Exited(1), RunVerdict::Red),
            (RunEnd::Exited(101), RunVerdict::Red),
            (RunEnd::Exited(126), RunVerdict::Environment),
            (RunEnd::Exited(127), RunVerdict::Environment),
            (RunEnd::Signaled(9), RunVerdict::Environment),
            (RunEnd::TimedOut, RunVerdict::Environment),
            (RunEnd::NotFound, RunVerdict::Environment),
        ] {
            assert_eq!(end.verdict(), verdict, "{end:?}");
        }
    }
}
