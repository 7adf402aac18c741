//! Idempotency keys: a request that is repeated under its key gets the answer it got, and has no
//! second effect. The answer is kept in the transaction of the effect.

use adjutant_domain::RequestKey;
use adjutant_domain::sha256;
use adjutant_work::{LeaseTime, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::session::Session;
use crate::value::json_text;

const OPERATION: &str = "look up a request key";

/// How long an answer is kept, by the lease clock: a client that was cut off for a week can still
/// ask what became of its request.
const KEPT_MILLIS: i64 = 8 * 24 * 3_600 * 1_000;

/// What is known of a key.
pub(crate) enum Known<T> {
    /// Nothing: do it, and remember it under this digest of the request.
    No(String),
    /// It was done: this was the answer.
    Answer(T),
    /// It was used for something else.
    Refused(Refusal),
}

/// Looks for an earlier answer to the same request.
pub(crate) async fn look_up<T: DeserializeOwned>(
    session: &mut Session<'_>,
    key: &RequestKey,
    body: &impl Serialize,
) -> Result<Known<T>, StoreError> {
    let body = digest_of(body)?;
    let rows = session
        .query(
            OPERATION,
            "SELECT body, answer FROM request WHERE key = $1",
            &[key.as_str().into()],
        )
        .await?;
    match rows.first() {
        None => Ok(Known::No(body)),
        Some(row) if row.text(0)? == body => Ok(Known::Answer(row.json(1)?)),
        Some(_) => Ok(Known::Refused(Refusal::KeyReused { key: key.clone() })),
    }
}

/// What two requests under one key are compared by.
pub(crate) fn digest_of(body: &impl Serialize) -> Result<String, StoreError> {
    Ok(sha256::digest_of(json_text(OPERATION, body)?.as_bytes()).to_string())
}

/// Remembers an answer, and forgets those that are too old.
pub(crate) async fn remember(
    session: &mut Session<'_>,
    key: &RequestKey,
    body: String,
    answer: &impl Serialize,
    now: LeaseTime,
) -> Result<(), StoreError> {
    forget(session, now).await?;
    session
        .write(
            OPERATION,
            "INSERT INTO request (key, body, answer, at) VALUES ($1, $2, $3, $4)",
            vec![
                key.as_str().into(),
                body.into(),
                json_text(OPERATION, answer)?.into(),
                now.millis().into(),
            ],
        )
        .await?;
    Ok(())
}

/// Forgets the answers that are too old; how many they were.
pub(crate) async fn forget(session: &mut Session<'_>, now: LeaseTime) -> Result<u64, StoreError> {
    let before = now.plus(-KEPT_MILLIS).millis();
    let sql = "DELETE FROM request WHERE at < $1";
    session.execute(OPERATION, sql, &[before.into()]).await
}
