//! Votes about a subject. Rows are only ever added: of a role's votes about a subject the last
//! stands, the others are its history.

use adjutant_domain::{Subject, Timestamp, sha256};
use adjutant_gate::Vote;
use serde_json::Value as Json;

use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::json_text;
use crate::{Store, StoreError, SubjectPage};

/// A vote as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVote {
    /// Its number in this store.
    pub id: i64,
    /// The vote.
    pub vote: Vote,
    /// The number of the vote of the same role about the same subject that came after it.
    pub replaced_by: Option<i64>,
}

impl Store {
    /// Casts a vote. It stands until the same role votes about the same subject again. Answers its
    /// number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn cast_vote(&self, vote: &Vote, now: Timestamp) -> Result<i64, StoreError> {
        const OPERATION: &str = "cast a vote";
        let mut session = self.begin(Purpose::Write).await?;
        let id = session.next_id(OPERATION, "vote").await?;
        let (subject, role) = (vote.subject.as_str(), vote.role.as_str());
        let text = json_text(OPERATION, vote)?;
        session
            .execute(
                OPERATION,
                "INSERT INTO vote (id, subject, role, content) VALUES ($1, $2, $3, $4)",
                &[id.into(), subject.into(), role.into(), text.as_str().into()],
            )
            .await?;
        let content = vote_content(subject, role, &text);
        journal::append(&mut session, JournalKind::VoteCast, &content, now).await?;
        session.commit().await?;
        Ok(id)
    }

    /// All votes, oldest first; about one subject when one is named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn votes(&self, subject: Option<&Subject>) -> Result<Vec<StoredVote>, StoreError> {
        self.votes_page(&SubjectPage::whole(subject)).await
    }

    /// A page of the votes, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn votes_page(&self, page: &SubjectPage<'_>) -> Result<Vec<StoredVote>, StoreError> {
        let (condition, parameters) = page.condition("v");
        let sql = format!(
            "SELECT v.id, v.content, (SELECT MIN(n.id) FROM vote n WHERE n.subject = v.subject \
             AND n.role = v.role AND n.id > v.id) FROM vote v {condition}"
        );
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read votes", &sql, &parameters).await?;
        session.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(StoredVote {
                    id: row.integer(0)?,
                    vote: row.json(1)?,
                    replaced_by: row.optional_integer(2)?,
                })
            })
            .collect()
    }
}

/// What the journal says of a vote.
fn vote_content(subject: &str, role: &str, content: &str) -> Json {
    serde_json::json!({
        "subject": subject,
        "role": role,
        "digest": sha256::digest_of(content.as_bytes()).to_string(),
    })
}

/// Every vote as the journal explains it.
pub(crate) async fn explained(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    let sql = "SELECT id, subject, role, content FROM vote ORDER BY id";
    let mut explained = Vec::new();
    for row in session.query("read votes", sql, &[]).await? {
        let content = vote_content(row.text(1)?, row.text(2)?, row.text(3)?);
        explained.push((
            JournalKind::VoteCast,
            format!("vote {}", row.integer(0)?),
            content,
        ));
    }
    Ok(explained)
}
