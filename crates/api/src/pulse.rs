//! Whether the database answers, and when somebody wrote to it: told by the system where it is a
//! file, by the server where it is one.

use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

use adjutant_outbound::file_watch::FileWatch;
use adjutant_store::{Heard, JournalListener, Location};
use adjutant_wire::Failure;
use tokio::sync::watch;

/// How long is waited for a write before it is looked whether the server stops.
const LOOK_UP_EVERY: Duration = Duration::from_secs(1);

/// Changes of files within this time are told together.
const SETTLING: Duration = Duration::from_millis(25);

/// Whether the database answers. A file always does.
#[derive(Debug, Clone)]
pub(crate) struct Pulse(Option<watch::Receiver<Heard>>);

impl Pulse {
    pub(crate) fn of(location: &Location) -> Result<Self, Failure> {
        let listener = location.postgres.as_deref().map(JournalListener::start);
        Ok(Self(listener.transpose()?))
    }

    pub(crate) fn is_away(&self) -> bool {
        let heard = self.0.as_ref();
        heard.is_some_and(|heard| heard.borrow().is_away)
    }

    /// Waits until the database does not answer.
    pub(crate) async fn gone(&self) {
        if let Some(mut heard) = self.0.clone()
            && heard.wait_for(|heard| heard.is_away).await.is_ok()
        {
            return;
        }
        pending::<()>().await;
    }
}

/// What says that the journal may have grown.
pub(crate) enum Change {
    /// The system tells of writes to the database's folder.
    Files(FileWatch),
    /// The server tells.
    Told(watch::Receiver<Heard>),
    /// Only looking tells.
    Looking,
}

impl Change {
    pub(crate) fn of(location: &Location, pulse: &Pulse) -> Self {
        if let Some(heard) = &pulse.0 {
            return Self::Told(heard.clone());
        }
        let watch = FileWatch::new().and_then(|mut watch| {
            watch.set(&BTreeSet::from([location.folder.clone()]))?;
            Ok(watch)
        });
        watch.map_or(Self::Looking, Self::Files)
    }

    /// Waits a second at most; whether it is worth looking.
    pub(crate) async fn wait(&mut self) -> bool {
        match self {
            Self::Looking => {
                tokio::time::sleep(LOOK_UP_EVERY).await;
                true
            }
            Self::Told(heard) => {
                match tokio::time::timeout(LOOK_UP_EVERY, heard.changed()).await {
                    Err(_silent) => false,
                    Ok(Ok(())) => !heard.borrow_and_update().is_away,
                    // From now on, looking has to do.
                    Ok(Err(_ended)) => {
                        *self = Self::Looking;
                        true
                    }
                }
            }
            Self::Files(watch) => match watch.wait_once(LOOK_UP_EVERY) {
                Ok(changed) => {
                    if changed {
                        tokio::time::sleep(SETTLING).await;
                    }
                    changed
                }
                // From now on, looking has to do.
                Err(_unwatched) => {
                    *self = Self::Looking;
                    true
                }
            },
        }
    }
}
