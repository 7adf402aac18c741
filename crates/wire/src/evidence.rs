//! The JSON of evidence.

use std::collections::BTreeMap;

use adjutant_app::{AddedEvidence, ShownEvidence};
use adjutant_domain::{MeasureName, Measurement, Unit};
use adjutant_store::{Added, StoredEvidence, StoredMeasurement};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct EvidenceJson {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<bool>,
    subject: String,
    run: String,
    file: String,
    sha256: String,
    format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    named: Option<String>,
    taken_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    added_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurements: Option<Vec<MeasurementJson>>,
}

#[derive(Serialize, JsonSchema)]
struct MeasurementJson {
    measure: String,
    labels: BTreeMap<String, String>,
    unit: Unit,
    shape: String,
    n: Option<i64>,
    statistic: Option<String>,
    value: Option<f64>,
    place: String,
}

impl From<&StoredEvidence> for EvidenceJson {
    fn from(stored: &StoredEvidence) -> Self {
        Self {
            id: stored.id,
            new: None,
            subject: stored.subject.to_string(),
            run: stored.run.to_string(),
            file: stored.file.clone(),
            sha256: stored.artifact.to_string(),
            format: stored.format.clone(),
            named: stored.named.as_ref().map(MeasureName::to_string),
            taken_at: stored.taken_at.to_string(),
            added_at: Some(stored.added_at.to_string()),
            measurements: None,
        }
    }
}

impl From<&ShownEvidence> for EvidenceJson {
    fn from(shown: &ShownEvidence) -> Self {
        Self {
            measurements: Some(shown.measurements.iter().map(Into::into).collect()),
            ..(&shown.evidence).into()
        }
    }
}

impl From<&AddedEvidence> for EvidenceJson {
    fn from(added: &AddedEvidence) -> Self {
        let evidence = &added.evidence;
        let (id, new) = number(added.added);
        Self {
            id,
            new: Some(new),
            subject: evidence.subject.to_string(),
            run: evidence.run.to_string(),
            file: evidence.file.clone(),
            sha256: evidence.artifact.to_string(),
            format: added.format.to_string(),
            named: None,
            taken_at: evidence.taken_at.to_string(),
            added_at: None,
            measurements: Some(evidence.measurements.iter().map(Into::into).collect()),
        }
    }
}

/// The evidence's number, and whether it is new.
pub fn number(added: Added) -> (i64, bool) {
    match added {
        Added::New(id) => (id, true),
        Added::AlreadyThere(id) => (id, false),
    }
}

impl From<&StoredMeasurement> for MeasurementJson {
    fn from(stored: &StoredMeasurement) -> Self {
        Self {
            measure: stored.measure.to_string(),
            labels: stored.labels.clone(),
            unit: stored.unit,
            shape: stored.shape.clone(),
            n: stored.n,
            statistic: stored.statistic.clone(),
            value: stored.value,
            place: stored.locator.to_string(),
        }
    }
}

impl From<&Measurement> for MeasurementJson {
    fn from(measurement: &Measurement) -> Self {
        Self {
            measure: measurement.measure.to_string(),
            labels: measurement.labels.clone(),
            unit: measurement.unit,
            shape: measurement.data.shape().to_owned(),
            n: measurement.data.n().and_then(|n| i64::try_from(n).ok()),
            statistic: None,
            value: None,
            place: measurement.locator.to_string(),
        }
    }
}
