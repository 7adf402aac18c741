//! Contracts that cannot be read: which side, where, what, and what to do.

use std::fmt;

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
    pub place: ContractPlace,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A place in a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractPlace {
    /// The whole of it.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// A JSON pointer.
    Pointer(String),
    /// A byte, counted from 0.
    Byte(u64),
}

impl fmt::Display for ContractPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, "line {line}: "),
            Self::Pointer(pointer) => write!(f, "{pointer}: "),
            Self::Byte(byte) => write!(f, "byte {byte}: "),
        }
    }
}

/// What is wrong with a text, before it is known which side it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) place: ContractPlace,
    pub(crate) problem: String,
    pub(crate) remedy: &'static str,
}

impl Unreadable {
    pub(crate) fn whole(problem: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            place: ContractPlace::Whole,
            problem: problem.into(),
            remedy,
        }
    }

    pub(crate) fn at_line(line: usize, problem: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            place: ContractPlace::Line(line as u64),
            problem: problem.into(),
            remedy,
        }
    }

    pub(crate) fn on(self, side: ContractSide) -> ContractError {
        ContractError {
            side,
            place: self.place,
            problem: self.problem,
            remedy: self.remedy,
        }
    }
}
