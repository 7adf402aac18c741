//! A comparison for a terminal and as JSON.

mod distribution;
mod human;

pub use distribution::Distribution;
pub use human::{ShownArm, human};

use adjutant_gate::Comparison;

use crate::wire::ComparisonAnswer;

/// The comparison as JSON of the published schema `comparison.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no comparison causes.
pub fn json(comparison: &Comparison) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&ComparisonAnswer::from(comparison)).map(|text| text + "\n")
}
