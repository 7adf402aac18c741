//! Where in a text something is, and what is wrong there.

use std::fmt;

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentPlace {
    /// The whole of it.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// A JSON pointer.
    Pointer(String),
    /// A byte, counted from 0.
    Byte(u64),
}

impl fmt::Display for DocumentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, "line {line}: "),
            Self::Pointer(pointer) => write!(f, "{pointer}: "),
            Self::Byte(byte) => write!(f, "byte {byte}: "),
        }
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{problem}")]
pub struct Unreadable {
    /// Where in it.
    pub place: DocumentPlace,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Unreadable {
    /// Something that is wrong with the whole text.
    pub fn whole(problem: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            place: DocumentPlace::Whole,
            problem: problem.into(),
            remedy,
        }
    }

    /// The line it is on, counted from 1; the first where it is on no line.
    pub fn line(&self) -> u64 {
        match self.place {
            DocumentPlace::Line(line) => line,
            DocumentPlace::Whole | DocumentPlace::Pointer(_) | DocumentPlace::Byte(_) => 1,
        }
    }

    /// Something that is wrong on a line, counted from 1.
    pub fn at_line(line: usize, problem: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            place: DocumentPlace::Line(line as u64),
            problem: problem.into(),
            remedy,
        }
    }
}
