//! Delivers messages as they become due, to the receivers that the settings name at the time.

use std::time::Duration;

use adjutant_announce::Receiver;
use adjutant_outbound::clock;
use tokio::sync::watch;

use super::{ReconcileError, ReconcileNews, Reconciler, Reconciling, Waking};
use crate::announcing::{
    Deliverer, LAST_WORDS, Looking, known_receivers, ready_receivers, register_receivers,
};
use crate::{DeliveryNews, Effects};

/// How often is looked whether the settings name others, while nothing is written.
const SETTINGS_EVERY: Duration = Duration::from_secs(60);

pub(super) async fn keep(work: &Reconciling<'_>) {
    let pass = async || deliver_while_settings_hold(work).await;
    work.repeat(Reconciler::Announcements, Waking::OnWrites, pass)
        .await;
}

async fn deliver_while_settings_hold(work: &Reconciling<'_>) -> Result<Duration, ReconcileError> {
    let ready = ready_receivers(work.home, work.secret)?;
    register_receivers(work.store, work.home, clock::now()).await?;
    let named: Vec<&Receiver> = ready.iter().map(|ready| &ready.receiver).collect();
    let mut alarm = work.alarm.clone();
    let holding = async {
        loop {
            alarm.wait(SETTINGS_EVERY).await;
            if alarm.is_over() || known_receivers(work.home)?.iter().ne(named.iter().copied()) {
                return Ok(Duration::ZERO);
            }
        }
    };
    // There is nobody to deliver to: a client, which reads the system's certificates, is not needed.
    if ready.is_empty() {
        (work.tell)(ReconcileNews::Passed(Reconciler::Announcements));
        return holding.await;
    }
    let deliverer = Deliverer::new(work.store, &ready, Effects::default())?;
    let (end, ended) = watch::channel(false);
    let tell = |news: DeliveryNews<'_>| (work.tell)(ReconcileNews::Delivery(news));
    let looking = Looking::WhenTold(work.alarm.journal.clone());
    let mut delivering = std::pin::pin!(deliverer.deliver_until(&ended, looking, &tell));
    let held: Result<Duration, ReconcileError> = tokio::select! {
        held = holding => held,
        () = &mut delivering => return Ok(SETTINGS_EVERY),
    };
    end.send_replace(true);
    match tokio::time::timeout(LAST_WORDS, delivering).await {
        // What is under way by then is sent again, under its id.
        Ok(()) | Err(_) => held,
    }
}
