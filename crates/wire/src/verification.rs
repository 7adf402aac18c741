//! The JSON of a verified report.

use adjutant_app::Verification;
use schemars::JsonSchema;
use serde::Serialize;

/// Whether a report says what its evidence gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerificationJson {
    /// Whether every digit was found again.
    pub holds: bool,
    /// The digest of the decision's record.
    pub record: Option<String>,
    /// How many artifacts were opened.
    pub artifacts: Option<usize>,
    /// What differs, one sentence each.
    pub problems: Vec<String>,
}

impl VerificationJson {
    /// The record, or an artifact of it, is not what it was.
    pub fn broken(problem: String) -> Self {
        Self {
            holds: false,
            record: None,
            artifacts: None,
            problems: vec![problem],
        }
    }
}

impl From<&Verification> for VerificationJson {
    fn from(verification: &Verification) -> Self {
        let mut problems = Vec::new();
        if verification.decision_differs {
            problems.push("deciding again gives another decision than the recorded one".to_owned());
        }
        problems.extend(verification.discrepancies.iter().map(ToString::to_string));
        Self {
            holds: verification.holds(),
            record: Some(verification.record.to_string()),
            artifacts: Some(verification.artifacts),
            problems,
        }
    }
}
