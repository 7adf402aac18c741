//! The JSON of what doctor finds.

use adjutant_app::{Condition, Finding};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct FindingJson {
    what: &'static str,
    condition: &'static str,
    seen: String,
}

impl From<&Finding> for FindingJson {
    fn from(finding: &Finding) -> Self {
        Self {
            what: finding.what,
            condition: condition(finding.condition),
            seen: finding.seen.clone(),
        }
    }
}

/// How something is, in one word.
pub fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Good => "good",
        Condition::Absent => "absent",
        Condition::Bad => "bad",
    }
}
