//! A vote that was not cast: why, and what to do next.

use adjutant_app::VoteRefusal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Exit;

/// A refused vote, as a program reads it.
#[derive(Serialize, JsonSchema)]
pub struct RefusedVoteJson {
    refused: String,
    next: String,
}

impl From<&VoteRefusal> for RefusedVoteJson {
    fn from(refusal: &VoteRefusal) -> Self {
        Self {
            refused: reason(refusal),
            next: next(refusal),
        }
    }
}

/// How a command ends with it.
pub fn exit(refusal: &VoteRefusal) -> Exit {
    match refusal {
        VoteRefusal::NotAsked { .. }
        | VoteRefusal::NoVoice { .. }
        | VoteRefusal::NoEvaluator { .. }
        | VoteRefusal::OtherSubject { .. } => Exit::Refused,
        VoteRefusal::NothingSeen { .. } => Exit::Undecided,
        VoteRefusal::UnknownEvidence { .. } => Exit::Usage,
    }
}

/// Why.
pub fn reason(refusal: &VoteRefusal) -> String {
    match refusal {
        VoteRefusal::NotAsked { gate } => format!("the gate {gate} asks for no votes"),
        VoteRefusal::NoVoice { role, voters } => {
            let voters: Vec<&str> = voters.iter().map(|voter| voter.as_str()).collect();
            format!("{role} has no voice; these have one: {}", voters.join(", "))
        }
        VoteRefusal::OtherSubject { counted } => {
            format!("the gate counts votes about {counted} only")
        }
        VoteRefusal::NoEvaluator { role } => format!("{role} has no built-in evaluator"),
        VoteRefusal::NothingSeen { subject } => {
            format!("NO DATA AVAILABLE: nothing was measured about {subject}")
        }
        VoteRefusal::UnknownEvidence { which, .. } => {
            format!("{which} is not among the evidence that the vote is about")
        }
    }
}

/// What to do next.
pub fn next(refusal: &VoteRefusal) -> String {
    match refusal {
        VoteRefusal::NotAsked { gate } => {
            format!("Add [gate.{gate}.quorum] to its policy; docs/gates.md shows one.")
        }
        VoteRefusal::NoVoice { .. } => {
            "Leave it to them, or name the role in the quorum of the gate's policy.".to_owned()
        }
        VoteRefusal::OtherSubject { counted } => format!("Vote --for {counted}."),
        VoteRefusal::NoEvaluator { .. } => {
            "Cast a vote of your own: go, no-go or abstain, with --because.".to_owned()
        }
        VoteRefusal::NothingSeen { subject } => {
            format!("Run adjutant evidence add FILE --subject {subject} --run RUN_ID.")
        }
        VoteRefusal::UnknownEvidence { known, .. } => {
            let known: Vec<String> = known
                .iter()
                .map(|stored| format!("{} ({} of {})", stored.id, stored.file, stored.run))
                .collect();
            format!("Name one of these: {}.", known.join(", "))
        }
    }
}
