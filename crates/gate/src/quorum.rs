//! Votes about a candidate, counted. GO needs two thirds of *all* voters; who abstains, or has not
//! voted, does not say GO.

use adjutant_domain::{Citation, Digest, RoleName, Subject, Timestamp};
use serde::{Deserialize, Serialize};

/// What a voter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ballot {
    /// Ship it.
    #[serde(rename = "GO")]
    Go,
    /// The evidence does not tell.
    #[serde(rename = "ABSTAIN")]
    Abstain,
    /// Do not ship it.
    #[serde(rename = "NO-GO")]
    NoGo,
}

/// Who filled a ballot in for a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteSource {
    /// Somebody who looked.
    Person,
    /// A built-in function of the evidence.
    Evaluator,
}

/// A vote with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// What it is about.
    pub subject: Subject,
    /// Who votes.
    pub role: RoleName,
    /// What it says.
    pub ballot: Ballot,
    /// Why, in a sentence.
    pub because: String,
    /// What it rests on. A GO without any counts as an abstention.
    pub evidence: Vec<Citation>,
    /// The artifacts of the subject that were there to be looked at. With a newer one the vote is
    /// stale.
    pub seen: Vec<Digest>,
    /// The record of the decision that was looked at, where the vote names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Digest>,
    /// Who filled it in.
    pub source: VoteSource,
    /// When.
    pub at: Timestamp,
}

/// What all votes together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum QuorumStanding {
    /// At least two thirds of all voters say GO.
    #[serde(rename = "GO")]
    Go,
    /// Neither.
    #[serde(rename = "NO QUORUM")]
    NoQuorum,
    /// At least two thirds of all voters say NO-GO.
    #[serde(rename = "NO-GO")]
    NoGo,
}

/// The count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// What all votes together say.
    pub standing: QuorumStanding,
    /// Each voter once, in the given order, with its vote where it has one.
    pub voters: Vec<Voter>,
    /// Votes of roles that have none.
    pub not_counted: Vec<Vote>,
    /// Votes that were cast before newer evidence of their subject.
    #[serde(default)]
    pub stale: Vec<Vote>,
}

/// A voter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voter {
    /// Who.
    pub role: RoleName,
    /// The last of its votes.
    pub vote: Option<Vote>,
    /// The votes that the last one stands in place of, oldest first.
    #[serde(default)]
    pub replaced: Vec<Vote>,
}

impl std::fmt::Display for Ballot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Go => "GO",
            Self::Abstain => "ABSTAIN",
            Self::NoGo => "NO-GO",
        })
    }
}

impl std::fmt::Display for VoteSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Person => "person",
            Self::Evaluator => "evaluator",
        })
    }
}

impl std::fmt::Display for QuorumStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Go => "GO",
            Self::NoQuorum => "NO QUORUM",
            Self::NoGo => "NO-GO",
        })
    }
}

impl Vote {
    /// What counts of it: a GO that names no evidence says nothing.
    pub fn counted(&self) -> Ballot {
        match self.ballot {
            Ballot::Go if self.evidence.is_empty() => Ballot::Abstain,
            ballot @ (Ballot::Go | Ballot::Abstain | Ballot::NoGo) => ballot,
        }
    }

    /// Whether all artifacts that there are about its subject were there when it was cast. Where
    /// there is none, there is nothing that it could be about.
    pub fn is_fresh(&self, artifacts: &[Digest]) -> bool {
        !artifacts.is_empty() && artifacts.iter().all(|there| self.seen.contains(there))
    }
}

/// Counts the votes. A role has one voice however often it is named, and of its votes the last one
/// counts. Without voters there is no quorum.
pub fn count_votes(roles: &[RoleName], votes: &[Vote]) -> Quorum {
    let mut voters: Vec<Voter> = vec![];
    for role in roles {
        if voters.iter().all(|voter| voter.role != *role) {
            let is_its_own = |vote: &&Vote| vote.role == *role;
            let mut replaced: Vec<Vote> = votes.iter().filter(is_its_own).cloned().collect();
            voters.push(Voter {
                role: role.clone(),
                vote: replaced.pop(),
                replaced,
            });
        }
    }
    let says = |ballot: Ballot| {
        let counted = |voter: &&Voter| voter.vote.as_ref().map(Vote::counted) == Some(ballot);
        voters.iter().filter(counted).count()
    };
    let is_quorum = |count: usize| count > 0 && 3 * count >= 2 * voters.len();
    let standing = if is_quorum(says(Ballot::Go)) {
        QuorumStanding::Go
    } else if is_quorum(says(Ballot::NoGo)) {
        QuorumStanding::NoGo
    } else {
        QuorumStanding::NoQuorum
    };
    let is_voter = |vote: &&Vote| roles.contains(&vote.role);
    let strangers = votes.iter().filter(|vote| !is_voter(vote));
    Quorum {
        standing,
        not_counted: strangers.cloned().collect(),
        voters,
        stale: vec![],
    }
}
