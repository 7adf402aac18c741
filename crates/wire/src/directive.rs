//! The JSON of attempts to carry out directives.

use adjutant_store::DirectiveAttempt;
use adjutant_work::directive::{DirectiveOutcome, DirectiveRecord};
use schemars::JsonSchema;
use serde::Serialize;

/// An attempt.
#[derive(Serialize, JsonSchema)]
pub struct DirectiveAttemptJson<'a> {
    directive: &'a str,
    /// The digest of what it said.
    digest: String,
    /// Counted from 1.
    attempt: u32,
    began_at: String,
    /// Null while it lasts, and for one that was cut off.
    ended_at: Option<String>,
    outcome: Option<DirectiveOutcome>,
    record: Option<&'a DirectiveRecord>,
}

impl<'a> From<&'a DirectiveAttempt> for DirectiveAttemptJson<'a> {
    fn from(attempt: &'a DirectiveAttempt) -> Self {
        let ending = attempt.ending.as_ref();
        Self {
            directive: attempt.directive.as_str(),
            digest: attempt.digest.to_string(),
            attempt: attempt.attempt,
            began_at: attempt.began_at.to_string(),
            ended_at: ending.map(|ending| ending.at.to_string()),
            outcome: ending.map(|ending| ending.outcome),
            record: ending.map(|ending| &ending.record),
        }
    }
}
