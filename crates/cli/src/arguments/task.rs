//! `adjutant task`: one file a group of verbs.

mod claim;
mod competition;
mod conflicts;
mod handoff;
mod holder;
mod intake;
mod looking;
mod mirror;
mod proof;

use clap::Subcommand;

pub(crate) use claim::{ClaimArguments, ReleaseArguments};
pub(crate) use competition::CompeteArguments;
pub(crate) use conflicts::ConflictsArguments;
pub(crate) use handoff::HandoffArguments;
pub(crate) use holder::HolderArguments;
pub(crate) use intake::{
    AddTaskArguments, DisposeArguments, EditTaskArguments, IntakeArguments, TemplateArguments,
};
pub(crate) use looking::{ListTasksArguments, ShowTaskArguments};
pub(crate) use mirror::MirrorArguments;
pub(crate) use proof::{CompleteArguments, MergeArguments, VerifyTaskArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Prints the intake template, to be filled in.
    Template(TemplateArguments),
    /// Files tasks: what is asked for, and what proves that it is done.
    Add(Box<AddTaskArguments>),
    /// Lists a page of tasks.
    List(ListTasksArguments),
    /// Shows everything about a task.
    Show(ShowTaskArguments),
    /// Changes what a task asks for.
    Edit(Box<EditTaskArguments>),
    /// Closes a task that nobody will do.
    Drop(DisposeArguments),
    /// Opens a complete draft or a closed task.
    Reopen(DisposeArguments),
    /// Proves that the work is done: runs the checks where no agent reaches.
    Complete(CompleteArguments),
    /// Lets several agents do the same task; the checks say whose work is taken.
    Compete(CompeteArguments),
    /// Merges proven work, after checking it on the merged tree.
    Merge(MergeArguments),
    /// Opens a stored proof again, and recomputes its digests.
    Verify(VerifyTaskArguments),
    /// Gives an agent the best ready task, or the named one; renews its lease.
    Claim(ClaimArguments),
    /// Gives a task back.
    Release(ReleaseArguments),
    /// Shows what is in each other's way, before it is committed.
    Conflicts(ConflictsArguments),
    /// Writes tasks as readable files, and reads edited and new files back.
    Mirror(MirrorArguments),
}
