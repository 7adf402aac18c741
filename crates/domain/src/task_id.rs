//! Which task, and the how manieth holder of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A task's number in its store, written `T-17`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(i64);

/// A text that is not a task's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a task: write it as T-17")]
pub struct InvalidTaskId(String);

impl TaskId {
    /// From the number that the store gave it, from 1.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "T-{}", self.0)
    }
}

impl std::str::FromStr for TaskId {
    type Err = InvalidTaskId;

    /// Reads `T-17`, `t-17`, `#17` and `17`.
    fn from_str(text: &str) -> Result<Self, InvalidTaskId> {
        let digits = ["T-", "t-", "#"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(number) if is_plain && number > 0 => Ok(Self(number)),
            Ok(_) | Err(_) => Err(InvalidTaskId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for TaskId {
    type Error = InvalidTaskId;

    fn try_from(text: String) -> Result<Self, InvalidTaskId> {
        text.parse()
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> String {
        id.to_string()
    }
}

/// The fencing token: it rises by one with each claim of the task, and every write about the task
/// carries it. A write with an older one comes from a holder who lost the lease.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Epoch(i64);

impl Epoch {
    /// From a stored or given number; 0 means never claimed.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The epoch of the next claim.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::str::FromStr for Epoch {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_read_as_people_write_it() {
        for given in ["T-17", "t-17", "#17", "17"] {
            assert_eq!(given.parse(), Ok(TaskId::from_number(17)), "{given}");
        }
        for given in [
            "",
            "T-",
            "T-0",
            "T--1",
            "-1",
            "+1",
            "T-x",
            "T-99999999999999999999",
        ] {
            assert!(given.parse::<TaskId>().is_err(), "{given:?} was accepted");
        }
        assert_eq!(TaskId::from_number(17).to_string(), "T-17");
    }
}
