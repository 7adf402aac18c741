//! Risk and votes beside a decision, in JSON.

use adjutant_gate::{Joint, Quorum, Vote, Voter};
use schemars::JsonSchema;
use serde::Serialize;

use super::{EvidenceInJson, RiskAnswer, VerdictInJson};

/// What the verdict follows from, where the policy asks for more than criteria and triggers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JointAnswer {
    /// What criteria and triggers alone say.
    pub own_verdict: VerdictInJson,
    /// The composite risk; null when the policy does not ask for it.
    pub risk: Option<RiskAnswer>,
    /// The votes; null when the policy does not ask for them.
    pub quorum: Option<QuorumAnswer>,
}

/// The votes, counted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct QuorumAnswer {
    /// GO, NO QUORUM or NO-GO.
    pub standing: String,
    /// Each voter once.
    pub voters: Vec<VoterAnswer>,
    /// Votes that were cast before newer evidence; they do not count.
    pub stale: Vec<VoteOfRole>,
    /// Votes of roles that have no voice.
    pub not_counted: Vec<VoteOfRole>,
}

/// A voter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VoterAnswer {
    /// Who.
    pub role: String,
    /// What counts of its vote: GO, ABSTAIN or NO-GO; null when it has not voted.
    pub counted: Option<String>,
    /// Its vote.
    pub vote: Option<VoteOfRole>,
    /// The votes that it stands in place of.
    pub replaced: Vec<VoteOfRole>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VoteOfRole {
    /// Whose it is.
    pub role: String,
    /// GO, ABSTAIN or NO-GO.
    pub ballot: String,
    /// Why.
    pub because: String,
    /// `person` or `evaluator`.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// What it rests on; a GO without any counts as an abstention.
    pub evidence: Vec<EvidenceInJson>,
}

impl From<&Joint> for JointAnswer {
    fn from(joint: &Joint) -> Self {
        Self {
            own_verdict: joint.own.into(),
            risk: joint.risk.as_ref().map(Into::into),
            quorum: joint.quorum.as_ref().map(Into::into),
        }
    }
}

impl From<&Quorum> for QuorumAnswer {
    fn from(quorum: &Quorum) -> Self {
        Self {
            standing: quorum.standing.to_string(),
            voters: quorum.voters.iter().map(Into::into).collect(),
            stale: quorum.stale.iter().map(Into::into).collect(),
            not_counted: quorum.not_counted.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Voter> for VoterAnswer {
    fn from(voter: &Voter) -> Self {
        let vote = voter.vote.as_ref();
        Self {
            role: voter.role.to_string(),
            counted: vote.map(|vote| vote.counted().to_string()),
            vote: vote.map(Into::into),
            replaced: voter.replaced.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Vote> for VoteOfRole {
    fn from(vote: &Vote) -> Self {
        Self {
            role: vote.role.to_string(),
            ballot: vote.ballot.to_string(),
            because: vote.because.clone(),
            by: vote.source.to_string(),
            at: vote.at.to_string(),
            evidence: vote.evidence.iter().map(EvidenceInJson::from).collect(),
        }
    }
}
