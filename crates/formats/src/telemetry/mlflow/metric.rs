//! A run and its metrics, however they were kept, as measurements.

use std::sync::Arc;

use adjutant_domain::{Absence, Data, Labels, Locator, MeasureName, Measurement, Samples, Scalar};

use crate::FormatError;
use crate::json::Node;
use crate::keys::keys;
use crate::measure::{measure_name, unit_of};

/// The measure of a metric whose key is no measure's name; the label `metric` has the key.
const UNNAMED: &str = "metric";

/// A run.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) metrics: Vec<Metric>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Finished,
    /// Its numbers may still change.
    Unfinished,
    Failed,
    Killed,
    Deleted,
}

impl Status {
    /// The status by MLflow's word or number, and the stage of its life.
    ///
    /// # Errors
    /// When MLflow knows no such status.
    pub(super) fn of(
        node: &Node<'_>,
        text: &str,
        stage: Option<&str>,
    ) -> Result<Self, FormatError> {
        if stage == Some("deleted") {
            return Ok(Self::Deleted);
        }
        match text {
            "FINISHED" | "3" => Ok(Self::Finished),
            "RUNNING" | "1" | "SCHEDULED" | "2" => Ok(Self::Unfinished),
            "FAILED" | "4" => Ok(Self::Failed),
            "KILLED" | "5" => Ok(Self::Killed),
            _unknown => Err(node.wrong(
                format!("{text:?} is no status of a run"),
                super::REMEDY_ASK_AGAIN,
            )),
        }
    }

    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Finished | Self::Unfinished => None,
            Self::Failed => Some("the run failed"),
            Self::Killed => Some("the run was killed"),
            Self::Deleted => Some("the run was deleted"),
        }
    }
}

/// A metric: its points in the order they were logged, at least one.
pub(super) struct Metric {
    pub(super) key: String,
    pub(super) model: Option<String>,
    pub(super) dataset: Option<String>,
    pub(super) points: Vec<Point>,
    /// Where the last value stands.
    pub(super) last: Locator,
    /// Where the history stands.
    pub(super) history: Locator,
}

/// A value of a metric; it may be NaN or infinite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) value: f64,
    pub(super) timestamp: i64,
    pub(super) step: i64,
}

impl Metric {
    /// The value that counts as the metric's: of the highest step, then the latest, then the
    /// largest, as MLflow's stores choose.
    pub(super) fn last_point(&self) -> Option<&Point> {
        self.points.iter().max_by(|a, b| {
            (a.step, a.timestamp)
                .cmp(&(b.step, b.timestamp))
                .then(a.value.total_cmp(&b.value))
        })
    }
}

impl Run {
    /// The measurements of the run.
    ///
    /// # Errors
    /// Never for the names that this crate gives itself.
    pub(super) fn measurements(self) -> Result<Vec<Measurement>, FormatError> {
        let mut found = Vec::new();
        if self.metrics.is_empty() {
            found.push(self.nothing()?);
        }
        for metric in &self.metrics {
            self.metric_measurements(metric, &mut found)?;
        }
        Ok(found)
    }

    fn labels(&self) -> Labels {
        let mut labels = Labels::from([("run_id".to_owned(), self.id.clone())]);
        if self.status == Status::Unfinished {
            labels.insert("status".to_owned(), "unfinished".to_owned());
        }
        labels
    }

    fn nothing(&self) -> Result<Measurement, FormatError> {
        Ok(Measurement {
            measure: measure_name(UNNAMED)?,
            labels: self.labels(),
            unit: adjutant_domain::Unit::One,
            locator: Locator::Whole,
            data: Data::Absent(Absence::EmptyResult),
        })
    }

    fn metric_measurements(
        &self,
        metric: &Metric,
        found: &mut Vec<Measurement>,
    ) -> Result<(), FormatError> {
        let mut labels = self.labels();
        for (key, value) in [("model", &metric.model), ("dataset", &metric.dataset)] {
            if let Some(value) = value {
                labels.insert(key.to_owned(), value.clone());
            }
        }
        let measure: MeasureName = match metric.key.parse() {
            Ok(name) => name,
            Err(_not_a_name) => {
                labels.insert("metric".to_owned(), metric.key.clone());
                measure_name(UNNAMED)?
            }
        };
        let (unit, factor) = unit_of(&metric.key);
        let mut push = |locator: &Locator, data| {
            found.push(Measurement {
                measure: measure.clone(),
                labels: labels.clone(),
                unit,
                locator: locator.clone(),
                data,
            });
        };
        if let Some(words) = self.status.refusal() {
            push(
                &metric.last,
                Data::Absent(Absence::SourceRefused(words.to_owned())),
            );
            return Ok(());
        }
        if let Some(point) = metric.last_point() {
            push(&metric.last, last_value(point, factor));
        }
        if metric.points.len() > 1 {
            push(&metric.history, history(&metric.points, factor));
        }
        Ok(())
    }
}

fn last_value(point: &Point, factor: f64) -> Data {
    match finite(point.value, factor) {
        Ok(value) => Data::Scalar(Scalar {
            statistic: "value".to_owned(),
            value,
            interval: None,
            n: None,
        }),
        Err(absence) => Data::Absent(absence),
    }
}

fn history(points: &[Point], factor: f64) -> Data {
    let values: Result<Vec<f64>, Absence> = points
        .iter()
        .map(|point| finite(point.value, factor))
        .collect();
    match values {
        Ok(values) => Data::Samples(Samples {
            values,
            pair: Some(Arc::new(keys(
                points.iter().map(|point| point.step.to_string()),
            ))),
            cluster: None,
        }),
        Err(absence) => Data::Absent(absence),
    }
}

/// MLflow's SQL stores keep an infinity as the largest f64.
fn finite(value: f64, factor: f64) -> Result<f64, Absence> {
    let scaled = value * factor;
    if scaled.is_nan() {
        Err(Absence::NotANumber)
    } else if scaled.is_infinite() || value.abs() == f64::MAX {
        Err(Absence::Infinite)
    } else {
        Ok(scaled)
    }
}
