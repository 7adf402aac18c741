//! Casting votes and listing them. A vote remembers what was there to be looked at, so that it
//! counts no more when newer evidence comes.

use std::collections::BTreeMap;

use adjutant_domain::{Citation, Digest, GateName, Locator, RoleName, Subject, Timestamp};
use adjutant_gate::{Ballot, Case, QuorumPolicy, Vote, VoteSource, evaluate};
use adjutant_store::{Store, StoreError, StoredEvidence, StoredVote, SubjectPage};

use crate::FoundPolicy;
use crate::deciding;
use crate::evidence::begins;
use crate::record::{DecisionRecord, RecordError, RecordedInput};

/// A vote that is to be cast.
#[derive(Debug, Clone, Copy)]
pub struct VoteRequest<'a> {
    /// The gate that counts it.
    pub policy: &'a FoundPolicy,
    /// Who votes.
    pub role: &'a RoleName,
    /// What it is about: a subject, or the record of a decision of that gate by at least its first
    /// eight digits.
    pub about: &'a str,
    /// What it says.
    pub ballot: FilledBallot<'a>,
}

/// A ballot and who fills it in.
#[derive(Debug, Clone, Copy)]
pub enum FilledBallot<'a> {
    /// Somebody who looked.
    ByPerson {
        /// What the vote says.
        ballot: Ballot,
        /// Why.
        because: &'a str,
        /// What it rests on: runs, numbers of evidence, or digests by at least eight digits.
        evidence: &'a [String],
    },
    /// The built-in evaluator of the role.
    ByEvaluator,
}

/// What became of a vote.
#[derive(Debug, Clone, PartialEq)]
pub enum Voting {
    /// It stands.
    Cast {
        /// The vote.
        vote: Box<StoredVote>,
        /// The vote of the same role that stood before.
        replaced: Option<Box<StoredVote>>,
    },
    /// It was not cast.
    Refused(VoteRefusal),
}

/// Why a vote was not cast.
#[derive(Debug, Clone, PartialEq)]
pub enum VoteRefusal {
    /// The gate asks for no votes.
    NotAsked {
        /// The gate.
        gate: GateName,
    },
    /// The role has no voice.
    NoVoice {
        /// The role.
        role: RoleName,
        /// Those that have one.
        voters: Vec<RoleName>,
    },
    /// The gate counts votes about another subject.
    OtherSubject {
        /// What it counts votes about.
        counted: Subject,
    },
    /// There is no evaluator of that role.
    NoEvaluator {
        /// The role.
        role: RoleName,
    },
    /// There is nothing about the subject that could be looked at.
    NothingSeen {
        /// The subject.
        subject: Subject,
    },
    /// What the vote names is not there, or is not what the gate would read.
    UnknownEvidence {
        /// What was named.
        which: String,
        /// What the gate would read.
        known: Vec<StoredEvidence>,
    },
}

/// A vote, and whether it still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVote {
    /// The vote.
    pub stored: StoredVote,
    /// Whether there is evidence of its subject that came after it.
    pub is_stale: bool,
}

/// A vote that could not be cast.
#[derive(Debug, thiserror::Error)]
pub enum VoteError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record of the named decision cannot be opened.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What the vote is about is neither a record of this gate nor a subject.
    #[error("{about:?} names neither a subject nor a decision of the gate {gate}")]
    About {
        /// What was given.
        about: String,
        /// The gate.
        gate: GateName,
    },
}

/// What a vote is about, and what there is to look at.
struct Seen {
    subject: Subject,
    decision: Option<Digest>,
    /// Of every subject.
    evidence: Vec<StoredEvidence>,
}

/// Casts a vote.
///
/// # Errors
/// When the store cannot be read or written, or nothing has that name.
pub async fn cast_vote(
    store: &Store,
    request: &VoteRequest<'_>,
    now: Timestamp,
) -> Result<Voting, VoteError> {
    let quorum = match voice(request.policy, request.role) {
        Ok(quorum) => quorum,
        Err(refusal) => return Ok(Voting::Refused(refusal)),
    };
    let seen = seen(store, request, quorum).await?;
    if let Err(refusal) = seen.check(quorum) {
        return Ok(Voting::Refused(refusal));
    }
    let vote = match request.ballot {
        FilledBallot::ByPerson {
            ballot,
            because,
            evidence,
        } => seen.vote(request.role, (ballot, because), evidence, now),
        FilledBallot::ByEvaluator => evaluated(store, request, seen, now),
    };
    let vote = match vote {
        Ok(vote) => vote,
        Err(refusal) => return Ok(Voting::Refused(refusal)),
    };
    keep(store, vote, now).await
}

/// Every vote, oldest first; about one subject when one is named.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_votes(
    store: &Store,
    page: &SubjectPage<'_>,
) -> Result<Vec<ListedVote>, StoreError> {
    let latest = store.latest_evidence().await?;
    let votes = store.votes_page(page).await?;
    Ok(votes
        .into_iter()
        .map(|stored| ListedVote {
            is_stale: !stored
                .vote
                .is_fresh(&artifacts(&stored.vote.subject, &latest)),
            stored,
        })
        .collect())
}

/// The vote of this number.
///
/// # Errors
/// When the store cannot be read.
pub async fn show_vote(store: &Store, id: i64) -> Result<Option<ListedVote>, StoreError> {
    let listed = list_votes(store, &SubjectPage::of_one(id)).await?;
    Ok(listed.into_iter().find(|listed| listed.stored.id == id))
}

/// The quorum in which the role has a voice.
fn voice<'p>(policy: &'p FoundPolicy, role: &RoleName) -> Result<&'p QuorumPolicy, VoteRefusal> {
    let policy = &policy.policy;
    let Some(quorum) = &policy.quorum else {
        let gate = policy.name.clone();
        return Err(VoteRefusal::NotAsked { gate });
    };
    if quorum.roles.contains(role) {
        Ok(quorum)
    } else {
        Err(VoteRefusal::NoVoice {
            role: role.clone(),
            voters: quorum.roles.clone(),
        })
    }
}

async fn seen(
    store: &Store,
    request: &VoteRequest<'_>,
    quorum: &QuorumPolicy,
) -> Result<Seen, VoteError> {
    const DECISIONS_MAX: u32 = 200;
    let gate = &request.policy.policy.name;
    let decisions = store.recent_decisions(gate, DECISIONS_MAX).await?;
    let named = decisions
        .iter()
        .rfind(|decision| begins(decision.record, request.about));
    if let Some(decision) = named {
        let read = DecisionRecord::open(store, decision.record)?.inputs;
        let mut evidence = store.list_evidence(None).await?;
        evidence.retain(|stored| {
            let is_it = |input: &RecordedInput| {
                (&input.subject, input.artifact) == (&stored.subject, stored.artifact)
            };
            read.iter().any(is_it)
        });
        return Ok(Seen {
            subject: quorum.subject.clone(),
            decision: Some(decision.record),
            evidence,
        });
    }
    let subject = request.about.parse().map_err(|_no_name| VoteError::About {
        about: request.about.to_owned(),
        gate: gate.clone(),
    })?;
    Ok(Seen {
        subject,
        decision: None,
        evidence: store.latest_evidence().await?,
    })
}

impl Seen {
    /// What there is about the subject.
    fn artifacts(&self) -> Vec<Digest> {
        artifacts(&self.subject, &self.evidence)
    }

    /// Whether it can be voted about.
    fn check(&self, quorum: &QuorumPolicy) -> Result<(), VoteRefusal> {
        if self.subject != quorum.subject {
            let counted = quorum.subject.clone();
            return Err(VoteRefusal::OtherSubject { counted });
        }
        if self.artifacts().is_empty() {
            let subject = self.subject.clone();
            return Err(VoteRefusal::NothingSeen { subject });
        }
        Ok(())
    }

    /// A person's vote.
    fn vote(
        self,
        role: &RoleName,
        (ballot, because): (Ballot, &str),
        named: &[String],
        now: Timestamp,
    ) -> Result<Vote, VoteRefusal> {
        let mut evidence: Vec<Citation> = vec![];
        for which in named {
            let is_named = |stored: &&StoredEvidence| {
                begins(stored.artifact, which)
                    || stored.id.to_string() == *which
                    || stored.run.as_str() == which
            };
            let mut found = self.evidence.iter().filter(is_named).peekable();
            if found.peek().is_none() {
                return Err(VoteRefusal::UnknownEvidence {
                    which: which.clone(),
                    known: self.evidence,
                });
            }
            evidence.extend(found.map(cite));
        }
        Ok(Vote {
            role: role.clone(),
            ballot,
            because: because.to_owned(),
            evidence,
            seen: self.artifacts(),
            subject: self.subject,
            decision: self.decision,
            source: VoteSource::Person,
            at: now,
        })
    }
}

/// The vote of the role's evaluator.
fn evaluated(
    store: &Store,
    request: &VoteRequest<'_>,
    seen: Seen,
    now: Timestamp,
) -> Result<Vote, VoteRefusal> {
    let decision = seen.decision;
    let gathered = deciding::opened(store, seen.evidence);
    let case = Case {
        evidence: &gathered.evidence,
        failures: &gathered.failures,
        history: &[],
        reasons: &BTreeMap::new(),
        votes: &[],
        now,
    };
    let vote = evaluate(&request.policy.policy, &case, request.role);
    vote.map(|vote| Vote { decision, ..vote })
        .ok_or_else(|| VoteRefusal::NoEvaluator {
            role: request.role.clone(),
        })
}

fn cite(stored: &StoredEvidence) -> Citation {
    Citation {
        run: stored.run.clone(),
        artifact: stored.artifact,
        file: stored.file.clone(),
        locator: Locator::Whole,
    }
}

async fn keep(store: &Store, vote: Vote, now: Timestamp) -> Result<Voting, VoteError> {
    let before = store.votes(Some(&vote.subject)).await?;
    let stood = |stored: &StoredVote| stored.vote.role == vote.role && stored.replaced_by.is_none();
    let replaced = before.into_iter().find(stood);
    let id = store.cast_vote(&vote, now).await?;
    Ok(Voting::Cast {
        vote: Box::new(StoredVote {
            id,
            vote,
            replaced_by: None,
        }),
        replaced: replaced.map(Box::new),
    })
}

/// What there is about a subject.
fn artifacts(subject: &Subject, evidence: &[StoredEvidence]) -> Vec<Digest> {
    let of_subject = evidence.iter().filter(|stored| stored.subject == *subject);
    of_subject.map(|stored| stored.artifact).collect()
}
