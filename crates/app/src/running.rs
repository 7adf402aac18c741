//! An agent runs: it claims a task, gets its own work tree and a brief, works until it ends or its
//! time is up, and what it left is kept. Its lease is renewed while it runs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use adjutant_domain::{
    AgentName, Digest, Evidence, Measurement, RunId, Timestamp, sha256::digest_of,
};
use adjutant_formats::{FormatError, HEAD_BYTES, read, recognise};
use adjutant_outbound::agent_process::{self, Left, Site, SiteError};
use adjutant_outbound::clock;
use adjutant_outbound::git::Git;
use adjutant_outbound::process::{End, Ended, Environment, Invocation, Keeper};
use adjutant_store::{AgentRun, NewEvidence, RunBytes, Store, StoreError};
use adjutant_work::{
    Agent, Claim, ClaimRequest, Holder, OnOverlap, Pause, Placeholders, Refusal, Role, Target, Won,
    brief,
};

use crate::agents::{RoleError, role_named};
use crate::{Home, NorthStarError, pauses};

/// How often a lease is renewed within its length.
const RENEWALS: u32 = 3;

/// How long an agent has to end by itself when it is stopped.
const GRACE: Duration = Duration::from_secs(5);

/// What is to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Who.
    pub agent: AgentName,
    /// On what.
    pub target: Target,
    /// The longest it may run.
    pub time_max: Duration,
    /// Whether its work tree stays when its work is committed.
    pub keep_work_tree: bool,
    /// How long a lease lasts.
    pub lease: Duration,
    /// The caller's environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// What became of a run.
#[derive(Debug)]
pub enum RunAnswer {
    /// There is no such agent.
    Unknown,
    /// It got no task, and did not begin.
    Refused(Refusal),
    /// It ran.
    Ran(Box<RanAgent>),
}

/// A run that ended.
#[derive(Debug)]
pub struct RanAgent {
    /// The claim under which it ran.
    pub holder: Holder,
    /// How its program ended.
    pub ended: Ended,
    /// Its branch, and the commit on which it began.
    pub site: Site,
    /// What it left.
    pub left: Left,
    /// Whether its work tree is still there.
    pub is_kept: bool,
    /// What it wrote to standard output.
    pub transcript: Digest,
    /// What it says that it used, or why that is not known.
    pub usage: Result<Vec<Measurement>, FormatError>,
    /// What became of the task.
    pub outcome: RunOutcome,
}

/// What became of the task after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// There is work, and the agent still holds the task: it can be completed.
    ToComplete,
    /// The task was given back, and why.
    GivenBack(String),
    /// The lease was lost in the meantime.
    Lost(Refusal),
}

/// A run that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The role of the agent cannot be found.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The site could not be made, or the program not be run.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the north-star gates pause cannot be told.
    #[error(transparent)]
    NorthStar(#[from] NorthStarError),
    /// A name that was put together is not one.
    #[error(transparent)]
    Name(#[from] adjutant_domain::InvalidName),
}

/// Claims a task for an agent, runs it, and keeps what it left. `cancel` ends it early.
///
/// # Errors
/// When the role is unknown, or the site, the program or the store fails. What the agent does is
/// an answer.
pub async fn run_agent(
    store: &Store,
    home: &Home,
    request: &RunRequest,
    cancel: impl Future<Output = ()>,
) -> Result<RunAnswer, RunError> {
    let agents = store.agents().await?;
    let Some(agent) = agents.into_iter().find(|one| one.name == request.agent) else {
        return Ok(RunAnswer::Unknown);
    };
    let role = role_named(home, &agent.role)?;
    let began_at = clock::now();
    let pauses = pauses(store, home, began_at).await?;
    let claim = claim_for(&agent, role.clone(), request, pauses);
    let won = match store.claim(&claim, began_at).await? {
        Claim::Won(won) => won,
        Claim::Refused(refusal) => return Ok(RunAnswer::Refused(refusal)),
    };
    let holder = Holder {
        task: won.task.id,
        epoch: won.lease.epoch,
        agent: agent.name.clone(),
    };
    let run = Run {
        store,
        home,
        request,
        agent: &agent,
        role: &role,
        won: &won,
        holder: &holder,
        began_at,
    };
    match run.work(cancel).await {
        Ok(ran) => Ok(RunAnswer::Ran(Box::new(ran))),
        Err(error) => {
            // A task must not stay with an agent that never began.
            let reason = format!("the run of {} failed: {error}", agent.name);
            store.release(&holder, &reason, clock::now()).await?;
            Err(error)
        }
    }
}

fn claim_for(agent: &Agent, role: Role, request: &RunRequest, pauses: Vec<Pause>) -> ClaimRequest {
    ClaimRequest {
        agent: agent.name.clone(),
        role: Some(role),
        target: request.target,
        lease_millis: millis(request.lease),
        on_overlap: OnOverlap::Refuse,
        pauses,
        key: None,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A run under way.
struct Run<'a> {
    store: &'a Store,
    home: &'a Home,
    request: &'a RunRequest,
    agent: &'a Agent,
    role: &'a Role,
    won: &'a Won,
    holder: &'a Holder,
    began_at: Timestamp,
}

/// Why a run was stopped early.
enum Stop {
    /// The caller asked.
    Asked,
    /// The task is no longer the agent's.
    Lost(Refusal),
    /// The store could not be asked.
    Store(StoreError),
}

impl Run<'_> {
    async fn work(&self, cancel: impl Future<Output = ()>) -> Result<RanAgent, RunError> {
        let git = Git::at(&self.home.top);
        let (name, folder) = self.names();
        let branch = format!("adjutant/{name}");
        let brief = brief(&self.won.task, self.role);
        let site = agent_process::prepare(&git, &folder, &branch, &brief)?;
        let invocation = self.invocation(&site);
        let own = site.brief.with_file_name("");
        let (transcript, complaints) = (own.join("transcript"), own.join("complaints"));
        let mut stop = None;
        let ended = {
            let watch = async {
                stop = Some(self.watch(cancel).await);
            };
            agent_process::run(&invocation, &transcript, &complaints, watch).await?
        };
        if let Some(Stop::Store(error)) = stop {
            return Err(error.into());
        }
        let message = format!("{}: {}", self.won.task.id, self.won.task.intake.title);
        let left = agent_process::settle(&site, self.agent.name.as_str(), &message)?;
        let transcript = agent_process::stream_bytes(&transcript)?;
        let complaints = agent_process::stream_bytes(&complaints)?;
        let digest = self
            .keep(&site, &ended, &left, &transcript, &complaints)
            .await?;
        let usage = self.keep_usage(&name, &transcript).await?;
        let outcome = self.conclude(stop, &ended, &left, &site).await?;
        let is_kept = self.request.keep_work_tree;
        if !is_kept {
            agent_process::remove(&git, &site)?;
        }
        Ok(RanAgent {
            holder: self.holder.clone(),
            ended,
            site,
            left,
            is_kept,
            transcript: digest,
            usage,
            outcome,
        })
    }

    /// The run's name, and the folder of its work tree: beside the repository, and never the same
    /// for two runs.
    fn names(&self) -> (String, PathBuf) {
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

    fn invocation(&self, site: &Site) -> Invocation {
        let brief_file = site.brief.to_string_lossy();
        let task = self.holder.task.to_string();
        let prompt = format!(
            "Read {brief_file} and do the task {task} that it describes, in this work tree only. \
             Commit your work."
        );
        let argv = self.agent.launch.filled(&Placeholders {
            brief_file: &brief_file,
            worktree: &site.folder.to_string_lossy(),
            task: &task,
            prompt: &prompt,
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

    /// Renews the lease until the caller cancels or the lease is lost.
    async fn watch(&self, cancel: impl Future<Output = ()>) -> Stop {
        let heartbeat = async {
            let mut request = claim_for(self.agent, self.role.clone(), self.request, vec![]);
            request.target = Target::Renewal(self.holder.task, self.holder.epoch);
            loop {
                tokio::time::sleep(self.request.lease / RENEWALS).await;
                match self.store.claim(&request, clock::now()).await {
                    Ok(Claim::Won(_)) => {}
                    Ok(Claim::Refused(refusal)) => return Stop::Lost(refusal),
                    Err(error) => return Stop::Store(error),
                }
            }
        };
        tokio::select! {
            stop = heartbeat => stop,
            () = cancel => Stop::Asked,
        }
    }

    async fn keep(
        &self,
        site: &Site,
        ended: &Ended,
        left: &Left,
        transcript: &[u8],
        complaints: &[u8],
    ) -> Result<Digest, StoreError> {
        let run = AgentRun {
            agent: self.agent.name.clone(),
            task: self.holder.task,
            epoch: self.holder.epoch,
            kind: self.won.task.intake.kind,
            began_at: self.began_at,
            ended_at: clock::now(),
            ending: ending(ended.end),
            base: site.base.clone(),
            head: left.head.clone(),
            transcript: digest_of(transcript),
            complaints: digest_of(complaints),
            judged: None,
        };
        let bytes = RunBytes {
            transcript,
            complaints,
        };
        self.store.add_run(&run, bytes, run.ended_at).await?;
        Ok(run.transcript)
    }

    /// Tokens and cost become evidence about the agent, cited by the lines of its transcript.
    async fn keep_usage(
        &self,
        name: &str,
        transcript: &[u8],
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
            run: name.parse::<RunId>()?,
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
        self.store.add_evidence(&[new], now).await?;
        Ok(Ok(evidence.measurements))
    }

    /// Work that can be completed stays with the agent; everything else is given back at once.
    async fn conclude(
        &self,
        stop: Option<Stop>,
        ended: &Ended,
        left: &Left,
        site: &Site,
    ) -> Result<RunOutcome, StoreError> {
        if let Some(Stop::Lost(refusal)) = stop {
            return Ok(RunOutcome::Lost(refusal));
        }
        let is_well = ended.end == End::Exited(0);
        if is_well && left.is_changed {
            return Ok(RunOutcome::ToComplete);
        }
        let mut reason = format!("{} {}", self.agent.name, ending(ended.end));
        if left.is_changed {
            reason.push_str(&format!("; what it left is on the branch {}", site.branch));
        } else {
            reason.push_str("; it changed nothing");
        }
        match self
            .store
            .release(self.holder, &reason, clock::now())
            .await?
        {
            adjutant_store::Written::Task(_) => Ok(RunOutcome::GivenBack(reason)),
            adjutant_store::Written::Refused(refusal) => Ok(RunOutcome::Lost(refusal)),
        }
    }
}

/// How a program ended, as it is stored.
fn ending(end: End) -> String {
    match end {
        End::Exited(code) => format!("exited {code}"),
        End::Signaled(signal) => format!("was ended by signal {signal}"),
        End::TimedOut => "ran out of time".to_owned(),
        End::Cancelled => "was cancelled".to_owned(),
        End::NotFound => "could not be started: there is no such program".to_owned(),
        End::NotStarted(number) => format!("could not be started: error {number}"),
    }
}
