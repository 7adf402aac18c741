//! Taskwarrior: lines in files, a C++ program from Debian.

use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::tracker::{Claimed, Class, Pace, Tracker, command, succeed};

pub(super) struct Taskwarrior {
    pub(super) program: PathBuf,
    pub(super) version: String,
}

impl Taskwarrior {
    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = command(&self.program, folder, arguments);
        command.env("TASKRC", folder.join("taskrc"));
        command
    }

    fn import(&self, folder: &Path, name: &str, tasks: usize) -> Result<Command> {
        let tasks: Vec<Value> = (1..=tasks).map(task).collect();
        write(folder.join(name), serde_json::to_vec(&tasks)?)?;
        Ok(self.command(folder, &["import", name]))
    }
}

impl Tracker for Taskwarrior {
    fn name(&self) -> &'static str {
        "Taskwarrior"
    }

    fn class(&self) -> Class {
        Class::Compiled
    }

    fn version(&self) -> Result<String> {
        Ok(self.version.clone())
    }

    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()> {
        let data = folder.join("data");
        create_dir_all(&data)?;
        let settings = format!(
            "data.location={}\nconfirmation=off\nverbose=nothing\n",
            data.display()
        );
        write(folder.join("taskrc"), settings)?;
        if tasks > 0 {
            succeed(&mut self.import(folder, "tasks.json", tasks)?, folder)?;
            // The first command after an import numbers the tasks; that is not what is measured.
            succeed(&mut self.ready(folder), folder)?;
        }
        Ok(())
    }

    /// It knows no agents: `start` is what says that somebody works on a task.
    fn claim(&self, folder: &Path, claim: Claimed) -> Command {
        self.command(folder, &[&claim.task.to_string(), "start"])
    }

    fn ready(&self, folder: &Path) -> Command {
        self.command(folder, &["ready", "limit:50"])
    }

    fn create(&self, folder: &Path, number: usize) -> Command {
        self.command(folder, &["add", &format!("Task {number}"), "priority:H"])
    }

    fn create_many(&self, folder: &Path, tasks: usize) -> Result<Option<Command>> {
        Ok(Some(self.import(folder, "many.json", tasks)?))
    }

    fn pace(&self) -> Pace {
        Pace {
            claims: 96,
            lists: 5,
            creates: 100,
        }
    }

    fn tasks_max(&self) -> usize {
        100_000
    }
}

/// In the documented JSON.
fn task(number: usize) -> Value {
    json!({
        "description": format!("Task {number}"),
        "status": "pending",
        "entry": "20261121T124000Z",
        "priority": "H",
    })
}
