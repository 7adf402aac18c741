//! A repository with one service, its plan, and the program to roll it out.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adjutant_domain::Timestamp;
use adjutant_rollout::{RolloutId, ServiceRecord};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::python::succeed;

/// About how long a search takes.
const PACE_MS: u32 = 40;

/// What a process of the service may have of memory, in KiB.
const MEMORY_KB: u32 = 1_000_000;

/// Something that happened to the service.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) rollout: Option<RolloutId>,
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) record: ServiceRecord,
}

/// Where a service is rolled out.
pub(super) struct Ground {
    folder: PathBuf,
    adjutant: PathBuf,
    search: PathBuf,
    pub(super) port: u16,
}

/// Which plan a version is rolled out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Its answers are compared first, then some users get it, then half of them.
    Whole,
    /// Users get it from the beginning.
    Live,
}

impl Drop for Ground {
    fn drop(&mut self) {
        let down = self.command(&["rollout", "down", "search"]).output();
        if !down.as_ref().is_ok_and(|output| output.status.success()) {
            eprintln!(
                "the services in {} may run on: {down:?}",
                self.folder.display()
            );
        }
    }
}

impl Ground {
    pub(super) fn prepare(folder: &Path, adjutant: &Path, search: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        succeed(Command::new("git").args(["init", "--quiet"]).arg(folder))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        Ok(Self {
            folder: folder.to_owned(),
            adjutant: adjutant.to_owned(),
            search: search.to_owned(),
            port,
        })
    }

    /// Gives everybody the first version.
    pub(super) fn begin(&self) -> Result<()> {
        self.plan(Plan::Whole)?;
        self.lay_down("first", &[])?;
        succeed(&mut self.command(&["rollout", "start", "search", "--artifact", "first"]))?;
        Ok(())
    }

    /// Waits until there is traffic enough to compute the worst-case recovery time from.
    pub(super) fn await_traffic(&self) -> Result<()> {
        let begin = Instant::now();
        loop {
            let planned = self.command(&["rollout", "plan", "search"]).output()?;
            if planned.status.success() {
                return Ok(());
            }
            ensure!(
                begin.elapsed() < Duration::from_secs(60),
                "the plan cannot start: {}",
                String::from_utf8_lossy(&planned.stdout)
            );
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.adjutant);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// A version that differs from every other one in its name at least.
    pub(super) fn lay_down(&self, name: &str, options: &[&str]) -> Result<()> {
        let path = self.folder.join(name);
        let options = options.join(" ");
        let search = self.search.display();
        std::fs::write(
            &path,
            format!(
                "#!/bin/sh\n# {name}\nulimit -v {MEMORY_KB}\n\
                 exec {search} serve --version baseline --pace {PACE_MS} {options} \"$@\"\n"
            ),
        )?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    pub(super) fn start(&self, artifact: &str) -> Result<Child> {
        let mut start = self.command(&["rollout", "start", "search", "--artifact", artifact]);
        start.stdout(Stdio::null()).stderr(Stdio::piped());
        start.spawn().context("the program does not start")
    }

    /// What happened to the service since its last rollout began.
    pub(super) fn events(&self) -> Result<Vec<Event>> {
        let mut history = self.command(&["rollout", "history", "search", "--format", "json"]);
        let mut events: Vec<Event> = serde_json::from_slice(&succeed(&mut history)?.stdout)?;
        let last = events.last().context("nothing ever happened")?.rollout;
        ensure!(last.is_some(), "the last event is of no rollout");
        events.retain(|event| event.rollout == last);
        Ok(events)
    }

    pub(super) fn plan(&self, plan: Plan) -> Result<()> {
        let first_steps = match plan {
            Plan::Whole => {
                "{ setMirrorRoute = { percentage = 100 } },\n    \
                 { analysis = { templates = [{ templateName = \"answers\" }] } },\n    "
            }
            Plan::Live => "",
        };
        let port = self.port;
        let text = format!(
            r#"[rollout.search]
alpha = 0.05
requestsMin = 100
deadline = "30s"

[rollout.search.strategy.canary]
steps = [
    {first_steps}{{ setWeight = 10 }},
    {{ setWeight = 50 }},
    {{ analysis = {{ templates = [{{ templateName = "users" }}] }} }},
]

[rollout.search.templates.answers]
requests = 300
looks = 1
metrics = [{{ name = "answers", measure = "disagreements", limit = "2 %" }}]

[rollout.search.templates.users]
requests = 2000
looks = 4
metrics = [
    {{ name = "errors", measure = "errors", margin = "0.5 points" }},
    {{ name = "p95", measure = "latency", quantile = 0.95, margin = "10 %" }},
]

[rollout.search.monitor]
metrics = [
    {{ name = "errors", measure = "errors", margin = "0.5 points", detects = "20 points" }},
    {{ name = "p95", measure = "latency", quantile = 0.95, margin = "10 %", detects = "100 %" }},
]

[rollout.search.recovery]
tick = "250ms"
requestTimeout = "2s"

[rollout.search.service]
command = ["{{artifact}}", "--port", "{{port}}"]
health = "/healthz"
healthEvery = "250ms"
startWithin = "30s"
drain = "5s"

[rollout.search.service.traffic]
listen = "127.0.0.1:{port}"
mirrorAllow = ["GET /search*"]
"#
        );
        std::fs::write(self.folder.join("adjutant.toml"), text)?;
        Ok(())
    }
}
