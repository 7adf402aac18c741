//! Why a file could not be read: where, what, and what to do next.

/// Where in the file the problem is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// A cell: line and column name.
    Cell {
        /// Line, counted from 1.
        line: u64,
        /// Column or key.
        column: String,
    },
    /// A JSON pointer.
    Pointer(String),
    /// A byte offset, counted from 0.
    Byte(u64),
}

/// A file that cannot be read as the format it was taken for. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct FormatError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// What to do next.
    pub remedy: String,
}

impl FormatError {
    /// A problem at a place, with what to do next.
    pub fn new(place: Place, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            place,
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Whole => f.write_str("the file"),
            Place::Line(line) => write!(f, "line {line}"),
            Place::Cell { line, column } => write!(f, "line {line}, {column}"),
            Place::Pointer(pointer) => write!(f, "{pointer}"),
            Place::Byte(offset) => write!(f, "byte {offset}"),
        }
    }
}
