//! What a server does by itself, so that nobody has to keep a command running: it delivers what is
//! announced, carries rollouts on, asks what objectives need, and forgets what is old. Each
//! reconciler has no memory that matters: it asks the store what is due, does one step through the
//! use case that the commands call, and waits for a write or for the next due time.
//!
//! **Invariant.** Nothing here is correct because it runs once: several servers and commands may do
//! the same at the same time. Offices only save them the work.
//!
//! Leases that ran out are nobody's business here: the next claim ends them, and until then their
//! holder may still renew.

mod announcements;
mod objectives;
mod rollouts;
mod tidying;

use std::future::pending;
use std::time::Duration;

use adjutant_domain::ServiceName;
use adjutant_objective::ObjectiveStanding;
use adjutant_store::{Forgotten, Store, StoreError};
use tokio::sync::watch;

use crate::{
    AnnounceError, DeliveryNews, Ground, Hindrance, Home, ObjectiveError, RolloutError, SeenService,
};

/// What a server does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciler {
    /// Delivers messages.
    Announcements,
    /// Carries rollouts on.
    Rollouts,
    /// Asks how objectives stand, where a server counts their events.
    Objectives,
    /// Forgets what is old.
    Tidying,
}

impl Reconciler {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Announcements => "announcements",
            Self::Rollouts => "rollouts",
            Self::Objectives => "objectives",
            Self::Tidying => "tidying",
        }
    }
}

/// A pass that failed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Nobody could be told.
    #[error(transparent)]
    Announce(#[from] AnnounceError),
    /// A rollout could not be carried on.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// A service does not become as it is wanted.
    #[error(transparent)]
    Hindered(Box<Hindrance>),
    /// Objectives could not be asked for.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that a server may tell.
#[derive(Debug)]
pub enum ReconcileNews<'a> {
    /// A reconciler did what was due.
    Passed(Reconciler),
    /// It could not, and tries again after this long.
    Failed {
        /// Which.
        reconciler: Reconciler,
        /// Of which service, where it is about one.
        service: Option<&'a ServiceName>,
        /// Why.
        error: &'a ReconcileError,
        /// When it is tried again.
        again: Duration,
    },
    /// A message.
    Delivery(DeliveryNews<'a>),
    /// Something happened to a service that is carried on here.
    Service(&'a SeenService),
    /// An objective stands otherwise than before.
    Objective(&'a ObjectiveStanding),
    /// Something was forgotten.
    Forgotten(Forgotten),
}

/// What ends a wait: a write, a time, or the end of the server.
#[derive(Debug, Clone)]
pub struct Alarm {
    journal: watch::Receiver<i64>,
    stop: watch::Receiver<bool>,
}

impl Alarm {
    /// `journal` changes when something was written, `stop` says true when the server ends.
    pub fn new(journal: watch::Receiver<i64>, stop: watch::Receiver<bool>) -> Self {
        Self { journal, stop }
    }

    fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for a write, but no longer than this.
    async fn wait(&mut self, at_most: Duration) {
        tokio::select! {
            () = tokio::time::sleep(at_most) => {}
            () = changed(&mut self.journal) => {}
            () = told_to_stop(&mut self.stop) => {}
        }
    }

    /// Waits this long, whatever is written.
    async fn rest(&mut self, length: Duration) {
        tokio::select! {
            () = tokio::time::sleep(length) => {}
            () = told_to_stop(&mut self.stop) => {}
        }
    }
}

/// Whoever watched for changes may have gone; then there is nothing to wait for.
async fn changed(journal: &mut watch::Receiver<i64>) {
    if journal.changed().await.is_err() {
        pending::<()>().await;
    }
}

async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stops| *stops).await.is_err() {
        pending::<()>().await;
    }
}

/// What reconcilers work with.
pub struct Reconciling<'a> {
    /// The store; nobody else uses it.
    pub store: &'a Store,
    /// Where the settings are.
    pub home: &'a Home,
    /// Where services run.
    pub ground: &'a Ground,
    /// The secret that a variable of the environment holds.
    pub secret: fn(&str) -> Option<String>,
    /// What ends their waits.
    pub alarm: Alarm,
    /// Who hears of it.
    pub tell: &'a dyn Fn(ReconcileNews<'_>),
}

/// Does what becomes due, until the server stops.
pub async fn reconcile(work: &Reconciling<'_>) {
    tokio::join!(
        announcements::keep(work),
        rollouts::keep(work),
        objectives::keep(work),
        tidying::keep(work),
    );
}

/// What begins the next pass before its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waking {
    OnWrites,
    Never,
}

impl Reconciling<'_> {
    /// Repeats a pass, which says how long the next one has time. One that failed is told, and
    /// tried again later each time.
    async fn repeat(
        &self,
        reconciler: Reconciler,
        waking: Waking,
        mut pass: impl AsyncFnMut() -> Result<Duration, ReconcileError>,
    ) {
        let mut alarm = self.alarm.clone();
        let mut failures = 0;
        while !alarm.is_over() {
            alarm.journal.mark_unchanged();
            match pass().await {
                Ok(rest) => {
                    failures = 0;
                    (self.tell)(ReconcileNews::Passed(reconciler));
                    match waking {
                        Waking::OnWrites => alarm.wait(rest).await,
                        Waking::Never => alarm.rest(rest).await,
                    }
                }
                Err(error) => {
                    let again = backoff(failures);
                    failures = failures.saturating_add(1);
                    (self.tell)(ReconcileNews::Failed {
                        reconciler,
                        service: None,
                        error: &error,
                        again,
                    });
                    alarm.rest(again).await;
                }
            }
        }
    }

    /// Does work that one server does for all, where this one has the office for it.
    async fn in_office(
        &self,
        reconciler: Reconciler,
        work: impl Future<Output = Result<(), ReconcileError>>,
    ) -> Result<(), ReconcileError> {
        let Some(office) = self.store.take_office(reconciler.name()).await? else {
            return Ok(());
        };
        let done = work.await;
        self.store.leave_office(office).await?;
        done
    }
}

/// How long until something that failed is tried again.
fn backoff(failures: u32) -> Duration {
    const LONGEST: Duration = Duration::from_secs(60);
    Duration::from_secs(1 << failures.min(6)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_again_and_again_is_tried_once_a_minute() {
        let waits = [0, 1, 2, 5, 6, u32::MAX].map(|failures| backoff(failures).as_secs());
        assert_eq!(waits, [1, 2, 4, 32, 60, 60]);
    }
}
