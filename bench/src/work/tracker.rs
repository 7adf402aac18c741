//! What a tracker of tasks can be asked here, ours and the peers alike.

use std::fs::{File, create_dir_all, remove_dir_all};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A tracker that is installed. Each verb is the one that its documentation gives to agents.
pub(super) trait Tracker: Sync {
    fn name(&self) -> &'static str;
    fn class(&self) -> Class;
    fn version(&self) -> Result<String>;

    /// Makes, in the empty `folder`, a store with this many open tasks, numbered from 1.
    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()>;

    /// Worker `worker` takes a task: this one, or with a verb that also finds it, the best one.
    fn claim(&self, folder: &Path, claim: Claimed) -> Command;

    /// Worker `worker` takes exactly this task.
    fn claim_exactly(&self, folder: &Path, claim: Claimed) -> Command {
        self.claim(folder, claim)
    }

    /// Lists the first ready tasks.
    fn ready(&self, folder: &Path) -> Command;

    /// Files one task.
    fn create(&self, folder: &Path, number: usize) -> Command;

    /// Files many tasks with one process, where that is offered. The input is written here.
    fn create_many(&self, folder: &Path, tasks: usize) -> Result<Option<Command>>;

    /// How often it is asked in one turn, so that a turn takes seconds and not minutes.
    fn pace(&self) -> Pace;

    /// The most tasks that its store is made with here.
    fn tasks_max(&self) -> usize;
}

/// What a figure against it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// What is held against all others.
    Ours,
    /// Runs on a script engine: at least twenty times.
    Scripted,
    /// Compiled: not slower.
    Compiled,
}

impl Class {
    /// How many turns it has of the rounds: what takes minutes has one.
    pub(super) fn turns(self, rounds: usize) -> usize {
        match self {
            Class::Ours | Class::Compiled => rounds,
            Class::Scripted => 1,
        }
    }
}

/// How often something is done in one turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Claims by all workers together; a multiple of eight.
    pub(super) claims: usize,
    /// Starts of the ready list.
    pub(super) lists: usize,
    /// Tasks filed by a process each; 100 where that takes seconds.
    pub(super) creates: usize,
}

/// Who takes which task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimed {
    pub(super) worker: usize,
    pub(super) task: usize,
}

/// A command in `folder` that sees nothing of this user's own settings.
pub(super) fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Starts it and does not wait.
pub(super) fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("{command:?}"))
}

/// Runs it to its end: whether it succeeded.
pub(super) fn is_done(command: &mut Command) -> Result<bool> {
    Ok(start(command)?.wait()?.success())
}

/// Runs it to its successful end, with what it said when it fails.
pub(super) fn succeed(command: &mut Command, folder: &Path) -> Result<()> {
    let log = folder.join("last-output.txt");
    let said = File::create(&log)?;
    command.stdout(said.try_clone()?).stderr(said);
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(
        status.success(),
        "{command:?} ended with {status}: {}",
        std::fs::read_to_string(&log)?
    );
    Ok(())
}

/// The folder, empty.
pub(super) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        remove_dir_all(folder)?;
    }
    create_dir_all(folder)?;
    Ok(())
}

/// What `program arguments` prints, trimmed.
pub(super) fn printed(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = crate::python::succeed(Command::new(program).args(arguments))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
