//! How much a change weighs.

use std::fmt;

use serde::Serialize;

/// What a change does to who uses the baseline today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWeight {
    /// Nothing.
    Safe,
    /// It may break something; a person has to look.
    Risky,
    /// It breaks something.
    Breaking,
}

impl fmt::Display for ChangeWeight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Safe => "safe",
            Self::Risky => "risky",
            Self::Breaking => "breaking",
        })
    }
}
