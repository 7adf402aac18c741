//! Work that one process does at a time, under a lead that is kept while it lasts.

use std::time::Duration;

use adjutant_domain::Epoch;
use adjutant_store::{Store, StoreError};

/// How often a lead is prolonged within its length.
const RENEWALS: u32 = 3;

/// Does the work while the lead is kept; `None` when it was lost.
pub(crate) async fn while_leading<T>(
    store: &Store,
    name: &str,
    lead: Epoch,
    length: Duration,
    work: impl Future<Output = T>,
) -> Result<Option<T>, StoreError> {
    // Both go on at once: each may wait for the connection that the other one has.
    let keeping = async {
        loop {
            tokio::time::sleep(length / RENEWALS).await;
            if !store.keep_lead(name, lead, length).await? {
                return Ok(());
            }
        }
    };
    tokio::select! {
        done = work => Ok(Some(done)),
        lost = keeping => lost.map(|()| None),
    }
}
