//! Directives of a planning team: carried out by priority, each once, and reported back after every
//! step. One process at a time carries them out; one that was killed is followed by the next, which
//! goes on where it stopped.

mod action;
mod criteria;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adjutant_domain::{Digest, DirectiveId, Epoch, ServiceName, Timestamp};
use adjutant_outbound::clock;
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::process::{Environment, ProcessError};
use adjutant_rollout::{RecoveryProof, RecoveryRefusal};
use adjutant_store::{
    Beginning, DIRECTIVES_LEAD, DirectiveAttempt, DirectiveEnding, Lead, Store, StoreError,
};
use adjutant_work::directive::{
    Directive, DirectiveAction, DirectiveOutcome, DirectiveRecord, DirectiveStanding,
    DirectivesProgress, Queue, ReadDirectives, SeenAttempt, UnreadableDirectives, progress_of,
    read_directives,
};

use crate::leading::while_leading;
use crate::{Ground, Home, PlanError, RolloutError, plan_rollout, read_rollout_plan};

/// How long a lead lasts: as long as a killed process keeps the next one waiting.
const LEAD: Duration = Duration::from_secs(3);

/// How long the next one waits: what a killed process sent to a server may arrive late.
const PATIENCE: Duration = Duration::from_secs(6);

/// What is to be carried out.
#[derive(Debug, Clone, Copy)]
pub struct DirectivesRequest<'a> {
    /// The file of the directives.
    pub file: &'a Path,
    /// The file in which their progress is reported back.
    pub progress: &'a Path,
    /// What programs see of the environment.
    pub environment: &'a Environment,
    /// Where services run.
    pub ground: &'a Ground,
}

/// What became of carrying out directives.
#[derive(Debug, Clone, PartialEq)]
pub enum DirectivesRun {
    /// All that could be carried out was tried.
    Ended(DirectivesProgress),
    /// Another process carries them out.
    HeldByAnother,
}

/// Something that happened on the way.
#[derive(Debug)]
pub enum DirectiveStep<'a> {
    /// Another process leads, or one that was killed: its lead lasts this long.
    Waits(Duration),
    /// A directive began.
    Begun(&'a Directive, u32),
    /// A directive ended.
    Ended(&'a Directive, DirectiveOutcome, &'a DirectiveRecord),
}

/// Directives could not be carried out. A directive that fails is no error.
#[derive(Debug, thiserror::Error)]
pub enum DirectivesError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds no directives.
    #[error("{}: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: UnreadableDirectives,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A program could not be run under a keeper.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A report could not be written as JSON.
    #[error("the report cannot be written")]
    Report(#[source] serde_json::Error),
    /// A rollout could not be carried on.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// No folder for a program's output could be made.
    #[error("no folder for a program's output can be made")]
    Scratch(#[source] std::io::Error),
}

/// What would be carried out.
#[derive(Debug)]
pub struct PlannedDirectives {
    /// In which order.
    pub progress: DirectivesProgress,
    /// How long a recovery of each deployment takes at worst, at the present traffic.
    pub worst_cases: BTreeMap<DirectiveId, Result<RecoveryProof, NoWorstCase>>,
}

/// Why nobody knows how long a recovery takes at worst.
#[derive(Debug, thiserror::Error)]
pub enum NoWorstCase {
    /// There is no plan that can be followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The present traffic could not be asked for.
    #[error(transparent)]
    Traffic(#[from] RolloutError),
    /// The plan's worst case cannot be computed.
    #[error(transparent)]
    Recovery(#[from] RecoveryRefusal),
}

/// What would be carried out, in which order, and how long a recovery of each deployment takes at
/// worst. Nothing is carried out.
///
/// # Errors
/// When the file or the store cannot be read.
pub async fn plan_directives(
    store: &Store,
    home: &Home,
    request: &DirectivesRequest<'_>,
    now: Timestamp,
) -> Result<PlannedDirectives, DirectivesError> {
    let mut known = Known::of(&store.directive_attempts().await?);
    known.try_again();
    let read = read_file(request.file, &known.carried_out)?;
    let mut worst_cases = BTreeMap::new();
    for directive in &read.directives {
        if let DirectiveAction::Deploy(deploy) = &directive.action {
            let worst_case = worst_case(home, request.ground, &deploy.service).await;
            worst_cases.insert(directive.id.clone(), worst_case);
        }
    }
    Ok(PlannedDirectives {
        progress: known.progress(request.file, &read, now),
        worst_cases,
    })
}

async fn worst_case(
    home: &Home,
    ground: &Ground,
    service: &ServiceName,
) -> Result<RecoveryProof, NoWorstCase> {
    let plan = read_rollout_plan(home, service)?;
    Ok(plan_rollout(ground, service, plan).await?.recovery?)
}

/// Carries out the directives of a file. `tell` hears of each step.
///
/// # Errors
/// When the file cannot be read, the progress not be written, or the store fails. What was carried
/// out by then is kept.
pub async fn run_directives(
    store: &Store,
    home: &Home,
    request: &DirectivesRequest<'_>,
    mut tell: impl FnMut(DirectiveStep<'_>),
) -> Result<DirectivesRun, DirectivesError> {
    let Some(lead) = take_lead(store, &mut tell).await? else {
        return Ok(DirectivesRun::HeldByAnother);
    };
    let work = Work {
        store,
        home,
        request,
        lead,
    };
    let working = work.to_the_end(&mut tell);
    let progress = while_leading(store, DIRECTIVES_LEAD, lead, LEAD, working).await?;
    let has_led = store
        .keep_lead(DIRECTIVES_LEAD, lead, Duration::ZERO)
        .await?;
    Ok(match (progress.transpose()?, has_led) {
        (Some(progress), true) => DirectivesRun::Ended(progress),
        (Some(_) | None, false) | (None, true) => DirectivesRun::HeldByAnother,
    })
}

/// Waits for the lead as long as a killed process would keep it.
async fn take_lead(
    store: &Store,
    tell: &mut impl FnMut(DirectiveStep<'_>),
) -> Result<Option<Epoch>, StoreError> {
    let waited = clock::Stopwatch::start();
    loop {
        match store.take_lead(DIRECTIVES_LEAD, LEAD).await? {
            Lead::Mine(epoch) => return Ok(Some(epoch)),
            Lead::Held(_) if waited.elapsed() > PATIENCE => return Ok(None),
            Lead::Held(left) => {
                tell(DirectiveStep::Waits(left));
                tokio::time::sleep(left).await;
            }
        }
    }
}

fn read_file(
    path: &Path,
    carried_out: &BTreeMap<DirectiveId, Digest>,
) -> Result<ReadDirectives, DirectivesError> {
    let content = files::read(path)?;
    read_directives(&content.bytes, carried_out).map_err(|problem| DirectivesError::Unreadable {
        path: path.to_owned(),
        problem,
    })
}

/// What is known of directives.
#[derive(Default)]
struct Known {
    last: BTreeMap<DirectiveId, SeenAttempt>,
    standings: BTreeMap<DirectiveId, DirectiveStanding>,
    carried_out: BTreeMap<DirectiveId, Digest>,
}

impl Known {
    fn of(attempts: &[DirectiveAttempt]) -> Self {
        let mut known = Self::default();
        for attempt in attempts {
            known.learn(attempt);
        }
        known
    }

    fn learn(&mut self, attempt: &DirectiveAttempt) {
        let id = &attempt.directive;
        let ending = attempt.ending.as_ref();
        let standing = match ending {
            Some(ending) => DirectiveStanding::Ended(ending.outcome),
            None => DirectiveStanding::Begun {
                at: attempt.began_at,
            },
        };
        if standing.is_carried_out() {
            self.carried_out.insert(id.clone(), attempt.digest);
        }
        self.standings.insert(id.clone(), standing);
        let seen = SeenAttempt {
            attempt: attempt.attempt,
            began_at: attempt.began_at,
            ending: ending.map(|ending| (ending.at, ending.record.clone())),
        };
        self.last.insert(id.clone(), seen);
    }

    /// What failed before, and what was cut off, is tried again.
    fn try_again(&mut self) {
        self.standings
            .retain(|_, standing| standing.is_carried_out());
    }

    fn progress(&self, file: &Path, read: &ReadDirectives, now: Timestamp) -> DirectivesProgress {
        let file = file.display().to_string();
        progress_of(&file, read, &self.standings, &self.last, now)
    }
}

/// One run through a file of directives.
struct Work<'a> {
    store: &'a Store,
    home: &'a Home,
    request: &'a DirectivesRequest<'a>,
    lead: Epoch,
}

impl Work<'_> {
    async fn to_the_end(
        &self,
        tell: &mut impl FnMut(DirectiveStep<'_>),
    ) -> Result<DirectivesProgress, DirectivesError> {
        let mut known = Known::of(&self.store.directive_attempts().await?);
        known.try_again();
        let read = read_file(self.request.file, &known.carried_out)?;
        loop {
            let progress = known.progress(self.request.file, &read, clock::now());
            self.report(&progress)?;
            let queue = Queue {
                directives: &read.directives,
                standings: &known.standings,
            };
            let Some(next) = queue.next().cloned() else {
                return Ok(progress);
            };
            let now = clock::now();
            let begun = self
                .store
                .begin_directive(self.lead, &next.id, next.digest, now)
                .await?;
            let attempt = match begun {
                Beginning::Attempt(attempt) => attempt,
                Beginning::CarriedOut => {
                    known = Known::of(&self.store.directive_attempts().await?);
                    continue;
                }
                Beginning::LeadLost => return Ok(progress),
            };
            tell(DirectiveStep::Begun(&next, attempt));
            let mut attempt = DirectiveAttempt {
                directive: next.id.clone(),
                digest: next.digest,
                attempt,
                began_at: now,
                ending: None,
            };
            known.learn(&attempt);
            self.report(&known.progress(self.request.file, &read, now))?;
            let Some(ending) = self.carry_out(&next, &attempt).await? else {
                return Ok(progress);
            };
            tell(DirectiveStep::Ended(&next, ending.outcome, &ending.record));
            attempt.ending = Some(ending);
            known.learn(&attempt);
        }
    }

    /// How the directive ended; `None` when another process leads by then.
    async fn carry_out(
        &self,
        directive: &Directive,
        attempt: &DirectiveAttempt,
    ) -> Result<Option<DirectiveEnding>, DirectivesError> {
        let mut left = Vec::new();
        let acted = self.act(directive, attempt, &mut left).await?;
        let criteria = if acted.carried_out {
            self.judge(directive, attempt, &mut left).await?
        } else {
            vec![]
        };
        let record = DirectiveRecord {
            carried_out: acted.carried_out,
            result: acted.result,
            evidence: acted.evidence,
            criteria,
        };
        let ending = DirectiveEnding {
            at: clock::now(),
            outcome: record.outcome(),
            record,
        };
        let ended = self.store.end_directive(self.lead, attempt, &ending, &left);
        Ok(ended.await?.then_some(ending))
    }

    fn report(&self, progress: &DirectivesProgress) -> Result<(), DirectivesError> {
        let text = adjutant_report::directives::markdown(progress);
        Ok(files::replace(self.request.progress, &text)?)
    }
}
