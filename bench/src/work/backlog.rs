//! Backlog.md: one Markdown file a task, a program from npm.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::tracker::{Claimed, Class, Pace, Tracker, command, printed, succeed};

pub(super) struct Backlog {
    pub(super) program: PathBuf,
}

impl Tracker for Backlog {
    fn name(&self) -> &'static str {
        "Backlog.md"
    }

    fn class(&self) -> Class {
        Class::Scripted
    }

    fn version(&self) -> Result<String> {
        printed(&self.program, &["--version"])
    }

    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()> {
        succeed(
            &mut command("git".as_ref(), folder, &["init", "--quiet"]),
            folder,
        )?;
        let init = ["init", "bench", "--defaults", "--integration-mode", "none"];
        succeed(&mut command(&self.program, folder, &init), folder)?;
        let local = ["config", "set", "remoteOperations", "false"];
        succeed(&mut command(&self.program, folder, &local), folder)?;
        for number in 1..=tasks {
            let name = format!("backlog/tasks/task-{number} - Task-{number}.md");
            std::fs::write(folder.join(name), file(number)?)?;
        }
        Ok(())
    }

    /// As `backlog instructions task-execution` has it.
    fn claim(&self, folder: &Path, claim: Claimed) -> Command {
        let task = format!("TASK-{}", claim.task);
        let agent = format!("@agent-{}", claim.worker);
        let edit = ["task", "edit", &task, "-s", "In Progress", "-a", &agent];
        command(&self.program, folder, &edit)
    }

    fn ready(&self, folder: &Path) -> Command {
        let list = ["task", "list", "--ready", "--limit", "50", "--plain"];
        command(&self.program, folder, &list)
    }

    fn create(&self, folder: &Path, number: usize) -> Command {
        let title = format!("Task {number}");
        let create = ["task", "create", &title, "-d", "What is asked for"];
        let mut create = command(&self.program, folder, &create);
        create.args(["--ac", "It is there", "--priority", "high"]);
        create
    }

    fn create_many(&self, _folder: &Path, _tasks: usize) -> Result<Option<Command>> {
        Ok(None)
    }

    fn pace(&self) -> Pace {
        Pace {
            claims: 16,
            lists: 1,
            creates: 20,
        }
    }

    fn tasks_max(&self) -> usize {
        10_000
    }
}

/// A task's file, as `backlog task create` writes it.
fn file(number: usize) -> Result<String> {
    let mut file = String::new();
    writeln!(
        file,
        "---\nid: TASK-{number}\ntitle: Task {number}\nstatus: To Do\nassignee: []\n\
         created_date: '2026-11-21 12:40'\nlabels: []\ndependencies: []\npriority: high\n\
         ordinal: {}\n---\n\n## Description\n\n<!-- SECTION:DESCRIPTION:BEGIN -->\n\
         What is asked for\n<!-- SECTION:DESCRIPTION:END -->\n\n## Acceptance Criteria\n\
         <!-- AC:BEGIN -->\n- [ ] #1 It is there\n<!-- AC:END -->",
        number * 1000
    )?;
    Ok(file)
}
