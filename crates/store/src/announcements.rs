//! The outbox: what others are told is written in the transaction of what happened, once for each
//! receiver that is known then, and stays until it is delivered or given up. It is bookkeeping
//! about the journal, not a part of it: each announcement follows from the entry it names.

use std::collections::BTreeSet;

use adjutant_announce::{
    AfterAttempt, Announcement, AnnouncementId, AnnouncementKind, ReceiverAnswer, after_attempt,
};
use adjutant_domain::{Epoch, ReceiverName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::session::{Purpose, Session};
use crate::value::{Row, Value, json_text, variant_text};
use crate::{Store, StoreError, journal, leading};

/// A receiver as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceiver {
    /// Its name.
    pub name: ReceiverName,
    /// What it is told of.
    pub events: BTreeSet<AnnouncementKind>,
    /// Since when it has been told.
    pub since: Timestamp,
    /// Until when it is left alone.
    pub rests_until: Timestamp,
    /// Since when it has wanted nothing any more.
    pub stopped_at: Option<Timestamp>,
    /// How many messages it has got.
    pub delivered: u64,
    /// How many wait, and since when the oldest has.
    pub waiting: Option<(u64, Timestamp)>,
    /// How many were given up.
    pub given_up: u64,
    /// What came back of the last attempt.
    pub last: Option<(Timestamp, ReceiverAnswer)>,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is sent when it is due.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It waits for a person.
    GivenUp,
}

/// A message to a receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDelivery {
    /// What the receiver knows it by.
    pub id: AnnouncementId,
    /// When it happened.
    pub at: Timestamp,
    /// What is told.
    pub announcement: Announcement,
    /// How far it is.
    pub state: DeliveryState,
    /// When it is sent, or sent again.
    pub due: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
}

/// An attempt that was made under a lead.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// To whom.
    pub receiver: &'a ReceiverName,
    /// What.
    pub announcement: &'a AnnouncementId,
    /// The lead under which it was made.
    pub epoch: Epoch,
    /// What came back.
    pub answer: &'a ReceiverAnswer,
    /// When that was.
    pub at: Timestamp,
}

const OPERATION: &str = "store what is announced";
const READ: &str = "read what is announced";
const DELIVERY: &str = "SELECT a.id, a.at, a.content, d.state, d.due, d.attempts FROM delivery d \
                        JOIN announcement a ON a.id = d.announcement WHERE d.receiver = $1";

/// The name of the lead under which messages are sent to a receiver.
pub fn delivery_lead(receiver: &ReceiverName) -> String {
    format!("announce/{receiver}")
}

impl Store {
    /// Makes receivers known, and what they are told of. Whoever is not named stays known: another
    /// work tree may have other settings.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn register_receivers<'r>(
        &self,
        wanted: impl Iterator<Item = (&'r ReceiverName, &'r BTreeSet<AnnouncementKind>)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut wanted: Vec<(&str, String)> = wanted
            .map(|(name, events)| Ok((name.as_str(), json_text(OPERATION, events)?)))
            .collect::<Result<_, StoreError>>()?;
        if wanted.is_empty() {
            return Ok(());
        }
        let mut session = self.begin(Purpose::Read).await?;
        let sql = "SELECT name, events FROM receiver";
        for row in session.query(READ, sql, &[]).await? {
            let known = (row.text(0)?, row.text(1)?);
            wanted.retain(|(name, events)| (*name, events.as_str()) != known);
        }
        session.commit().await?;
        if wanted.is_empty() {
            return Ok(());
        }
        let mut session = self.begin(Purpose::Write).await?;
        for (name, events) in wanted {
            let sql = "INSERT INTO receiver (name, events, since, rests_until) \
                       VALUES ($1, $2, $3, 0) \
                       ON CONFLICT (name) DO UPDATE SET events = excluded.events";
            let values = [name.into(), events.into(), now.unix_millis().into()];
            session.execute(OPERATION, sql, &values).await?;
        }
        session.commit().await
    }

    /// Every receiver that is known, and how far its messages are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn receivers(&self) -> Result<Vec<StoredReceiver>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let sql = "SELECT name, events, since, rests_until, stopped_at, delivered_before \
                   FROM receiver ORDER BY name";
        let rows = session.query(READ, sql, &[]).await?;
        let mut receivers = Vec::new();
        for row in &rows {
            receivers.push(receiver_of(&mut session, row).await?);
        }
        session.commit().await?;
        Ok(receivers)
    }

    /// The message to send to a receiver now; nothing while it rests or has stopped.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn due_delivery(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
    ) -> Result<Option<StoredDelivery>, StoreError> {
        let sql = format!(
            "{DELIVERY} AND d.state = 'waiting' AND d.due <= $2 AND EXISTS (SELECT 1 FROM receiver r \
             WHERE r.name = d.receiver AND r.stopped_at IS NULL AND r.rests_until <= $2) \
             ORDER BY d.due, a.position, a.ordinal LIMIT 1"
        );
        let values = [receiver.as_str().into(), now.unix_millis().into()];
        let mut found = self.read_deliveries(&sql, &values).await?;
        Ok(found.pop())
    }

    /// When the next message to a receiver is due; nothing while none waits or it has stopped.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_delivery(
        &self,
        receiver: &ReceiverName,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(d.due), MAX(r.rests_until) FROM delivery d \
                   JOIN receiver r ON r.name = d.receiver \
                   WHERE d.receiver = $1 AND d.state = 'waiting' AND r.stopped_at IS NULL";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(READ, sql, &[receiver.as_str().into()])
            .await?;
        session.commit().await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let times = (row.optional_integer(0)?, row.optional_integer(1)?);
        let due = times.0.zip(times.1).map(|(due, rest)| due.max(rest));
        Ok(due.map(Timestamp::from_unix_millis))
    }

    /// The newest messages to a receiver, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn deliveries(
        &self,
        receiver: &ReceiverName,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let sql = format!("{DELIVERY} ORDER BY a.position DESC, a.ordinal DESC LIMIT $2");
        let values = [receiver.as_str().into(), i64::from(limit).into()];
        self.read_deliveries(&sql, &values).await
    }

    async fn read_deliveries(
        &self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, sql, values).await?;
        session.commit().await?;
        rows.iter().map(delivery_of).collect()
    }

    /// Every attempt to deliver a message to a receiver, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn delivery_attempts(
        &self,
        receiver: &ReceiverName,
        announcement: &AnnouncementId,
    ) -> Result<Vec<(Timestamp, ReceiverAnswer)>, StoreError> {
        let sql = "SELECT at, answer FROM delivery_attempt \
                   WHERE receiver = $1 AND announcement = $2 ORDER BY id";
        let mut session = self.begin(Purpose::Read).await?;
        let values = [receiver.as_str().into(), announcement.as_str().into()];
        let rows = session.query(READ, sql, &values).await?;
        session.commit().await?;
        rows.iter().map(attempt_of).collect()
    }

    /// Stores an attempt and what becomes of its message. Nothing when somebody else leads since.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_attempt(
        &self,
        attempt: NewAttempt<'_>,
    ) -> Result<Option<AfterAttempt>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let lead = delivery_lead(attempt.receiver);
        if !leading::leads(&mut session, &lead, attempt.epoch).await? {
            return Ok(None);
        }
        let to = attempt.receiver.as_str();
        let what = attempt.announcement.as_str();
        let sql = "SELECT attempts, state FROM delivery WHERE receiver = $1 AND announcement = $2";
        let rows = session.query(READ, sql, &[to.into(), what.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let attempts = row.small(0)?.saturating_add(1);
        let was: DeliveryState = row.variant(1)?;
        insert_attempt(&mut session, &attempt).await?;
        let after = after_attempt(attempt.announcement, attempts, attempt.answer, attempt.at);
        let (state, due) = match after {
            AfterAttempt::Delivered => (DeliveryState::Delivered, attempt.at),
            AfterAttempt::GivenUp => (DeliveryState::GivenUp, attempt.at),
            AfterAttempt::Stopped => (was, attempt.at),
            AfterAttempt::Again { due, .. } => (was, due),
        };
        let sql = "UPDATE delivery SET state = $1, due = $2, attempts = $3 \
                   WHERE receiver = $4 AND announcement = $5";
        let values = [
            variant_text(OPERATION, &state)?.into(),
            due.unix_millis().into(),
            i64::from(attempts).into(),
            to.into(),
            what.into(),
        ];
        session.execute(OPERATION, sql, &values).await?;
        note_receiver(&mut session, to, after, attempt.at).await?;
        session.commit().await?;
        Ok(Some(after))
    }

    /// Sends what waits at once, what was given up again, and to a receiver that had stopped.
    /// `None` when there is no such receiver; else how many messages wait now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn retry_receiver(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let name: Value = receiver.as_str().into();
        let sql = "UPDATE receiver SET rests_until = 0, stopped_at = NULL WHERE name = $1";
        if session
            .execute(OPERATION, sql, std::slice::from_ref(&name))
            .await?
            == 0
        {
            return Ok(None);
        }
        let sql = "UPDATE delivery SET state = 'waiting', due = $1, attempts = 0 \
                   WHERE receiver = $2 AND state <> 'delivered'";
        let values = [now.unix_millis().into(), name];
        let waiting = session.execute(OPERATION, sql, &values).await?;
        session.commit().await?;
        Ok(Some(waiting))
    }

    /// Forgets a receiver with all its messages, until the settings name it again. How many of
    /// them it has not got; `None` when there is no such receiver.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_receiver(
        &self,
        receiver: &ReceiverName,
    ) -> Result<Option<u64>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let name: Value = receiver.as_str().into();
        let name = std::slice::from_ref(&name);
        let sql = "SELECT COUNT(*) FROM delivery WHERE receiver = $1 AND state <> 'delivered'";
        let undelivered = session.count(READ, sql, name).await?;
        for sql in [
            "DELETE FROM delivery_attempt WHERE receiver = $1",
            "DELETE FROM delivery WHERE receiver = $1",
        ] {
            session.execute(OPERATION, sql, name).await?;
        }
        let sql = "DELETE FROM receiver WHERE name = $1";
        let removed = session.execute(OPERATION, sql, name).await?;
        session.commit().await?;
        Ok((removed > 0).then_some(undelivered))
    }
}

/// Writes what the newest journal entry gives rise to, for every receiver that wants it.
pub(crate) async fn announce(
    session: &mut Session<'_>,
    announcements: Vec<Announcement>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if announcements.is_empty() {
        return Ok(());
    }
    let sql = "SELECT name, events FROM receiver WHERE stopped_at IS NULL ORDER BY name";
    let receivers = session.query(READ, sql, &[]).await?;
    if receivers.is_empty() {
        return Ok(());
    }
    let entry = journal::last(session).await?;
    for (ordinal, announcement) in announcements.iter().enumerate() {
        let id = AnnouncementId::of_entry(&entry.hash, ordinal);
        let mut wanting = Vec::new();
        for row in &receivers {
            let events: BTreeSet<AnnouncementKind> = row.json(1)?;
            if events.contains(&announcement.kind()) {
                wanting.push(row.text(0)?);
            }
        }
        if !wanting.is_empty() {
            let place = (entry.position, ordinal as i64);
            insert(session, &id, place, announcement, &wanting, now).await?;
        }
    }
    Ok(())
}

async fn insert(
    session: &mut Session<'_>,
    id: &AnnouncementId,
    (position, ordinal): (i64, i64),
    announcement: &Announcement,
    receivers: &[&str],
    now: Timestamp,
) -> Result<(), StoreError> {
    let now: Value = now.unix_millis().into();
    let sql = "INSERT INTO announcement (id, position, ordinal, at, content) \
               VALUES ($1, $2, $3, $4, $5)";
    let values = [
        id.as_str().into(),
        position.into(),
        ordinal.into(),
        now.clone(),
        json_text(OPERATION, announcement)?.into(),
    ];
    session.execute(OPERATION, sql, &values).await?;
    for receiver in receivers {
        let sql = "INSERT INTO delivery (receiver, announcement, state, due, attempts) \
                   VALUES ($1, $2, 'waiting', $3, 0)";
        let values = [(*receiver).into(), id.as_str().into(), now.clone()];
        session.execute(OPERATION, sql, &values).await?;
    }
    Ok(())
}

async fn insert_attempt(
    session: &mut Session<'_>,
    attempt: &NewAttempt<'_>,
) -> Result<(), StoreError> {
    let id = session.next_id(OPERATION, "delivery_attempt").await?;
    let sql = "INSERT INTO delivery_attempt (id, receiver, announcement, at, answer) \
               VALUES ($1, $2, $3, $4, $5)";
    let values = [
        id.into(),
        attempt.receiver.as_str().into(),
        attempt.announcement.as_str().into(),
        attempt.at.unix_millis().into(),
        json_text(OPERATION, attempt.answer)?.into(),
    ];
    session.execute(OPERATION, sql, &values).await?;
    Ok(())
}

/// What an attempt means for all messages to its receiver.
async fn note_receiver(
    session: &mut Session<'_>,
    name: &str,
    after: AfterAttempt,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (sql, time) = match after {
        AfterAttempt::Stopped => ("UPDATE receiver SET stopped_at = $1 WHERE name = $2", at),
        AfterAttempt::Again {
            rests_until: Some(until),
            ..
        } => (
            "UPDATE receiver SET rests_until = $1 WHERE name = $2",
            until,
        ),
        AfterAttempt::Delivered
        | AfterAttempt::GivenUp
        | AfterAttempt::Again {
            rests_until: None, ..
        } => return Ok(()),
    };
    let values = [time.unix_millis().into(), name.into()];
    session.execute(OPERATION, sql, &values).await?;
    Ok(())
}

async fn receiver_of(session: &mut Session<'_>, row: &Row) -> Result<StoredReceiver, StoreError> {
    let name: ReceiverName = row.parse(0)?;
    let of_it = [name.as_str().into()];
    let sql = "SELECT d.state, COUNT(*), MIN(a.at) FROM delivery d \
               JOIN announcement a ON a.id = d.announcement WHERE d.receiver = $1 GROUP BY d.state";
    let (mut delivered, mut waiting, mut given_up) = (u64::from(row.small(5)?), None, 0);
    for row in session.query(READ, sql, &of_it).await? {
        let count = u64::from(row.small(1)?);
        match row.variant(0)? {
            DeliveryState::Delivered => delivered += count,
            DeliveryState::GivenUp => given_up = count,
            DeliveryState::Waiting => {
                waiting = Some((count, Timestamp::from_unix_millis(row.integer(2)?)));
            }
        }
    }
    let sql =
        "SELECT at, answer FROM delivery_attempt WHERE receiver = $1 ORDER BY id DESC LIMIT 1";
    let attempts = session.query(READ, sql, &of_it).await?;
    Ok(StoredReceiver {
        name,
        events: row.json(1)?,
        since: Timestamp::from_unix_millis(row.integer(2)?),
        rests_until: Timestamp::from_unix_millis(row.integer(3)?),
        stopped_at: row.optional_integer(4)?.map(Timestamp::from_unix_millis),
        delivered,
        waiting,
        given_up,
        last: attempts.first().map(attempt_of).transpose()?,
    })
}

fn delivery_of(row: &Row) -> Result<StoredDelivery, StoreError> {
    Ok(StoredDelivery {
        id: row.parse(0)?,
        at: Timestamp::from_unix_millis(row.integer(1)?),
        announcement: row.json(2)?,
        state: row.variant(3)?,
        due: Timestamp::from_unix_millis(row.integer(4)?),
        attempts: row.small(5)?,
    })
}

fn attempt_of(row: &Row) -> Result<(Timestamp, ReceiverAnswer), StoreError> {
    Ok((Timestamp::from_unix_millis(row.integer(0)?), row.json(1)?))
}
