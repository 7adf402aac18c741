//! Tokens: made, revoked, looked up by the digest of their secret. The journal tells of each.

use adjutant_domain::{AgentName, Digest, Timestamp, TokenName};
use adjutant_work::access::{AccessToken, Bearer};
use serde_json::{Value as Json, json};

use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, json_text};
use crate::{Store, StoreError};

const OPERATION: &str = "keep a token";
const READ: &str = "read tokens";
const COLUMNS: &str = "id, name, bearer, digest, created_at, expires_at, revoked_at";

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its name; no other token may have it.
    pub name: TokenName,
    /// Who will show it.
    pub bearer: Bearer,
    /// The SHA-256 of its secret.
    pub digest: Digest,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// Makes a token; `None` when its name is taken.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn create_token(
        &self,
        new: &NewToken,
        now: Timestamp,
    ) -> Result<Option<AccessToken>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        if !select(&mut session, "name", new.name.as_str())
            .await?
            .is_empty()
        {
            return Ok(None);
        }
        let token = AccessToken {
            id: session.next_id(OPERATION, "access_token").await?,
            name: new.name.clone(),
            bearer: new.bearer.clone(),
            digest: new.digest,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let sql =
            format!("INSERT INTO access_token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, NULL)");
        let values = [
            token.id.into(),
            token.name.as_str().into(),
            json_text(OPERATION, &token.bearer)?.into(),
            token.digest.to_string().into(),
            now.unix_millis().into(),
            token.expires_at.map(Timestamp::unix_millis).into(),
        ];
        session.execute(OPERATION, &sql, &values).await?;
        journal::append(
            &mut session,
            JournalKind::TokenCreated,
            &created_content(&token),
            now,
        )
        .await?;
        session.commit().await?;
        Ok(Some(token))
    }

    /// Revokes a token; `None` when there is none of this name. One that was revoked stays as it is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn revoke_token(
        &self,
        name: &TokenName,
        now: Timestamp,
    ) -> Result<Option<AccessToken>, StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let found = select(&mut session, "name", name.as_str()).await?.pop();
        let Some(mut token) = found else {
            return Ok(None);
        };
        if token.revoked_at.is_some() {
            return Ok(Some(token));
        }
        token.revoked_at = Some(now);
        session
            .execute(
                OPERATION,
                "UPDATE access_token SET revoked_at = $1 WHERE id = $2",
                &[now.unix_millis().into(), token.id.into()],
            )
            .await?;
        journal::append(
            &mut session,
            JournalKind::TokenRevoked,
            &revoked_content(&token),
            now,
        )
        .await?;
        session.commit().await?;
        Ok(Some(token))
    }

    /// The token whose secret has this digest.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn token_of(&self, digest: Digest) -> Result<Option<AccessToken>, StoreError> {
        let mut session = self.begin(Purpose::Look).await?;
        let found = select(&mut session, "digest", &digest.to_string()).await?;
        session.commit().await?;
        Ok(found.into_iter().next())
    }

    /// Every token, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list_tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let tokens = all(&mut session).await?;
        session.commit().await?;
        Ok(tokens)
    }

    /// At most so many tokens behind the one of this number, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tokens_after(
        &self,
        after: i64,
        most: u32,
    ) -> Result<Vec<AccessToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_token WHERE id > $1 ORDER BY id LIMIT $2");
        let values = [after.into(), i64::from(most).into()];
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, &sql, &values).await?;
        session.commit().await?;
        rows.iter().map(token_in).collect()
    }

    /// Notes that an agent submitted an artifact, and so may open it again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_submitter(
        &self,
        artifact: Digest,
        agent: &AgentName,
    ) -> Result<(), StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        session
            .execute(
                "note who submitted an artifact",
                "INSERT INTO artifact_submitter (artifact, agent) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING",
                &[artifact.to_string().into(), agent.as_str().into()],
            )
            .await?;
        session.commit().await
    }

    /// Whether an artifact is an agent's own: it submitted it, or it is the proof of its work.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_own_artifact(
        &self,
        artifact: Digest,
        agent: &AgentName,
    ) -> Result<bool, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let submitted = session
            .count(
                "look up who submitted an artifact",
                "SELECT COUNT(*) FROM artifact_submitter WHERE artifact = $1 AND agent = $2",
                &[artifact.to_string().into(), agent.as_str().into()],
            )
            .await?;
        if submitted == 1 {
            session.commit().await?;
            return Ok(true);
        }
        let proven = session
            .query(
                "look up whose proof an artifact is",
                "SELECT t.work FROM attempt a JOIN task t ON t.id = a.task \
                 WHERE a.agent = $1 AND t.work IS NOT NULL",
                &[agent.as_str().into()],
            )
            .await?;
        session.commit().await?;
        for row in &proven {
            let work: adjutant_work::ProvenWork = row.json(0)?;
            if work.proof == artifact && work.by == *agent {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The tokens whose `column` is `value`; both are unique.
async fn select(
    session: &mut Session<'_>,
    column: &'static str,
    value: &str,
) -> Result<Vec<AccessToken>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM access_token WHERE {column} = $1");
    let rows = session.query(READ, &sql, &[value.into()]).await?;
    rows.iter().map(token_in).collect()
}

async fn all(session: &mut Session<'_>) -> Result<Vec<AccessToken>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM access_token ORDER BY id");
    let rows = session.query(READ, &sql, &[]).await?;
    rows.iter().map(token_in).collect()
}

fn token_in(row: &Row) -> Result<AccessToken, StoreError> {
    Ok(AccessToken {
        id: row.integer(0)?,
        name: row.parse(1)?,
        bearer: row.json(2)?,
        digest: row.parse(3)?,
        created_at: Timestamp::from_unix_millis(row.integer(4)?),
        expires_at: row.optional_integer(5)?.map(Timestamp::from_unix_millis),
        revoked_at: row.optional_integer(6)?.map(Timestamp::from_unix_millis),
    })
}

fn created_content(token: &AccessToken) -> Json {
    json!({
        "token": token.name,
        "of": token.bearer,
        "digest": token.digest,
        "expires_at": token.expires_at,
    })
}

fn revoked_content(token: &AccessToken) -> Json {
    json!({ "token": token.name })
}

/// Every token as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let mut explained = Vec::new();
    for token in all(session).await? {
        let name = format!("token {}", token.name);
        if token.revoked_at.is_some() {
            let content = revoked_content(&token);
            explained.push((JournalKind::TokenRevoked, name.clone(), content));
        }
        explained.push((JournalKind::TokenCreated, name, created_content(&token)));
    }
    Ok(explained)
}
