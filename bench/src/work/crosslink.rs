//! Crosslink: SQLite and a hub in git, a Rust program from crates.io.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::tracker::{Claimed, Class, Pace, Tracker, command, succeed};

/// Tasks in one file of an import; it refuses files over 10 MB.
const IMPORT_MAX: usize = 20_000;

pub(super) struct Crosslink {
    pub(super) program: PathBuf,
    pub(super) version: &'static str,
}

impl Crosslink {
    fn import(&self, folder: &Path, name: &str, numbers: Range<usize>) -> Result<Command> {
        let issues: Vec<Value> = numbers.map(issue).collect();
        let stamp = "2026-11-21T12:40:00Z";
        let all = json!({"version": 1, "exported_at": stamp, "issues": issues});
        std::fs::write(folder.join(name), serde_json::to_vec(&all)?)?;
        Ok(command(&self.program, folder, &["import", name]))
    }
}

impl Tracker for Crosslink {
    fn name(&self) -> &'static str {
        "Crosslink"
    }

    fn class(&self) -> Class {
        Class::Compiled
    }

    fn version(&self) -> Result<String> {
        Ok(self.version.to_owned())
    }

    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()> {
        let git =
            |arguments: &[&str]| succeed(&mut command("git".as_ref(), folder, arguments), folder);
        git(&["init", "--quiet"])?;
        git(&["config", "user.name", "bench"])?;
        git(&["config", "user.email", "bench@localhost"])?;
        git(&["commit", "--quiet", "--allow-empty", "--message", "empty"])?;
        succeed(
            &mut command(&self.program, folder, &["init", "--defaults"]),
            folder,
        )?;
        succeed(
            &mut command(&self.program, folder, &["session", "start"]),
            folder,
        )?;
        for first in (1..=tasks).step_by(IMPORT_MAX) {
            let numbers = first..(first + IMPORT_MAX).min(tasks + 1);
            succeed(&mut self.import(folder, "issues.json", numbers)?, folder)?;
        }
        Ok(())
    }

    /// As `crosslink next` advises; it also takes the issue's lock.
    fn claim(&self, folder: &Path, claim: Claimed) -> Command {
        let issue = claim.task.to_string();
        command(&self.program, folder, &["session", "work", &issue])
    }

    fn ready(&self, folder: &Path) -> Command {
        command(&self.program, folder, &["issue", "ready"])
    }

    fn create(&self, folder: &Path, number: usize) -> Command {
        let title = format!("Task {number}");
        let create = [
            "issue",
            "create",
            &title,
            "-d",
            "What is asked for",
            "-p",
            "high",
        ];
        command(&self.program, folder, &create)
    }

    fn create_many(&self, folder: &Path, tasks: usize) -> Result<Option<Command>> {
        Ok(Some(self.import(folder, "many.json", 1..tasks + 1)?))
    }

    fn pace(&self) -> Pace {
        Pace {
            claims: 16,
            lists: 5,
            creates: 100,
        }
    }

    fn tasks_max(&self) -> usize {
        10_000
    }
}

/// In the form of `crosslink export`.
fn issue(number: usize) -> Value {
    let stamp = "2026-11-21T12:40:00Z";
    json!({
        "id": number,
        "title": format!("Task {number}"),
        "description": "What is asked for",
        "status": "open",
        "priority": "high",
        "parent_id": null,
        "labels": [],
        "comments": [],
        "created_at": stamp,
        "updated_at": stamp,
        "closed_at": null,
    })
}
