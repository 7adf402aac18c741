//! A competition: several agents work on one task side by side, each in its own work tree, under
//! one claim that the competition holds. Their work is checked one after the other, so that no
//! measurement disturbs another; the winner's becomes the task's proven work.

mod judging;
mod side_by_side;

use std::convert::Infallible;
use std::ffi::OsString;
use std::future::pending;
use std::time::Duration;

use adjutant_domain::{AgentName, Digest, Measurement, TaskId, Timestamp};
use adjutant_formats::FormatError;
use adjutant_outbound::agent_process::{self, Finish, Left, Site};
use adjutant_outbound::clock;
use adjutant_outbound::git::Git;
use adjutant_store::{Store, StoreError, Written};
use adjutant_work::{
    Agent, Claim, ClaimRequest, EntryMeasure, Holder, OnOverlap, Refusal, Role, Ruling, Target,
    Task, TrialOutcome, Unproven,
};
use tokio::sync::watch;

use crate::completing::{Completed, Completion};
use crate::roles::role_named;
use crate::running::{Attended, RENEWALS, RunError, Start, millis};
use crate::{Home, pauses};
use judging::{Checked, judged};
use side_by_side::side_by_side;

/// What a competition is about.
#[derive(Debug, Clone)]
pub struct CompeteRequest {
    /// On what.
    pub task: TaskId,
    /// Who, each once. The order decides what nothing else does.
    pub agents: Vec<AgentName>,
    /// The longest that each may work.
    pub time_max: Duration,
    /// How long the lease of the competition lasts.
    pub lease: Duration,
    /// Whether the work trees stay.
    pub keep_work_trees: bool,
    /// The caller's environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// The answer to a competition.
#[derive(Debug)]
pub enum CompeteAnswer {
    /// There is no such agent.
    UnknownAgent(AgentName),
    /// The task cannot be had, or not by one of the agents.
    Refused(Refusal),
    /// Nothing can judge the work.
    Unjudgeable(Unproven),
    /// It took place.
    Held(Box<Competition>),
}

/// A competition that took place.
#[derive(Debug)]
pub struct Competition {
    /// The claim under which it was held.
    pub holder: Holder,
    /// What each agent made of it, in the order in which they were named.
    pub entries: Vec<CompetitionEntry>,
    /// How it ended.
    pub outcome: CompetitionOutcome,
}

/// What one agent made of a competition.
#[derive(Debug)]
pub struct CompetitionEntry {
    /// Who.
    pub agent: AgentName,
    /// How its program ended.
    pub finish: Finish,
    /// Its branch, and the commit on which it began.
    pub site: Site,
    /// What it left.
    pub left: Left,
    /// What it wrote to standard output.
    pub transcript: Digest,
    /// What it says that it used, or why that is not known.
    pub usage: Result<Vec<Measurement>, FormatError>,
    /// What was seen when its work was checked.
    pub seen: Seen,
    /// What counts for its record; nothing where nothing can be said about the agent.
    pub judged: Option<TrialOutcome>,
}

/// What was seen of an entry.
#[derive(Debug)]
pub enum Seen {
    /// It left no work, or did not end as one that is done.
    NoWork,
    /// It was not looked at: the competition ended before.
    NotChecked,
    /// It is proven.
    Proven {
        /// What the gates of its checks measured.
        measures: Vec<EntryMeasure>,
        /// How many lines it changes.
        lines: u64,
    },
    /// It is not, and why; never [`Completion::Proven`].
    NotProven(Completion),
}

/// How a competition ended.
#[derive(Debug)]
pub enum CompetitionOutcome {
    /// Someone won, and that work is proven.
    Won {
        /// Who, and why.
        ruling: Ruling,
        /// The proof.
        completed: Box<Completed>,
    },
    /// No entry is proven; the task was given back.
    NobodyWon,
    /// It was cancelled, and the task given back.
    Cancelled,
    /// The lease was lost in the meantime.
    Lost(Refusal),
}

/// Lets agents compete for a task. `cancel` ends it early.
///
/// # Errors
/// When a role is unknown, or a work tree, a program, the store or git fails. What the agents do
/// is an answer.
pub async fn compete(
    store: &Store,
    home: &Home,
    request: &CompeteRequest,
    cancel: impl Future<Output = ()>,
) -> Result<CompeteAnswer, RunError> {
    let Some(stored) = store.task(request.task).await? else {
        let task = request.task;
        return Ok(CompeteAnswer::Refused(Refusal::Unknown { task }));
    };
    if stored.task.intake.checks.is_empty() {
        return Ok(CompeteAnswer::Unjudgeable(Unproven::NoCheck));
    }
    let competitors = match competitors(store, home, request, &stored.task).await? {
        Ok(competitors) => competitors,
        Err(answer) => return Ok(answer),
    };
    let began_at = clock::now();
    let role = stored.task.intake.role.as_ref();
    let claim = ClaimRequest {
        agent: format!("competition-{}", request.task).parse()?,
        role: role
            .map(|role| role_named(home, role).map(|found| found.role))
            .transpose()?,
        target: Target::Task(request.task),
        lease_millis: millis(request.lease),
        on_overlap: OnOverlap::Refuse,
        pauses: pauses(store, home, began_at).await?,
        key: None,
    };
    let won = match store.claim(&claim, began_at).await? {
        Claim::Won(won) => won,
        Claim::Refused(refusal) => return Ok(CompeteAnswer::Refused(refusal)),
    };
    let holder = Holder {
        task: won.task.id,
        epoch: won.lease.epoch,
        agent: claim.agent.clone(),
    };
    let contest = Contest {
        store,
        home,
        request,
        claim: &claim,
        task: &won.task,
        holder: &holder,
        competitors: &competitors,
        began_at,
    };
    match contest.hold(cancel).await {
        Ok(competition) => Ok(CompeteAnswer::Held(Box::new(competition))),
        Err(error) => {
            let reason = format!("the competition failed: {error}");
            store.release(&holder, &reason, clock::now()).await?;
            Err(error)
        }
    }
}

/// The agents with their roles.
async fn competitors(
    store: &Store,
    home: &Home,
    request: &CompeteRequest,
    task: &Task,
) -> Result<Result<Vec<(Agent, Role)>, CompeteAnswer>, RunError> {
    let agents = store.agents().await?;
    let mut competitors = Vec::new();
    for name in &request.agents {
        let Some(agent) = agents.iter().find(|one| one.name == *name) else {
            return Ok(Err(CompeteAnswer::UnknownAgent(name.clone())));
        };
        if let Some(needed) = &task.intake.role
            && *needed != agent.role
        {
            return Ok(Err(CompeteAnswer::Refused(Refusal::WrongRole {
                task: task.id,
                needed: needed.clone(),
                has: Some(agent.role.clone()),
            })));
        }
        competitors.push((agent.clone(), role_named(home, &agent.role)?.role));
    }
    Ok(Ok(competitors))
}

/// A competition under way.
struct Contest<'a> {
    store: &'a Store,
    home: &'a Home,
    request: &'a CompeteRequest,
    claim: &'a ClaimRequest,
    task: &'a Task,
    holder: &'a Holder,
    competitors: &'a [(Agent, Role)],
    began_at: Timestamp,
}

/// Why a competition was stopped early.
enum Stop {
    /// The caller asked.
    Asked,
    /// The task is no longer the competition's.
    Lost(Refusal),
    /// The store could not be asked.
    Store(StoreError),
}

impl Contest<'_> {
    /// Lets all work, and judges what they left. The lease is held all the while; when that ends
    /// or the caller cancels, the agents are told to stop, and nothing more is checked.
    async fn hold(&self, cancel: impl Future<Output = ()>) -> Result<Competition, RunError> {
        let (stop_all, stopped) = watch::channel(false);
        let mut why = None;
        let watching = async {
            why = Some(tokio::select! {
                stop = self.hold_lease() => stop,
                () = cancel => Stop::Asked,
            });
            stop_all.send_replace(true);
            pending::<Infallible>().await
        };
        let starts = self.starts();
        let looked_at = tokio::select! {
            looked_at = self.work_and_check(&starts, stopped) => looked_at?,
            never = watching => match never {},
        };
        self.conclude(why, &starts, looked_at).await
    }

    fn starts(&self) -> Vec<Start<'_>> {
        let start = |(agent, role)| Start {
            home: self.home,
            agent,
            role,
            task: self.task,
            epoch: self.holder.epoch,
            name: run_name(self.holder, agent),
            began_at: self.began_at,
            time_max: self.request.time_max,
            variables: &self.request.variables,
        };
        let pairs = self.competitors.iter();
        pairs.map(|(agent, role)| start((agent, role))).collect()
    }

    /// Renews the lease until that is refused.
    async fn hold_lease(&self) -> Stop {
        let renewal = ClaimRequest {
            target: Target::Renewal(self.holder.task, self.holder.epoch),
            ..self.claim.clone()
        };
        loop {
            tokio::time::sleep(self.request.lease / RENEWALS).await;
            match self.store.claim(&renewal, clock::now()).await {
                Ok(Claim::Won(_)) => {}
                Ok(Claim::Refused(refusal)) => return Stop::Lost(refusal),
                Err(error) => return Stop::Store(error),
            }
        }
    }

    async fn work_and_check(
        &self,
        starts: &[Start<'_>],
        stopped: watch::Receiver<bool>,
    ) -> Result<Vec<LookedAt>, RunError> {
        let works = starts.iter().map(|start| {
            let mut stopped = stopped.clone();
            async move {
                let site = start.prepare()?;
                let stop = async { stop_is_asked(&mut stopped).await };
                start.attend(site, stop).await
            }
        });
        let attended = side_by_side(works.collect()).await;
        let mut looked_at = Vec::new();
        for (start, attended) in starts.iter().zip(attended) {
            let attended = attended?;
            let checked = self.check(start, &attended, stopped.clone()).await?;
            looked_at.push(LookedAt { attended, checked });
        }
        Ok(looked_at)
    }

    /// Decides, stores, and tidies up.
    async fn conclude(
        &self,
        stop: Option<Stop>,
        starts: &[Start<'_>],
        looked_at: Vec<LookedAt>,
    ) -> Result<Competition, RunError> {
        let outcome = match stop {
            Some(Stop::Store(error)) => return Err(error.into()),
            Some(Stop::Lost(refusal)) => CompetitionOutcome::Lost(refusal),
            Some(Stop::Asked) => {
                let given_back = self.give_back("the competition was cancelled").await?;
                given_back.unwrap_or(CompetitionOutcome::Cancelled)
            }
            None => self.decide(&looked_at).await?,
        };
        let mut entries = Vec::new();
        for (start, looked_at) in starts.iter().zip(looked_at) {
            entries.push(self.keep(start, looked_at, &outcome).await?);
        }
        let (id, note) = (self.task.id, note(&entries));
        self.store.add_note(id, None, &note, clock::now()).await?;
        Ok(Competition {
            holder: self.holder.clone(),
            entries,
            outcome,
        })
    }

    /// Gives the task back; the refusal when it is no longer the competition's.
    async fn give_back(&self, reason: &str) -> Result<Option<CompetitionOutcome>, StoreError> {
        let now = clock::now();
        Ok(match self.store.release(self.holder, reason, now).await? {
            Written::Task(_) => None,
            Written::Refused(refusal) => Some(CompetitionOutcome::Lost(refusal)),
        })
    }

    async fn keep(
        &self,
        start: &Start<'_>,
        LookedAt { attended, checked }: LookedAt,
        outcome: &CompetitionOutcome,
    ) -> Result<CompetitionEntry, RunError> {
        let judged = judged(start.agent, &attended.finish, &checked, outcome);
        let transcript = start.keep(self.store, &attended, judged).await?;
        let usage = start.keep_usage(self.store, &attended).await?;
        if !self.request.keep_work_trees {
            agent_process::remove(&Git::at(&self.home.top), &attended.site)?;
        }
        Ok(CompetitionEntry {
            agent: start.agent.name.clone(),
            finish: attended.finish,
            site: attended.site,
            left: attended.left,
            transcript,
            usage,
            seen: checked.into(),
            judged,
        })
    }
}

/// What an agent left, and what was seen of it.
struct LookedAt {
    attended: Attended,
    checked: Checked,
}

/// What stays written at the task: who did what, and on which branch it is.
fn note(entries: &[CompetitionEntry]) -> String {
    let told = entries.iter().map(|entry| {
        let judged = match entry.judged {
            Some(TrialOutcome::Won) => "won",
            Some(TrialOutcome::Passed) => "proven, and did not win",
            Some(TrialOutcome::Failed) => "not proven",
            Some(
                TrialOutcome::Merged
                | TrialOutcome::Proven
                | TrialOutcome::Running
                | TrialOutcome::Released
                | TrialOutcome::HandedOff
                | TrialOutcome::Rejected
                | TrialOutcome::Lost,
            )
            | None => "not judged",
        };
        format!("{} {judged} ({})", entry.agent, entry.site.branch)
    });
    format!("competition: {}", told.collect::<Vec<_>>().join("; "))
}

fn run_name(holder: &Holder, agent: &Agent) -> String {
    format!("{}-e{}-{}", holder.task, holder.epoch, agent.name)
}

/// Is done when the competition is to stop. A watcher that is gone asks for nothing.
async fn stop_is_asked(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|is_asked| *is_asked).await.is_err() {
        pending::<()>().await;
    }
}
