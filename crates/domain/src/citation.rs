//! Where a number comes from: the run, the artifact, and the place inside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Digest, RunId};

/// A place inside an artifact.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Locator {
    /// The whole artifact.
    Whole,
    /// A JSON pointer (RFC 6901), such as `/metrics/http_req_duration/p(95)`.
    Pointer(String),
    /// One line, counted from 1.
    Line(u64),
    /// The cells of `column` on lines `first` to `last`, counted from 1, both included.
    Rows {
        /// First line.
        first: u64,
        /// Last line.
        last: u64,
        /// Column or key.
        column: String,
    },
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Locator::Whole => Ok(()),
            Locator::Pointer(pointer) => write!(f, "#{pointer}"),
            Locator::Line(line) => write!(f, "#L{line}"),
            Locator::Rows {
                first,
                last,
                column,
            } => write!(f, "#L{first}-{last}:{column}"),
        }
    }
}

/// The source of a number. Shown as `run_8724 (profiling_report.json#/p95)`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Citation {
    /// The run that produced the artifact.
    pub run: RunId,
    /// The artifact's digest.
    pub artifact: Digest,
    /// The artifact's file name, without folders.
    pub file: String,
    /// The place inside the artifact.
    pub locator: Locator,
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}{})", self.run, self.file, self.locator)
    }
}
