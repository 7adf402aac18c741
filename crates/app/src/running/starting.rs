//! How a run begins: its names, its prompt, its program and the environment of that.

use std::ffi::OsString;
use std::path::PathBuf;

use adjutant_outbound::agent_process::Site;
use adjutant_outbound::process::{Environment, Invocation, Keeper};
use adjutant_work::Placeholders;

use super::{GRACE, Run};

impl Run<'_> {
    /// The run's name, and the folder of its work tree: beside the repository, and never the same
    /// for two runs.
    pub(super) fn names(&self) -> (String, PathBuf) {
        let name = format!("{}-e{}", self.holder.task, self.holder.epoch);
        let top = &self.home.top;
        let repository = top.file_name().unwrap_or_default().to_string_lossy();
        let beside = format!("{repository}.agents");
        let parent = top.parent().unwrap_or(top);
        let began = self.began_at.unix_millis();
        (
            name.clone(),
            parent.join(beside).join(format!("{name}-{began:x}")),
        )
    }

    /// One sentence that leads to the brief.
    pub(super) fn prompt(&self, site: &Site) -> String {
        format!(
            "Read {} and do the task {} that it describes, in this work tree only. Commit your \
             work.",
            site.brief.display(),
            self.holder.task,
        )
    }

    /// How the agent's program is started at its site.
    pub(super) fn invocation(&self, site: &Site, prompt: &str) -> Invocation {
        let task = self.holder.task.to_string();
        let argv = self.agent.launch.filled(&Placeholders {
            brief_file: &site.brief.to_string_lossy(),
            worktree: &site.folder.to_string_lossy(),
            task: &task,
            prompt,
        });
        let variables = &self.request.variables;
        let mut environment = Environment::allowed(variables.iter().cloned())
            .with("ADJUTANT_AGENT", self.agent.name.as_str())
            .with("ADJUTANT_TASK", &task)
            .with("ADJUTANT_EPOCH", self.holder.epoch.to_string());
        for (name, value) in variables {
            if self.agent.variables.iter().any(|wanted| **wanted == **name) {
                environment = environment.with(name, value);
            }
        }
        Invocation {
            keeper: Keeper::ThisProgram,
            argv: argv.into_iter().map(OsString::from).collect(),
            folder: site.folder.clone(),
            environment,
            time_max: self.request.time_max,
            grace: GRACE,
        }
    }
}
