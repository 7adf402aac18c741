//! What is kept for a while and then forgotten: messages that were received, and answers under keys.

use adjutant_domain::Timestamp;

use crate::session::Purpose;
use crate::tasks::{lease_clock, requests};
use crate::{Store, StoreError};

const OPERATION: &str = "forget what is old";

/// How long a message is kept after it was received.
const RECEIVED_KEPT_MILLIS: i64 = 8 * 24 * 3_600 * 1_000;

/// Messages that may be forgotten. The last one to a receiver stays: it tells how the receiver is.
const FORGETTABLE: &str = "d.state = 'delivered' AND d.due < $1 AND d.announcement <> \
                           (SELECT a.announcement FROM delivery_attempt a \
                           WHERE a.receiver = d.receiver ORDER BY a.id DESC LIMIT 1)";

/// How much was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Messages that were received.
    pub messages: u64,
    /// Answers that were kept under a key.
    pub answers: u64,
}

impl Store {
    /// Forgets messages that were received eight days ago, and answers as old. How many messages a
    /// receiver got is still known.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_old(&self, now: Timestamp) -> Result<Forgotten, StoreError> {
        let before = now.unix_millis().saturating_sub(RECEIVED_KEPT_MILLIS);
        let mut session = self.begin(Purpose::Write).await?;
        let at = lease_clock::tick(&mut session, &self.lease_clock).await?;
        let answers = requests::forget(&mut session, at).await?;
        let counted = format!(
            "UPDATE receiver SET delivered_before = delivered_before + \
             (SELECT COUNT(*) FROM delivery d WHERE d.receiver = receiver.name AND {FORGETTABLE})"
        );
        session
            .execute(OPERATION, &counted, &[before.into()])
            .await?;
        let attempts = format!(
            "DELETE FROM delivery_attempt WHERE EXISTS (SELECT 1 FROM delivery d \
             WHERE d.receiver = delivery_attempt.receiver \
             AND d.announcement = delivery_attempt.announcement AND {FORGETTABLE})"
        );
        session
            .execute(OPERATION, &attempts, &[before.into()])
            .await?;
        let messages = format!("DELETE FROM delivery AS d WHERE {FORGETTABLE}");
        let messages = session
            .execute(OPERATION, &messages, &[before.into()])
            .await?;
        let untold = "DELETE FROM announcement WHERE at < $1 \
                      AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.announcement = announcement.id) \
                      AND NOT EXISTS (SELECT 1 FROM delivery_attempt a \
                      WHERE a.announcement = announcement.id)";
        session.execute(OPERATION, untold, &[before.into()]).await?;
        session.commit().await?;
        Ok(Forgotten { messages, answers })
    }
}
