//! A gate's decision in every format.

mod human;
mod junit;
mod markdown;
pub(crate) mod sarif;
mod table;

pub use human::human;
pub use junit::junit;
pub use markdown::markdown;
pub(crate) use markdown::{criteria_table, evidence_items, interval, observed, triggers_table};
pub use sarif::sarif;

use adjutant_gate::Decision;

use crate::wire::GateAnswer;

/// The decision as JSON of the published schema `gate.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no decision causes.
pub fn json(decision: &Decision) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&GateAnswer::from(decision)).map(|text| text + "\n")
}
