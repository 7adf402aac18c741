//! A comparison of recorded responses, in every format.

mod human;
mod junit;

pub use human::human;
pub use junit::junit;

use adjutant_domain::{Outcome, Validity};
use adjutant_shadow::{ShadowComparison, ShadowKindCount};

use crate::wire::ShadowAnswer;

/// A comparison, and what the recordings are called.
#[derive(Debug, Clone, Copy)]
pub struct ShownShadow<'a> {
    /// What was found.
    pub found: &'a ShadowComparison,
    /// The baseline's recording, as it was named.
    pub baseline: &'a str,
    /// The candidate's recording, as it was named.
    pub candidate: &'a str,
    /// The second recording of the baseline, as it was named.
    pub again: Option<&'a str>,
}

/// The answer as JSON of the published schema `shadow.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no answer causes.
pub fn json(shown: ShownShadow<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&ShadowAnswer::new(shown)).map(|text| text + "\n")
}

/// The answer in a word.
fn verdict(found: &ShadowComparison) -> &'static str {
    match (found.validity, found.outcome) {
        (Validity::Valid, Outcome::Pass) => "PASS",
        (Validity::Valid, Outcome::Fail) => "FAIL",
        (
            Validity::Valid
            | Validity::NoData
            | Validity::Insufficient
            | Validity::Stale
            | Validity::SourceError
            | Validity::NotFinite,
            _,
        ) => "INCONCLUSIVE",
    }
}

/// A way of disagreeing with how often and where it was seen.
fn told(counted: &ShadowKindCount) -> String {
    let mut text = format!(
        "{} in {}",
        counted.kind,
        crate::number::count(counted.pairs)
    );
    if counted.noise_pairs > 0 {
        let noise = crate::number::count(counted.noise_pairs);
        text.push_str(&format!(" (baseline against itself: {noise})"));
    }
    if !counted.requests.is_empty() {
        text.push_str(&format!(": request {}", counted.requests.join(", ")));
        if counted.pairs > counted.requests.len() as u64 {
            text.push_str(", …");
        }
    }
    text
}
