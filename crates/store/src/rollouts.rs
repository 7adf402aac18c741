//! Rollouts, and what is wanted of each service. A service is a chain of events; the last one says
//! what is wanted. Whoever adds one names the number of the one that it has seen: who is late adds
//! nothing.

use adjutant_announce::{Announcement, of_service};
use adjutant_domain::{Digest, ServiceName, Timestamp, sha256};
use adjutant_rollout::{RecoveryProof, RolloutId, RolloutPlan, ServicePlan, ServiceRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::evidence::insert_artifact;
use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, json_text};
use crate::{Store, StoreError, announcements};

/// What a rollout set out to do. It never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RolloutBasis {
    /// The steps.
    pub plan: RolloutPlan,
    /// How the service is started here.
    pub service: ServicePlan,
    /// The version it is held against; missing for the first version of a service.
    pub baseline: Option<Digest>,
    /// The worst-case recovery time at its start.
    pub proof: Option<RecoveryProof>,
}

/// A rollout as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRollout {
    /// Its number.
    pub id: RolloutId,
    /// Of which service.
    pub service: ServiceName,
    /// The version.
    pub candidate: Digest,
    /// When it began.
    pub at: Timestamp,
    /// What it set out to do.
    pub basis: RolloutBasis,
}

/// An event of a service as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredServiceEvent {
    /// Counted from 1, without gaps.
    pub number: i64,
    /// The rollout it is about.
    pub rollout: Option<RolloutId>,
    /// When.
    pub at: Timestamp,
    /// What happened, and what is wanted since.
    pub record: ServiceRecord,
}

/// An event to add.
#[derive(Debug, Clone, Copy)]
pub struct NewServiceEvent<'a> {
    /// Of which service.
    pub service: &'a ServiceName,
    /// The number of the last event that was seen; 0 for none.
    pub seen: i64,
    /// The rollout it is about.
    pub rollout: Option<RolloutId>,
    /// What happened, and what is wanted from now on.
    pub record: &'a ServiceRecord,
    /// When.
    pub at: Timestamp,
}

/// What became of an event that was to be added.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceTurn {
    /// It is stored.
    Stored,
    /// Somebody was quicker: this is the last event now.
    Late(Box<StoredServiceEvent>),
}

const OPERATION: &str = "store what happened to a service";
const READ: &str = "read what happened to a service";
const EVENT: &str = "number, rollout, at, content";

impl Store {
    /// Stores a version of a service: the bytes of what its command starts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn store_version(&self, bytes: &[u8], now: Timestamp) -> Result<Digest, StoreError> {
        let digest = sha256::digest_of(bytes);
        self.artifacts.write_all(&[(digest, bytes)], now)?;
        let mut session = self.begin(Purpose::Write).await?;
        insert_artifact(&mut session, digest, bytes.len(), now).await?;
        session.commit().await?;
        Ok(digest)
    }

    /// Stores a rollout with its first event, or tells who was quicker. The id goes into the event
    /// by `event`, which is asked once.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn start_rollout(
        &self,
        service: &ServiceName,
        candidate: Digest,
        basis: &RolloutBasis,
        first: NewServiceEvent<'_>,
    ) -> Result<(RolloutId, ServiceTurn), StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let id = RolloutId::from_number(session.next_id(OPERATION, "rollout").await?);
        let before = match last_seen(&mut session, &first).await? {
            Ok(before) => before,
            Err(last) => return Ok((id, ServiceTurn::Late(last))),
        };
        let content = json_text(OPERATION, basis)?;
        session
            .execute(
                OPERATION,
                "INSERT INTO rollout (id, service, candidate, at, content) \
                 VALUES ($1, $2, $3, $4, $5)",
                &[
                    id.number().into(),
                    service.as_str().into(),
                    candidate.to_string().into(),
                    first.at.unix_millis().into(),
                    content.as_str().into(),
                ],
            )
            .await?;
        let told = rollout_content(id, service.as_str(), &candidate.to_string(), &content);
        journal::append(&mut session, JournalKind::RolloutStarted, &told, first.at).await?;
        let first = NewServiceEvent {
            rollout: Some(id),
            ..first
        };
        insert(&mut session, &first, before.as_ref()).await?;
        session.commit().await?;
        Ok((id, ServiceTurn::Stored))
    }

    /// Adds an event, unless there is one that its author has not seen.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add_service_event(
        &self,
        event: NewServiceEvent<'_>,
    ) -> Result<ServiceTurn, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let before = match last_seen(&mut session, &event).await? {
            Ok(before) => before,
            Err(last) => return Ok(ServiceTurn::Late(last)),
        };
        insert(&mut session, &event, before.as_ref()).await?;
        session.commit().await?;
        Ok(ServiceTurn::Stored)
    }

    /// The last event of a service: what is wanted of it now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_service_event(
        &self,
        service: &ServiceName,
    ) -> Result<Option<StoredServiceEvent>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let found = last(&mut session, service.as_str()).await?;
        session.commit().await?;
        Ok(found)
    }

    /// Every event of a service, oldest first; of one rollout when it is named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn service_events(
        &self,
        service: &ServiceName,
        rollout: Option<RolloutId>,
    ) -> Result<Vec<StoredServiceEvent>, StoreError> {
        let sql = format!(
            "SELECT {EVENT} FROM service_event WHERE service = $1 \
             AND (CAST($2 AS BIGINT) < 0 OR rollout = $2) ORDER BY number"
        );
        let rollout = rollout.map_or(-1, RolloutId::number);
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(READ, &sql, &[service.as_str().into(), rollout.into()])
            .await?;
        session.commit().await?;
        rows.iter().map(event_of).collect()
    }

    /// At most so many events of a service behind the event of this number, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn service_events_after(
        &self,
        service: &ServiceName,
        after: i64,
        most: u32,
    ) -> Result<Vec<StoredServiceEvent>, StoreError> {
        let sql = format!(
            "SELECT {EVENT} FROM service_event WHERE service = $1 AND number > $2 \
             ORDER BY number LIMIT $3"
        );
        let values = [
            service.as_str().into(),
            after.into(),
            i64::from(most).into(),
        ];
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, &sql, &values).await?;
        session.commit().await?;
        rows.iter().map(event_of).collect()
    }

    /// The services that something happened to.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn services(&self) -> Result<Vec<ServiceName>, StoreError> {
        let sql = "SELECT service FROM service_event WHERE number = 1 ORDER BY service";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, sql, &[]).await?;
        session.commit().await?;
        rows.iter().map(|row| row.parse(0)).collect()
    }

    /// A rollout.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rollout(&self, id: RolloutId) -> Result<Option<StoredRollout>, StoreError> {
        let sql = "SELECT id, service, candidate, at, content FROM rollout WHERE id = $1";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query("read rollouts", sql, &[id.number().into()])
            .await?;
        session.commit().await?;
        rows.first().map(rollout_of).transpose()
    }

    /// The rollouts of a service, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rollouts(&self, service: &ServiceName) -> Result<Vec<StoredRollout>, StoreError> {
        let sql = "SELECT id, service, candidate, at, content FROM rollout \
                   WHERE service = $1 ORDER BY id";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query("read rollouts", sql, &[service.as_str().into()])
            .await?;
        session.commit().await?;
        rows.iter().map(rollout_of).collect()
    }
}

/// The last event: the one that was seen, or as an error another one.
async fn last_seen(
    session: &mut Session<'_>,
    event: &NewServiceEvent<'_>,
) -> Result<Result<Option<StoredServiceEvent>, Box<StoredServiceEvent>>, StoreError> {
    let last = last(session, event.service.as_str()).await?;
    Ok(match last {
        Some(last) if last.number != event.seen => Err(Box::new(last)),
        seen => Ok(seen),
    })
}

async fn last(
    session: &mut Session<'_>,
    service: &str,
) -> Result<Option<StoredServiceEvent>, StoreError> {
    let sql = format!(
        "SELECT {EVENT} FROM service_event WHERE service = $1 ORDER BY number DESC LIMIT 1"
    );
    let rows = session.query(READ, &sql, &[service.into()]).await?;
    rows.first().map(event_of).transpose()
}

async fn insert(
    session: &mut Session<'_>,
    event: &NewServiceEvent<'_>,
    before: Option<&StoredServiceEvent>,
) -> Result<(), StoreError> {
    let number = event.seen + 1;
    let rollout = event.rollout.map(RolloutId::number);
    let content = json_text(OPERATION, event.record)?;
    session
        .execute(
            OPERATION,
            "INSERT INTO service_event (service, number, rollout, at, content) \
             VALUES ($1, $2, $3, $4, $5)",
            &[
                event.service.as_str().into(),
                number.into(),
                rollout.into(),
                event.at.unix_millis().into(),
                content.as_str().into(),
            ],
        )
        .await?;
    let told = event_content(event.service.as_str(), number, rollout, event.at, &content);
    journal::append(session, JournalKind::ServiceChanged, &told, event.at).await?;
    let before = before.map(|before| &before.record);
    let told = of_service(event.service, number, event.rollout, before, event.record);
    let told = told.into_iter().map(Announcement::Service).collect();
    announcements::announce(session, told, event.at).await
}

fn event_of(row: &Row) -> Result<StoredServiceEvent, StoreError> {
    Ok(StoredServiceEvent {
        number: row.integer(0)?,
        rollout: row.optional_integer(1)?.map(RolloutId::from_number),
        at: Timestamp::from_unix_millis(row.integer(2)?),
        record: row.json(3)?,
    })
}

fn rollout_of(row: &Row) -> Result<StoredRollout, StoreError> {
    Ok(StoredRollout {
        id: RolloutId::from_number(row.integer(0)?),
        service: row.parse(1)?,
        candidate: row.parse(2)?,
        at: Timestamp::from_unix_millis(row.integer(3)?),
        basis: row.json(4)?,
    })
}

/// What the journal says of a rollout.
fn rollout_content(id: RolloutId, service: &str, candidate: &str, content: &str) -> Json {
    serde_json::json!({
        "rollout": id.to_string(),
        "service": service,
        "candidate": candidate,
        "digest": sha256::digest_of(content.as_bytes()).to_string(),
    })
}

/// What the journal says of an event of a service.
fn event_content(
    service: &str,
    number: i64,
    rollout: Option<i64>,
    at: Timestamp,
    content: &str,
) -> Json {
    serde_json::json!({
        "service": service,
        "number": number,
        "rollout": rollout.map(|id| RolloutId::from_number(id).to_string()),
        "at": at.unix_millis(),
        "digest": sha256::digest_of(content.as_bytes()).to_string(),
    })
}

/// Every rollout and event as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let mut explained = Vec::new();
    let sql = "SELECT id, service, candidate, content FROM rollout ORDER BY id";
    for row in session.query("read rollouts", sql, &[]).await? {
        let id = RolloutId::from_number(row.integer(0)?);
        let content = rollout_content(id, row.text(1)?, row.text(2)?, row.text(3)?);
        explained.push((
            JournalKind::RolloutStarted,
            format!("rollout {id}"),
            content,
        ));
    }
    let sql =
        "SELECT service, number, rollout, at, content FROM service_event ORDER BY service, number";
    for row in session.query(READ, sql, &[]).await? {
        let (service, number) = (row.text(0)?, row.integer(1)?);
        let at = Timestamp::from_unix_millis(row.integer(3)?);
        let content = event_content(service, number, row.optional_integer(2)?, at, row.text(4)?);
        let name = format!("event {number} of service {service}");
        explained.push((JournalKind::ServiceChanged, name, content));
    }
    Ok(explained)
}
