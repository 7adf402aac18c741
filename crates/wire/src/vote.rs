//! The JSON of votes.

use adjutant_app::ListedVote;
use adjutant_store::StoredVote;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct VoteJson {
    id: i64,
    subject: String,
    role: String,
    ballot: String,
    because: String,
    /// `person` or `evaluator`.
    by: String,
    at: String,
    /// Whether it counts: it was neither replaced nor overtaken by newer evidence.
    stands: bool,
    replaced_by: Option<i64>,
    stale: bool,
    evidence: Vec<VoteEvidenceJson>,
    /// The artifacts of the subject that were there.
    seen: Vec<String>,
    decision: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct VoteEvidenceJson {
    run: String,
    file: String,
    place: String,
    sha256: String,
}

impl VoteJson {
    /// A vote that was cast just now.
    pub fn cast(stored: &StoredVote) -> Self {
        Self::of(stored, false)
    }

    fn of(stored: &StoredVote, stale: bool) -> Self {
        let vote = &stored.vote;
        Self {
            id: stored.id,
            subject: vote.subject.to_string(),
            role: vote.role.to_string(),
            ballot: vote.ballot.to_string(),
            because: vote.because.clone(),
            by: vote.source.to_string(),
            at: vote.at.to_string(),
            stands: stored.replaced_by.is_none() && !stale,
            replaced_by: stored.replaced_by,
            stale,
            evidence: (vote.evidence.iter())
                .map(|source| VoteEvidenceJson {
                    run: source.run.to_string(),
                    file: source.file.clone(),
                    place: source.locator.to_string(),
                    sha256: source.artifact.to_string(),
                })
                .collect(),
            seen: vote.seen.iter().map(ToString::to_string).collect(),
            decision: vote.decision.map(|record| record.to_string()),
        }
    }
}

impl From<&ListedVote> for VoteJson {
    fn from(listed: &ListedVote) -> Self {
        Self::of(&listed.stored, listed.is_stale)
    }
}
