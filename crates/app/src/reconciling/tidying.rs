//! Forgets what nobody needs any more.

use std::time::Duration;

use adjutant_outbound::clock;
use adjutant_store::Forgotten;

use super::{ReconcileNews, Reconciler, Reconciling, Waking};

/// How often: what is old is days old.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

pub(super) async fn keep(work: &Reconciling<'_>) {
    let tidy = async || {
        let tidying = async {
            let forgotten = work.store.forget_old(clock::now()).await?;
            if forgotten != Forgotten::default() {
                (work.tell)(ReconcileNews::Forgotten(forgotten));
            }
            Ok(())
        };
        work.in_office(Reconciler::Tidying, tidying).await?;
        Ok(TIDY_EVERY)
    };
    work.repeat(Reconciler::Tidying, Waking::Never, tidy).await;
}
