//! Contracts that cannot be read: which side, where, what, and what to do.

use adjutant_document::{DocumentPlace, Unreadable};

/// Which of the two texts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContractSide {
    /// The contract in use.
    Baseline,
    /// The contract that asks to replace it.
    Candidate,
}

/// A contract that cannot be read, or not as this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{problem}")]
pub struct ContractError {
    /// Which of the two.
    pub side: ContractSide,
    /// Where in it.
    pub place: DocumentPlace,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl ContractError {
    /// What is wrong with a text, once it is known which side it is.
    pub(crate) fn on(side: ContractSide, unreadable: Unreadable) -> Self {
        Self {
            side,
            place: unreadable.place,
            problem: unreadable.problem,
            remedy: unreadable.remedy,
        }
    }
}
