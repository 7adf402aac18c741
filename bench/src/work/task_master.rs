//! task-master-ai: all tasks in one JSON file, a program from npm.

use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::tracker::{Claimed, Class, Pace, Tracker, command};

pub(super) struct TaskMaster {
    pub(super) program: PathBuf,
    /// As npm installed it.
    pub(super) version: String,
}

impl TaskMaster {
    /// Without its search for updates, which waits for the network at every start.
    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = command(&self.program, folder, arguments);
        command.env("TASKMASTER_SKIP_AUTO_UPDATE", "1");
        command
    }
}

impl Tracker for TaskMaster {
    fn name(&self) -> &'static str {
        "task-master-ai"
    }

    fn class(&self) -> Class {
        Class::Scripted
    }

    fn version(&self) -> Result<String> {
        Ok(self.version.clone())
    }

    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()> {
        let task = |number: usize| {
            json!({
                "id": number,
                "title": format!("Task {number}"),
                "description": "What is asked for",
                "details": "",
                "testStrategy": "",
                "status": "pending",
                "dependencies": [],
                "priority": "high",
                "subtasks": [],
            })
        };
        let tasks: Vec<_> = (1..=tasks).map(task).collect();
        let stamp = "2026-11-21T12:40:00.000Z";
        let metadata = json!({"created": stamp, "updated": stamp, "description": "bench"});
        let all = json!({"master": {"tasks": tasks, "metadata": metadata}});
        create_dir_all(folder.join(".taskmaster/tasks"))?;
        write(
            folder.join(".taskmaster/tasks/tasks.json"),
            serde_json::to_vec_pretty(&all)?,
        )?;
        // Nothing leaves the machine.
        let config = json!({"anonymousTelemetry": false});
        write(folder.join(".taskmaster/config.json"), config.to_string())?;
        Ok(())
    }

    /// As `task-master next` advises.
    fn claim(&self, folder: &Path, claim: Claimed) -> Command {
        let id = format!("--id={}", claim.task);
        self.command(
            folder,
            &["set-status", &id, "--status=in-progress", "--silent"],
        )
    }

    fn ready(&self, folder: &Path) -> Command {
        self.command(folder, &["list", "--ready", "--compact"])
    }

    fn create(&self, folder: &Path, number: usize) -> Command {
        let title = format!("--title=Task {number}");
        let description = "--description=What is asked for";
        self.command(
            folder,
            &["add-task", &title, description, "--priority=high"],
        )
    }

    fn create_many(&self, _folder: &Path, _tasks: usize) -> Result<Option<Command>> {
        Ok(None)
    }

    fn pace(&self) -> Pace {
        Pace {
            claims: 8,
            lists: 1,
            creates: 4,
        }
    }

    fn tasks_max(&self) -> usize {
        10_000
    }
}
