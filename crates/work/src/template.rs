//! The intake template: one Markdown file a task. Reading a file and writing it again are
//! inverse: what [`render`] writes, [`parse`] reads back unchanged.

mod checks;
mod parsing;
mod rendering;
mod section;

use crate::{Intake, Link};

pub(crate) use checks::{CheckToml, check_of};
pub use checks::{read_checks, write_checks};
pub use parsing::{parse, read_risk};
pub use rendering::render;
pub use section::Section;

/// The template, to be filled in. Comments are left out when it is read.
pub const BLANK: &str = include_str!("template/blank.md");

/// The longest file that is read, in bytes: an intake is a page, not a book.
pub const BYTES_MAX: usize = 256 * 1_024;

/// What a file in the template's format asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// The task.
    pub intake: Intake,
    /// Its links to other tasks.
    pub links: Vec<Link>,
}

/// A file that is not in the template's format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidIntake {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

#[cfg(test)]
mod tests;
