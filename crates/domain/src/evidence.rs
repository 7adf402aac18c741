//! An immutable record: what one artifact of one run measured about one subject.

use crate::{Citation, Digest, Measurement, RunId, Subject, Timestamp};

/// The measurements of one artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Whose measurements these are.
    pub subject: Subject,
    /// The run that produced the artifact.
    pub run: RunId,
    /// The artifact's digest.
    pub artifact: Digest,
    /// The artifact's file name, without folders.
    pub file: String,
    /// When the evidence was produced (its file's own time, or when it was collected).
    pub taken_at: Timestamp,
    /// What it holds.
    pub measurements: Vec<Measurement>,
}

impl Evidence {
    /// The source of one of its measurements.
    pub fn cite(&self, measurement: &Measurement) -> Citation {
        Citation {
            run: self.run.clone(),
            artifact: self.artifact,
            file: self.file.clone(),
            locator: measurement.locator.clone(),
        }
    }
}
