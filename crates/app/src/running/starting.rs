//! One agent at one task, from its work tree to what it left there: its names, its prompt, its
//! program and the environment of that. Whose the task is, and what the work is worth, is decided
//! by the callers.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use adjutant_domain::{Digest, Epoch, Evidence, Measurement, RunId, Timestamp, sha256::digest_of};
use adjutant_formats::{FormatError, HEAD_BYTES, read, recognise};
use adjutant_outbound::agent_process::{self, Finish, Left, Site, Told};
use adjutant_outbound::clock;
use adjutant_outbound::git::Git;
use adjutant_outbound::process::{Environment, Invocation, Keeper};
use adjutant_store::{AgentRun, NewEvidence, RunBytes, Store, StoreError};
use adjutant_work::{Agent, Launch, Placeholders, Role, Task, TrialOutcome, brief};
use tracing::{Instrument, Span};

use super::{GRACE, RunError, ending, telling};
use crate::Home;

/// An agent that is about to work on a task.
pub(crate) struct Start<'a> {
    pub(crate) home: &'a Home,
    pub(crate) agent: &'a Agent,
    pub(crate) role: &'a Role,
    pub(crate) task: &'a Task,
    pub(crate) epoch: Epoch,
    /// The name of the run, and the last part of its branch's.
    pub(crate) name: String,
    pub(crate) began_at: Timestamp,
    pub(crate) time_max: Duration,
    /// The caller's environment.
    pub(crate) variables: &'a [(OsString, OsString)],
}

/// What is there after an agent worked.
#[derive(Debug)]
pub(crate) struct Attended {
    pub(crate) site: Site,
    pub(crate) finish: Finish,
    pub(crate) left: Left,
    /// What it wrote to standard output.
    pub(crate) transcript: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) complaints: Vec<u8>,
    /// The span of its work.
    pub(crate) span: Span,
}

impl Start<'_> {
    /// Makes the agent's work tree, beside the repository, and never the same for two runs.
    pub(crate) fn prepare(&self) -> Result<Site, RunError> {
        let git = Git::at(&self.home.top);
        let branch = format!("adjutant/{}", self.name);
        let brief = brief(self.task, self.role);
        Ok(agent_process::prepare(
            &git,
            &self.folder(),
            &branch,
            &brief,
        )?)
    }

    /// Lets the agent work until it ends, its time is up, or `stop` is done.
    pub(crate) async fn attend(
        &self,
        site: Site,
        stop: impl Future<Output = ()>,
    ) -> Result<Attended, RunError> {
        let prompt = self.prompt(&site);
        let invocation = self.invocation(&site, &prompt);
        let told = match self.agent.launch {
            Launch::Command { .. } => Told::ByArguments,
            Launch::Acp { .. } => Told::InSession(&prompt),
        };
        let own = site.brief.with_file_name("");
        let (transcript, complaints) = (own.join("transcript"), own.join("complaints"));
        let span = telling::span(&self.agent.name, self.task.id);
        let running = agent_process::run(&invocation, told, &transcript, &complaints, stop);
        let finish = running.instrument(span.clone()).await?;
        let message = format!("{}: {}", self.task.id, self.task.intake.title);
        let left = agent_process::settle(&site, self.agent.name.as_str(), &message)?;
        Ok(Attended {
            finish,
            left,
            transcript: agent_process::stream_bytes(&transcript)?,
            complaints: agent_process::stream_bytes(&complaints)?,
            site,
            span,
        })
    }

    /// Keeps the run with both streams. The artifact of its transcript.
    pub(crate) async fn keep(
        &self,
        store: &Store,
        attended: &Attended,
        judged: Option<TrialOutcome>,
    ) -> Result<Digest, StoreError> {
        let run = AgentRun {
            agent: self.agent.name.clone(),
            task: self.task.id,
            epoch: self.epoch,
            kind: self.task.intake.kind,
            began_at: self.began_at,
            ended_at: clock::now(),
            ending: ending(&attended.finish),
            base: attended.site.base.clone(),
            head: attended.left.head.clone(),
            transcript: digest_of(&attended.transcript),
            complaints: digest_of(&attended.complaints),
            judged,
        };
        let bytes = RunBytes {
            transcript: &attended.transcript,
            complaints: &attended.complaints,
        };
        store.add_run(&run, bytes, run.ended_at).await?;
        Ok(run.transcript)
    }

    /// Tokens and cost become evidence about the agent, cited by the lines of its transcript.
    pub(crate) async fn keep_usage(
        &self,
        store: &Store,
        Attended {
            transcript, span, ..
        }: &Attended,
    ) -> Result<Result<Vec<Measurement>, FormatError>, RunError> {
        let head = &transcript[..transcript.len().min(HEAD_BYTES)];
        let found = recognise("transcript", head)
            .and_then(|format| Ok((format, read(format, transcript)?)));
        let (format, measurements) = match found {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        let now = clock::now();
        let evidence = Evidence {
            subject: self.agent.name.as_str().parse()?,
            run: self.name.parse::<RunId>()?,
            artifact: digest_of(transcript),
            file: "transcript".to_owned(),
            taken_at: now,
            measurements,
        };
        let new = NewEvidence {
            evidence: &evidence,
            format: format.name(),
            named: None,
            bytes: transcript,
        };
        telling::tell_usage(span, format.name(), &evidence.measurements);
        store.add_evidence(&[new], now).await?;
        Ok(Ok(evidence.measurements))
    }

    fn folder(&self) -> PathBuf {
        let top = &self.home.top;
        let repository = top.file_name().unwrap_or_default().to_string_lossy();
        let beside = format!("{repository}.agents");
        let parent = top.parent().unwrap_or(top);
        let began = self.began_at.unix_millis();
        parent.join(beside).join(format!("{}-{began:x}", self.name))
    }

    /// One sentence that leads to the brief.
    fn prompt(&self, site: &Site) -> String {
        format!(
            "Read {} and do the task {} that it describes, in this work tree only. Commit your \
             work.",
            site.brief.display(),
            self.task.id,
        )
    }

    /// How the agent's program is started at its site.
    fn invocation(&self, site: &Site, prompt: &str) -> Invocation {
        let task = self.task.id.to_string();
        let argv = self.agent.launch.filled(&Placeholders {
            brief_file: &site.brief.to_string_lossy(),
            worktree: &site.folder.to_string_lossy(),
            task: &task,
            prompt,
        });
        let mut environment = Environment::allowed(self.variables.iter().cloned())
            .with("ADJUTANT_AGENT", self.agent.name.as_str())
            .with("ADJUTANT_TASK", &task)
            .with("ADJUTANT_EPOCH", self.epoch.to_string());
        for (name, value) in self.variables {
            if self.agent.variables.iter().any(|wanted| **wanted == **name) {
                environment = environment.with(name, value);
            }
        }
        Invocation {
            keeper: Keeper::ThisProgram,
            argv: argv.into_iter().map(OsString::from).collect(),
            folder: site.folder.clone(),
            environment,
            time_max: self.time_max,
            grace: GRACE,
        }
    }
}
