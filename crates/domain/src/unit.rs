//! Units of measure. A value without its unit is not comparable, so every value has one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one of the value is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Events per second, such as requests per second.
    #[serde(rename = "/s")]
    PerSecond,
    /// A share of a whole, 0 to 1 (changes may be negative). Shown as per cent.
    #[serde(rename = "ratio")]
    Ratio,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Language-model tokens.
    #[serde(rename = "tokens")]
    Tokens,
    /// A count of things.
    #[serde(rename = "count")]
    Count,
    /// A pure number: a score, a correlation, an nDCG, or a measure whose unit its file does not say.
    #[serde(rename = "1")]
    One,
}

impl Unit {
    /// The symbol that follows a value, empty for pure numbers.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::PerSecond => "/s",
            Unit::Ratio => "%",
            Unit::Bytes => "B",
            Unit::Tokens => "tokens",
            Unit::Count | Unit::One => "",
        }
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.symbol())
    }
}
