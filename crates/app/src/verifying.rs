//! Verifying a report: every artifact is opened again, the decision is made again, the report is
//! written again, and what differs is named.

use adjutant_domain::Digest;
use adjutant_report::deployment::{self, Deployment};
use adjutant_report::verify::{Discrepancy, ReportFormat, check, format_of, record_of};
use adjutant_store::Store;

use crate::record::{DecisionRecord, RecordError};

/// What verifying a report found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The record that the report names.
    pub record: Digest,
    /// How many artifacts were opened.
    pub artifacts: usize,
    /// Whether deciding again gave the recorded decision.
    pub decision_differs: bool,
    /// Where the report differs from what the evidence gives; empty when it holds.
    pub discrepancies: Vec<Discrepancy>,
}

/// A report that could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It names no decision record.
    #[error("the report names no decision record")]
    NoRecord,
    /// Its record, or an artifact of it, does not hold.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The report cannot be written again.
    #[error("the report cannot be written again")]
    Render(#[source] serde_json::Error),
}

impl Verification {
    /// Whether the report says exactly what the evidence gives.
    pub fn holds(&self) -> bool {
        !self.decision_differs && self.discrepancies.is_empty()
    }
}

/// Recomputes a report.
///
/// # Errors
/// When it names no record, or the record or an artifact is missing or was changed.
pub fn verify(store: &Store, report: &str) -> Result<Verification, VerifyError> {
    let digest = record_of(report).ok_or(VerifyError::NoRecord)?;
    let record = DecisionRecord::open(store, digest)?;
    let decision = record.decide_again(store)?;
    let again = Deployment {
        decision: &decision,
        record: digest,
        facts: &record.facts(store, &decision)?,
    };
    let expected = match format_of(report) {
        ReportFormat::Markdown => deployment::markdown(again),
        ReportFormat::Html => deployment::html(again),
        ReportFormat::Innovation => deployment::innovation(again),
        ReportFormat::Json => deployment::json(again).map_err(VerifyError::Render)?,
    };
    Ok(Verification {
        record: digest,
        artifacts: record.inputs.len(),
        decision_differs: decision != record.decision,
        discrepancies: check(report, &expected),
    })
}
