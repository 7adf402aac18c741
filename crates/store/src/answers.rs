//! Answers that were given under a key of the client's: who repeats a request gets the answer it
//! got, and nothing is done twice. Opened in one [`crate::WriteGroup`] with what the request does, both
//! are stored or neither.

use adjutant_domain::{Digest, RequestKey};
use adjutant_work::Refusal;
use serde::{Deserialize, Serialize};

use crate::session::Purpose;
use crate::tasks::lease_clock;
use crate::tasks::requests::{self, Known};
use crate::{Store, StoreError};

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// Its status, in the words of the surface that gave it.
    pub status: u16,
    /// What it said.
    pub body: String,
}

impl Store {
    /// The answer that the same request got under this key, if it was made before.
    ///
    /// # Errors
    /// When the database cannot be read. A key that was used for another request is a refusal.
    pub async fn kept_answer(
        &self,
        key: &RequestKey,
        request: Digest,
    ) -> Result<Result<Option<KeptAnswer>, Refusal>, StoreError> {
        let mut session = self.begin(Purpose::Look).await?;
        let known = requests::look_up(&mut session, key, &request).await?;
        session.commit().await?;
        Ok(match known {
            Known::No(_) => Ok(None),
            Known::Answer(answer) => Ok(Some(answer)),
            Known::Refused(refusal) => Err(refusal),
        })
    }

    /// Keeps an answer under a key, for eight days.
    ///
    /// # Errors
    /// When the database cannot be written, or the key has an answer.
    pub async fn keep_answer(
        &self,
        key: &RequestKey,
        request: Digest,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let mut session = self.begin(Purpose::Write).await?;
        let body = requests::digest_of(&request)?;
        let at = lease_clock::tick(&mut session, &self.lease_clock).await?;
        requests::remember(&mut session, key, body, answer, at).await?;
        session.commit().await
    }
}
