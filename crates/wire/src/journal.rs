//! The JSON of the journal.

use adjutant_store::{JournalCheck, JournalEntry};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

/// Whether the chain holds.
#[derive(Serialize, JsonSchema)]
pub struct JournalCheckJson<'a> {
    holds: bool,
    entries: u64,
    /// The hash of the last entry.
    head: &'a str,
    problems: &'a [String],
}

/// An entry of the journal.
#[derive(Serialize, JsonSchema)]
pub struct JournalEntryJson<'a> {
    /// Counted from 1, without gaps.
    position: i64,
    at: String,
    /// What happened, such as `task.claimed`.
    kind: &'a str,
    /// The change.
    #[schemars(with = "serde_json::Value")]
    content: &'a RawValue,
    hash: &'a str,
}

impl<'a> From<&'a JournalCheck> for JournalCheckJson<'a> {
    fn from(check: &'a JournalCheck) -> Self {
        Self {
            holds: check.problems.is_empty(),
            entries: check.entries,
            head: &check.head,
            problems: &check.problems,
        }
    }
}

impl<'a> TryFrom<&'a JournalEntry> for JournalEntryJson<'a> {
    type Error = serde_json::Error;

    fn try_from(entry: &'a JournalEntry) -> Result<Self, Self::Error> {
        Ok(Self {
            position: entry.position,
            at: entry.at.to_string(),
            kind: &entry.kind,
            content: serde_json::from_str(&entry.content)?,
            hash: &entry.hash,
        })
    }
}
