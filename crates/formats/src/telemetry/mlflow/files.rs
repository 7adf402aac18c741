//! A run from a local file store: the bundle `{"source": "mlflow-files", "files": {path: text}}` of
//! one run's folder, with `meta.yaml` and a file for each metric.

use std::collections::BTreeMap;

use adjutant_domain::Locator;

use super::metric::{Metric, Point, Run, Status};
use crate::FormatError;
use crate::json::Node;

const REMEDY_WHOLE_FOLDER: &str = "Give the run's whole folder, as MLflow wrote it.";

/// The run of a bundle.
///
/// # Errors
/// When `meta.yaml` is missing, or a metric's file is not as MLflow writes it.
pub(super) fn read(bundle: &Node<'_>) -> Result<Run, FormatError> {
    let files = bundle.need("files")?;
    let meta = files.need("meta.yaml")?;
    let facts = facts(meta.text()?);
    let fact = |key: &str| {
        facts
            .get(key)
            .copied()
            .ok_or_else(|| meta.wrong(format!("`{key}` is missing"), REMEDY_WHOLE_FOLDER))
    };
    let mut metrics = Vec::new();
    for (path, file) in files.members()? {
        if let Some(key) = path.strip_prefix("metrics/") {
            metrics.extend(metrics_of(key, &file)?);
        }
    }
    let stage = facts.get("lifecycle_stage").copied();
    Ok(Run {
        id: fact("run_id")?.to_owned(),
        status: Status::of(&meta, fact("status")?, stage)?,
        metrics,
    })
}

/// The `key: value` lines of a flat YAML mapping. The three keys that are read have plain or quoted
/// one-line values.
fn facts(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(key, value)| (key, value.trim().trim_matches(['\'', '"'])))
        .collect()
}

/// A metric's lines, `timestamp value step [dataset digest]`, apart by data set.
fn metrics_of(key: &str, file: &Node<'_>) -> Result<Vec<Metric>, FormatError> {
    let mut by_dataset: BTreeMap<Option<&str>, Vec<Point>> = BTreeMap::new();
    for (number, line) in (1..).zip(file.text()?.lines()) {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let wrong = || {
            file.wrong(
                format!("line {number} is not `timestamp value step`: {line:?}"),
                REMEDY_WHOLE_FOLDER,
            )
        };
        let (timestamp, value, step, dataset) = match fields.as_slice() {
            [timestamp, value] => (timestamp, value, &"0", None),
            [timestamp, value, step] => (timestamp, value, step, None),
            [timestamp, value, step, dataset, _digest] => (timestamp, value, step, Some(*dataset)),
            _other => return Err(wrong()),
        };
        let point = || {
            Some(Point {
                timestamp: timestamp.parse().ok()?,
                value: value.parse().ok()?,
                step: step.parse().ok()?,
            })
        };
        by_dataset
            .entry(dataset)
            .or_default()
            .push(point().ok_or_else(wrong)?);
    }
    let place = Locator::Pointer(file.pointer.clone());
    let metrics = by_dataset.into_iter().map(|(dataset, points)| Metric {
        key: key.to_owned(),
        model: None,
        dataset: dataset.map(str::to_owned),
        points,
        last: place.clone(),
        history: place.clone(),
    });
    Ok(metrics.collect())
}
