//! Who leads something that only one process may do at a time. A lead lasts until the lease clock
//! has passed its end, and each new one has a higher epoch: what is written under an older one is
//! refused.

use std::time::Duration;

use adjutant_domain::Epoch;

use crate::session::{Purpose, Session};
use crate::tasks::lease_clock;
use crate::{Store, StoreError};

const OPERATION: &str = "lead";

/// What became of asking for a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// The caller has it.
    Mine(Epoch),
    /// Another one has it, for this long unless it goes on.
    Held(Duration),
}

impl Store {
    /// Asks for the lead of something.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take_lead(&self, name: &str, length: Duration) -> Result<Lead, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let now = lease_clock::tick(&mut session, &self.lease_clock).await?;
        let (epoch, expires) = find(&mut session, name).await?.unwrap_or((0, 0));
        let left = expires - now.millis();
        if left > 0 {
            session.commit().await?;
            return Ok(Lead::Held(Duration::from_millis(left as u64)));
        }
        let epoch = epoch + 1;
        let until = now.millis() + length.as_millis() as i64;
        let sql = "INSERT INTO lead (name, epoch, expires) VALUES ($1, $2, $3) \
                   ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, \
                   expires = excluded.expires";
        session
            .execute(OPERATION, sql, &[name.into(), epoch.into(), until.into()])
            .await?;
        session.commit().await?;
        Ok(Lead::Mine(Epoch::from_number(epoch)))
    }

    /// Prolongs a lead, or ends it with a length of zero. `false` when another one has it now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_lead(
        &self,
        name: &str,
        epoch: Epoch,
        length: Duration,
    ) -> Result<bool, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let now = lease_clock::tick(&mut session, &self.lease_clock).await?;
        let until = now.millis() + length.as_millis() as i64;
        let changed = session
            .execute(
                OPERATION,
                "UPDATE lead SET expires = $1 WHERE name = $2 AND epoch = $3",
                &[until.into(), name.into(), epoch.number().into()],
            )
            .await?;
        session.commit().await?;
        Ok(changed == 1)
    }
}

/// Whether `epoch` is the newest lead. One that ran out, and that nobody took since, still leads.
pub(crate) async fn leads(
    session: &mut Session<'_>,
    name: &str,
    epoch: Epoch,
) -> Result<bool, StoreError> {
    let newest = find(session, name).await?;
    Ok(newest.is_some_and(|(newest, _)| newest == epoch.number()))
}

async fn find(session: &mut Session<'_>, name: &str) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT epoch, expires FROM lead WHERE name = $1";
    let rows = session.query(OPERATION, sql, &[name.into()]).await?;
    let row = rows.first();
    row.map(|row| Ok((row.integer(0)?, row.integer(1)?)))
        .transpose()
}
