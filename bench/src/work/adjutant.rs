//! Ours.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::install::Missing;
use super::tracker::{Claimed, Class, Pace, Tracker, command, printed, succeed};

/// Claims come from as many work trees.
const WORKERS_MAX: usize = 8;

/// Tasks that one call files.
const IMPORT_MAX: usize = 10_000;

pub(super) struct Adjutant {
    program: PathBuf,
}

impl Adjutant {
    /// The program, when it has the commands that are measured.
    pub(super) fn find(program: &Path) -> Result<Self, Missing> {
        for verb in ["add", "claim", "list"] {
            if printed(program, &["task", verb, "--help"]).is_err() {
                return Err(Missing {
                    name: "Adjutant",
                    why: format!("this build has no `adjutant task {verb}`"),
                });
            }
        }
        Ok(Self {
            program: program.to_owned(),
        })
    }

    fn import(&self, folder: &Path, name: &str, numbers: Range<usize>) -> Result<Command> {
        let mut lines = String::new();
        for number in numbers {
            lines.push_str(&task(number).to_string());
            lines.push('\n');
        }
        let path = folder.join(name);
        std::fs::write(&path, lines)?;
        let mut import = command(&self.program, folder, &["task", "add", "--from", "-"]);
        import.stdin(std::fs::File::open(path).context("the tasks were written")?);
        Ok(import)
    }

    fn claim_of(&self, folder: &Path, claim: Claimed, target: &str) -> Command {
        let tree = folder.join(format!("tree-{}", claim.worker % WORKERS_MAX));
        let agent = format!("agent-{}-{}", claim.worker, claim.task);
        let claim = ["task", "claim", target, "--agent", &agent];
        command(&self.program, &tree, &claim)
    }
}

impl Tracker for Adjutant {
    fn name(&self) -> &'static str {
        "Adjutant"
    }

    fn class(&self) -> Class {
        Class::Ours
    }

    fn version(&self) -> Result<String> {
        Ok(env!("CARGO_PKG_VERSION").to_owned())
    }

    fn lay_out(&self, folder: &Path, tasks: usize) -> Result<()> {
        let git =
            |arguments: &[&str]| succeed(&mut command("git".as_ref(), folder, arguments), folder);
        git(&["init", "--quiet"])?;
        git(&["config", "user.name", "bench"])?;
        git(&["config", "user.email", "bench@localhost"])?;
        git(&["commit", "--quiet", "--allow-empty", "--message", "empty"])?;
        for worker in 0..WORKERS_MAX {
            let tree = format!("tree-{worker}");
            git(&["worktree", "add", "--quiet", "--detach", &tree])?;
        }
        for first in (1..=tasks).step_by(IMPORT_MAX) {
            let numbers = first..(first + IMPORT_MAX).min(tasks + 1);
            succeed(&mut self.import(folder, "tasks.ndjson", numbers)?, folder)?;
        }
        Ok(())
    }

    fn claim(&self, folder: &Path, claim: Claimed) -> Command {
        self.claim_of(folder, claim, "--next")
    }

    fn claim_exactly(&self, folder: &Path, claim: Claimed) -> Command {
        self.claim_of(folder, claim, &format!("T-{}", claim.task))
    }

    fn ready(&self, folder: &Path) -> Command {
        let list = ["task", "list", "--ready", "--limit", "50"];
        command(&self.program, folder, &list)
    }

    fn create(&self, folder: &Path, number: usize) -> Command {
        let title = format!("Task {number}");
        let mut create = command(&self.program, folder, &["task", "add", &title]);
        create.args(["--kind", "feature", "--goal", "What is asked for"]);
        create.args(["--context", "None", "--success", "It is there"]);
        create.args(["--deliverable", "The change", "--non-goal", "All else"]);
        create.args([
            "--risk",
            "It breaks => roll back",
            "--test-hook",
            "The tests",
        ]);
        create.args(["--timebox", "S", "--priority", "HIGH"]);
        create
    }

    fn create_many(&self, folder: &Path, tasks: usize) -> Result<Option<Command>> {
        Ok(Some(self.import(folder, "many.ndjson", 1..tasks + 1)?))
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

/// An intake with all that is required.
fn task(number: usize) -> Value {
    json!({
        "title": format!("Task {number}"),
        "kind": "feature",
        "goal": "What is asked for",
        "context": "None",
        "success_criteria": ["It is there"],
        "deliverables": ["The change"],
        "non_goals": ["All else"],
        "risks": [{"risk": "It breaks", "mitigation": "Roll back"}],
        "test_hooks": ["The tests"],
        "timebox": "S",
        "priority": "HIGH",
    })
}
