//! What a tool answers with: text, which is JSON unless it is a report, or why nothing was done.

use adjutant_app::VoteRefusal;
use adjutant_domain::InvalidName;
use adjutant_store::StoreError;
use adjutant_wire::{
    Exit, Failure, RefusalJson, RefusedVoteJson, UnprovenJson, refusal, unproven, vote_refusal,
};
use adjutant_work::{Refusal, Unproven};
use serde::Serialize;
use serde_json::Value;

/// The answer of a tool.
pub type Answer = Result<String, Declined>;

/// What was not done: why, and what to do next, in the words of every other surface.
#[derive(Debug, Clone, PartialEq)]
pub struct Declined {
    /// How the command of the same name would end.
    pub exit: Exit,
    /// Why.
    pub problem: String,
    /// What to do next.
    pub next: String,
    /// A refusal as the command line prints it.
    pub refused: Option<Value>,
}

impl Declined {
    /// Something that the caller can mend.
    pub(crate) fn usage(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Failure::usage(problem, next).into()
    }

    fn told(exit: Exit, (problem, next): (String, String), refused: &impl Serialize) -> Self {
        Self {
            exit,
            problem,
            next,
            // A refusal that cannot be written as JSON is still told in words.
            refused: serde_json::to_value(refused).ok(),
        }
    }

    /// As a person reads it.
    pub(crate) fn text(&self) -> String {
        let word = if self.exit == Exit::Refused {
            "refused"
        } else {
            "error"
        };
        format!("{word}: {}\nnext: {}", self.problem, self.next)
    }
}

/// A record as JSON.
pub(crate) fn told(record: &impl Serialize) -> Answer {
    serde_json::to_string(record).map_err(|error| Failure::defect(&error).into())
}

impl From<Failure> for Declined {
    fn from(failure: Failure) -> Self {
        Self {
            exit: failure.exit(),
            problem: failure.problem().to_owned(),
            next: failure.remedy().to_owned(),
            refused: None,
        }
    }
}

impl From<StoreError> for Declined {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<InvalidName> for Declined {
    fn from(error: InvalidName) -> Self {
        Failure::from(error).into()
    }
}

impl From<&Refusal> for Declined {
    fn from(refused: &Refusal) -> Self {
        let words = (refusal::reason(refused), refusal::next(refused));
        Self::told(Exit::Refused, words, &RefusalJson::from(refused))
    }
}

impl From<&Unproven> for Declined {
    fn from(reason: &Unproven) -> Self {
        let words = (unproven::problem(reason), unproven::next(reason).to_owned());
        Self::told(unproven::exit(reason), words, &UnprovenJson::from(reason))
    }
}

impl From<&VoteRefusal> for Declined {
    fn from(refusal: &VoteRefusal) -> Self {
        let words = (vote_refusal::reason(refusal), vote_refusal::next(refusal));
        let exit = vote_refusal::exit(refusal);
        Self::told(exit, words, &RefusedVoteJson::from(refusal))
    }
}
