//! An agent runs: it claims a task, gets its own work tree and a brief, works until it ends or its
//! time is up, and what it left is kept. Its lease is renewed while it runs.

mod delivering;
mod starting;
mod telling;

use std::ffi::OsString;
use std::time::Duration;

use adjutant_domain::{AgentName, Digest, Measurement, Timestamp};
use adjutant_formats::FormatError;
use adjutant_outbound::agent_process::{self, Finish, Left, Site, SiteError};
use adjutant_outbound::clock;
use adjutant_outbound::files::FileError;
use adjutant_outbound::git::Git;
use adjutant_outbound::process::End;
use adjutant_outbound::repository::RepositoryError;
use adjutant_store::{AttemptResult, Store, StoreError, Written};
use adjutant_work::{
    Agent, Claim, ClaimRequest, Holder, OnOverlap, Pause, Refusal, Role, Target, Won,
};

use crate::checking::CheckingError;
use crate::completing::Completion;
use crate::holding::remember_holder;
use crate::roles::role_named;
use crate::{Home, NorthStarError, RecordError, RolesError, locate, pauses};

pub(crate) use starting::{Attended, Start};

/// How often a lease is renewed within its length.
pub(crate) const RENEWALS: u32 = 3;

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
    /// How its program ended, and its session where it had one.
    pub finish: Finish,
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
#[derive(Debug)]
pub enum RunOutcome {
    /// There is work, and the agent still holds the task. Nothing can prove it: the task has no
    /// check.
    ToComplete,
    /// Adjutant tried to complete the task. Work that is not proven stays on its branch, and the
    /// task was given back.
    Completed(Completion),
    /// The task was given back, and why.
    GivenBack(String),
    /// The agent itself ended the claim, and how: it completed the task, handed it off, or gave
    /// it back.
    EndedByAgent(AttemptResult),
    /// The lease was lost in the meantime.
    Lost(Refusal),
}

/// A run that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The role of the agent cannot be found.
    #[error(transparent)]
    Role(#[from] RolesError),
    /// The site could not be made, or the program not be run.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the north-star gates pause cannot be told.
    #[error(transparent)]
    NorthStar(#[from] NorthStarError),
    /// The agent's work tree cannot be followed to its repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The work tree could not be told of the claim.
    #[error(transparent)]
    File(#[from] FileError),
    /// What a gate decided cannot be opened.
    #[error(transparent)]
    Decision(#[from] RecordError),
    /// What the agent left could not be checked.
    #[error(transparent)]
    Checking(#[from] CheckingError),
    /// A name that was put together is not one.
    #[error(transparent)]
    Name(#[from] adjutant_domain::InvalidName),
}

/// Claims a task for an agent, runs it, keeps what it left, and completes the task with it.
/// `cancel` ends it early.
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
    let role = role_named(home, &agent.role)?.role;
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
    match run.to_its_end(cancel).await {
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

pub(crate) fn millis(duration: Duration) -> i64 {
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
    async fn to_its_end(&self, cancel: impl Future<Output = ()>) -> Result<RanAgent, RunError> {
        let mut cancel = std::pin::pin!(cancel);
        let mut ran = self.work(cancel.as_mut()).await?;
        if let RunOutcome::ToComplete = ran.outcome {
            ran.outcome = self.deliver(&ran, cancel).await?;
        }
        Ok(ran)
    }

    async fn work(&self, cancel: impl Future<Output = ()>) -> Result<RanAgent, RunError> {
        let start = self.start();
        let site = start.prepare()?;
        // What the agent asks Adjutant in its work tree is asked by the holder.
        remember_holder(&locate(&site.folder, None)?, self.holder)?;
        let mut stop = None;
        let attended = {
            let watch = async {
                stop = Some(self.watch(cancel).await);
            };
            start.attend(site, watch).await?
        };
        if let Some(Stop::Store(error)) = stop {
            return Err(error.into());
        }
        let transcript = start.keep(self.store, &attended, None).await?;
        let usage = start.keep_usage(self.store, &attended).await?;
        let outcome = self.conclude(stop, &attended).await?;
        let is_kept = self.request.keep_work_tree;
        if !is_kept {
            agent_process::remove(&Git::at(&self.home.top), &attended.site)?;
        }
        Ok(RanAgent {
            holder: self.holder.clone(),
            finish: attended.finish,
            site: attended.site,
            left: attended.left,
            is_kept,
            transcript,
            usage,
            outcome,
        })
    }

    fn start(&self) -> Start<'_> {
        Start {
            home: self.home,
            agent: self.agent,
            role: self.role,
            task: &self.won.task,
            epoch: self.holder.epoch,
            name: format!("{}-e{}", self.holder.task, self.holder.epoch),
            began_at: self.began_at,
            time_max: self.request.time_max,
            variables: &self.request.variables,
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
                    Ok(Claim::Refused(refusal)) => match self.ended_by_agent().await {
                        Ok(Some(result)) => match result {
                            // There is no lease to renew any more: the agent ends in its time.
                            AttemptResult::Proven
                            | AttemptResult::Merged
                            | AttemptResult::HandedOff => std::future::pending().await,
                            AttemptResult::Released
                            | AttemptResult::Refused
                            | AttemptResult::Lost
                            | AttemptResult::Rejected => return Stop::Asked,
                        },
                        Ok(None) => return Stop::Lost(refusal),
                        Err(error) => return Stop::Store(error),
                    },
                    Err(error) => return Stop::Store(error),
                }
            }
        };
        tokio::select! {
            stop = heartbeat => stop,
            () = cancel => Stop::Asked,
        }
    }

    /// How the agent itself ended its claim, if it did.
    async fn ended_by_agent(&self) -> Result<Option<AttemptResult>, StoreError> {
        let attempts = self.store.attempts_of(Some(&self.agent.name)).await?;
        let holder = self.holder;
        let own = attempts
            .into_iter()
            .find(|attempt| attempt.task == holder.task && attempt.epoch == holder.epoch);
        Ok(own
            .and_then(|attempt| attempt.result)
            .filter(|result| *result != AttemptResult::Lost))
    }

    /// Work that can be completed stays with the agent; everything else is given back at once.
    async fn conclude(
        &self,
        stop: Option<Stop>,
        Attended {
            site, finish, left, ..
        }: &Attended,
    ) -> Result<RunOutcome, StoreError> {
        let is_stopped = stop.is_some();
        if let Some(Stop::Lost(refusal)) = stop {
            return Ok(RunOutcome::Lost(refusal));
        }
        if let Some(result) = self.ended_by_agent().await? {
            return Ok(RunOutcome::EndedByAgent(result));
        }
        if !is_stopped && finish.is_well() && left.is_changed {
            return Ok(RunOutcome::ToComplete);
        }
        let mut reason = format!("{} {}", self.agent.name, ending(finish));
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
            Written::Task(_) => Ok(RunOutcome::GivenBack(reason)),
            Written::Refused(refusal) => Ok(RunOutcome::Lost(refusal)),
        }
    }
}

/// How an agent ended, as it is stored.
fn ending(finish: &Finish) -> String {
    if let Some(session) = &finish.session {
        return session.end.to_string();
    }
    match finish.ended.end {
        End::Exited(code) => format!("exited {code}"),
        End::Signaled(signal) => format!("was ended by signal {signal}"),
        End::TimedOut => "ran out of time".to_owned(),
        End::Cancelled => "was cancelled".to_owned(),
        End::NotFound => "could not be started: there is no such program".to_owned(),
        End::NotStarted(number) => format!("could not be started: error {number}"),
    }
}
