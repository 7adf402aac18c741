//! Carries on every rollout that is under way, whoever started it, and what a controller that was
//! killed has left undone.

use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use adjutant_domain::ServiceName;
use adjutant_outbound::clock::Stopwatch;
use adjutant_rollout::{RolloutPhase, ServicePlan};
use adjutant_store::{Office, StoredServiceEvent};

use super::{ReconcileError, ReconcileNews, Reconciler, Reconciling, backoff};
use crate::{ControlEnd, RolloutError, WhileWaiting, control, look_at_service};

/// How often is looked for services while nothing is written: another server may have gone that
/// carried one on.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long controllers have to end what they are at.
const LEAVING: Duration = Duration::from_secs(5);

type Controlling<'a> = Pin<Box<dyn Future<Output = Result<ControlEnd, RolloutError>> + 'a>>;

/// A service that is carried on here.
struct Carried<'a> {
    service: ServiceName,
    office: Office,
    controlling: Controlling<'a>,
}

/// A service that could not be carried on.
struct Trouble {
    failures: u32,
    since: Stopwatch,
    again: Duration,
}

/// What is known of services while the server runs.
#[derive(Default)]
struct Known {
    /// The last event of services that need nothing.
    settled: BTreeMap<ServiceName, i64>,
    troubled: BTreeMap<ServiceName, Trouble>,
    /// Whether events that come now were not there when the server started.
    is_later: bool,
}

pub(super) async fn keep(work: &Reconciling<'_>) {
    let mut crew = Crew::default();
    let mut known = Known::default();
    let mut alarm = work.alarm.clone();
    let mut failures = 0;
    while !alarm.is_over() {
        alarm.journal.mark_unchanged();
        let rest = match take_on(work, &mut known, &mut crew).await {
            Ok(()) => {
                failures = 0;
                (work.tell)(ReconcileNews::Passed(Reconciler::Rollouts));
                LOOK_EVERY
            }
            Err(error) => {
                let again = backoff(failures);
                failures = failures.saturating_add(1);
                tell_failure(work, None, &error, again);
                again
            }
        };
        crew.until_one_ends(alarm.wait(rest)).await;
        for (service, office, end) in std::mem::take(&mut crew.ended) {
            crew.beside(close(work, &mut known, service, office, end))
                .await;
        }
    }
    let leaving = async {
        while !crew.carried.is_empty() {
            crew.until_one_ends(pending()).await;
        }
    };
    match tokio::time::timeout(LEAVING, leaving).await {
        // A controller that is dropped is like one that was killed: the next one goes on. The
        // offices end with the process.
        Ok(()) | Err(_) => {}
    }
}

/// Begins to carry on what needs it and nobody carries on; drops what another one may carry on now.
async fn take_on<'a>(
    work: &'a Reconciling<'_>,
    known: &mut Known,
    crew: &mut Crew<'a>,
) -> Result<(), ReconcileError> {
    let mut lost = Vec::new();
    for one in &crew.carried {
        if !work.store.has_office(&one.office).await {
            lost.push(one.service.clone());
        }
    }
    crew.carried.retain(|one| !lost.contains(&one.service));
    let services = crew.beside(work.store.services()).await?;
    for service in services {
        let is_carried = crew.carried.iter().any(|one| one.service == service);
        if is_carried || known.rests(&service) {
            continue;
        }
        if !crew.beside(needs_control(work, known, &service)).await? {
            continue;
        }
        let name = format!("rollout/{service}");
        if let Some(office) = crew.beside(work.store.take_office(&name)).await? {
            let controlling = Box::pin(carry_on(work, service.clone()));
            crew.carried.push(Carried {
                service,
                office,
                controlling,
            });
        }
    }
    known.is_later = true;
    Ok(())
}

/// The controllers that run, and those that ended and were not seen to yet. Whoever waits for the
/// store goes on beside them: each may have what the other one waits for.
#[derive(Default)]
struct Crew<'a> {
    carried: Vec<Carried<'a>>,
    ended: Vec<Ended>,
}

impl Crew<'_> {
    fn go_on(&mut self, context: &mut Context<'_>) {
        let mut at = 0;
        while let Some(one) = self.carried.get_mut(at) {
            match one.controlling.as_mut().poll(context) {
                Poll::Ready(end) => {
                    let one = self.carried.swap_remove(at);
                    self.ended.push((one.service, one.office, end));
                }
                Poll::Pending => at += 1,
            }
        }
    }

    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.go_on(context);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Goes on until a controller ends, or until `wait` does.
    async fn until_one_ends(&mut self, wait: impl Future<Output = ()>) {
        let mut wait = pin!(wait);
        poll_fn(|context| {
            self.go_on(context);
            if self.ended.is_empty() {
                wait.as_mut().poll(context)
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

impl Known {
    /// Whether a service is left alone after a failure.
    fn rests(&self, service: &ServiceName) -> bool {
        let trouble = self.troubled.get(service);
        trouble.is_some_and(|trouble| trouble.since.elapsed() < trouble.again)
    }
}

async fn needs_control(
    work: &Reconciling<'_>,
    known: &mut Known,
    service: &ServiceName,
) -> Result<bool, ReconcileError> {
    let Some(last) = work.store.last_service_event(service).await? else {
        return Ok(false);
    };
    if known.settled.get(service) == Some(&last.number) {
        return Ok(false);
    }
    let needs = is_here(work, service, &last).await?
        && (is_under_way(&last) || known.is_later || runs(work, service).await?);
    if !needs {
        known.settled.insert(service.clone(), last.number);
    }
    Ok(needs)
}

fn is_under_way(last: &StoredServiceEvent) -> bool {
    let state = last.record.state.as_ref();
    !state.is_none_or(|state| RolloutPhase::has_ended(state.phase))
}

/// On a database that several machines share, programs run where they were started first.
async fn is_here(
    work: &Reconciling<'_>,
    service: &ServiceName,
    last: &StoredServiceEvent,
) -> Result<bool, ReconcileError> {
    if work.home.state.postgres.is_none() || work.ground.knows(service) {
        return Ok(true);
    }
    let rollout = match last.rollout {
        Some(id) => work.store.rollout(id).await?,
        None => work.store.rollouts(service).await?.pop(),
    };
    let plan = rollout.map(|rollout| rollout.basis.service);
    Ok(matches!(plan, Some(ServicePlan::Cluster(_))))
}

/// Whether anything of a service runs. One that was brought down before the server started stays
/// down.
async fn runs(work: &Reconciling<'_>, service: &ServiceName) -> Result<bool, ReconcileError> {
    let seen = look_at_service(work.store, work.ground, service).await?;
    let is_any = seen.instances.iter().any(|one| one.state.is_some());
    Ok(is_any || seen.entrance.is_some())
}

async fn carry_on(
    work: &Reconciling<'_>,
    service: ServiceName,
) -> Result<ControlEnd, RolloutError> {
    let mut told = None;
    let tell = |seen: &crate::SeenService, _: Option<&_>| {
        let last = seen.last.as_ref().map(|last| last.number);
        if (last.is_some() && told != last) || seen.trouble.is_some() {
            told = last;
            (work.tell)(ReconcileNews::Service(seen));
        }
        !work.alarm.is_over()
    };
    control(work.store, work.ground, &service, WhileWaiting::Stay, tell).await
}

type Ended = (ServiceName, Office, Result<ControlEnd, RolloutError>);

/// Remembers how a service's controller ended, and gives its office back.
async fn close(
    work: &Reconciling<'_>,
    known: &mut Known,
    service: ServiceName,
    office: Office,
    end: Result<ControlEnd, RolloutError>,
) {
    let seen = match end {
        Ok(ControlEnd::Settled(_) | ControlEnd::Unknown) => {
            let last = work.store.last_service_event(&service).await;
            last.map_err(ReconcileError::from)
        }
        Ok(ControlEnd::Left | ControlEnd::Waits(_)) => Ok(None),
        Ok(ControlEnd::Hindered(hindrance)) => Err(ReconcileError::Hindered(hindrance)),
        Err(error) => Err(error.into()),
    };
    match seen {
        Ok(last) => {
            known.troubled.remove(&service);
            // What came after the end is seen by the next look.
            if let Some(last) = last.filter(|last| !is_under_way(last)) {
                known.settled.insert(service, last.number);
            }
        }
        Err(error) => {
            let failures = known.troubled.get(&service).map_or(0, |one| one.failures);
            let again = backoff(failures);
            tell_failure(work, Some(&service), &error, again);
            let trouble = Trouble {
                failures: failures.saturating_add(1),
                since: Stopwatch::start(),
                again,
            };
            known.troubled.insert(service, trouble);
        }
    }
    if let Err(error) = work.store.leave_office(office).await {
        tell_failure(work, None, &error.into(), Duration::ZERO);
    }
}

fn tell_failure(
    work: &Reconciling<'_>,
    service: Option<&ServiceName>,
    error: &ReconcileError,
    again: Duration,
) {
    (work.tell)(ReconcileNews::Failed {
        reconciler: Reconciler::Rollouts,
        service,
        error,
        again,
    });
}
