//! A run from MLflow's REST interface: `runs/get`, and `metrics/get-history` for each metric.

use std::collections::BTreeMap;

use adjutant_domain::{Absence, Data, Labels, Locator, Measurement, Unit};
use serde_json::Value;

use super::metric::{Metric, Point, Run, Status};
use super::{REMEDY_ASK_AGAIN, inquiry};
use crate::json::Node;
use crate::{FormatError, measure_name};

/// A `runs/get` answer as it comes: the last value of every metric, no history.
///
/// # Errors
/// When it is not of that shape.
pub(super) fn read_bare(body: &Node<'_>) -> Result<Run, FormatError> {
    let run = body.need("run")?;
    let info = run.need("info")?;
    let status = info.need("status")?;
    let stage = info.get("lifecycle_stage");
    let stage = stage.as_ref().map(Node::text).transpose()?;
    let mut metrics = Vec::new();
    let data = run.get("data");
    if let Some(listed) = data.and_then(|data| data.get("metrics")) {
        for node in listed.items()? {
            metrics.push(metric(&node)?);
        }
    }
    Ok(Run {
        id: info.need("run_id")?.text()?.to_owned(),
        status: Status::of(&status, status.text()?, stage)?,
        metrics,
    })
}

/// A record: the run and the histories of its metrics.
///
/// # Errors
/// When an answer is not of its shape, a history lacks its last page, or the run's last value is
/// not in the history.
pub(super) fn read_record(record: &Node<'_>) -> Result<Vec<Measurement>, FormatError> {
    let answers = inquiry::answers(record)?;
    let mut run = None;
    let mut histories: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for answer in &answers {
        let body = match &answer.body {
            Ok(body) => body,
            Err(words) => return Ok(vec![refused(&answer.node, words)?]),
        };
        if answer.asks()? == "run" {
            run = Some(read_bare(body)?);
        } else {
            let key = answer.node.need("metric")?.text()?;
            histories.entry(key).or_default().push(body.clone());
        }
    }
    let mut run = run.ok_or_else(|| record.wrong("the record holds no run", REMEDY_ASK_AGAIN))?;
    for metric in &mut run.metrics {
        if let Some(pages) = histories.get(metric.key.as_str()) {
            add_history(metric, pages)?;
        }
    }
    run.measurements()
}

fn refused(node: &Node<'_>, words: &str) -> Result<Measurement, FormatError> {
    Ok(Measurement {
        measure: measure_name("metric")?,
        labels: Labels::new(),
        unit: Unit::One,
        locator: Locator::Pointer(node.pointer.clone()),
        data: Data::Absent(Absence::SourceRefused(words.to_owned())),
    })
}

fn add_history(metric: &mut Metric, pages: &[Node<'_>]) -> Result<(), FormatError> {
    let mut points = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        if let Some(listed) = page.get("metrics") {
            for node in listed.items()? {
                points.push(point(&node)?);
            }
        }
        let next = page.get("next_page_token");
        let ends = next.as_ref().is_none_or(|token| token.value == "");
        if ends != (at + 1 == pages.len()) {
            return Err(page.wrong(
                format!("the history of {:?} is not whole", metric.key),
                REMEDY_ASK_AGAIN,
            ));
        }
    }
    let same = |a: &Point, b: &Point| a.step == b.step && a.value.to_bits() == b.value.to_bits();
    if let (Some(last), Some(page)) = (metric.points.last(), pages.last()) {
        if !points.iter().any(|point| same(point, last)) {
            return Err(page.wrong(
                format!(
                    "the run says {:?} is {} at step {}, but its history does not",
                    metric.key, last.value, last.step
                ),
                REMEDY_ASK_AGAIN,
            ));
        }
        metric.history = Locator::Pointer(match pages {
            [only] => format!("{}/metrics", only.pointer),
            _several => "/answers".to_owned(),
        });
        metric.points = points;
    }
    Ok(())
}

fn metric(node: &Node<'_>) -> Result<Metric, FormatError> {
    let text = |key: &str| -> Result<Option<String>, FormatError> {
        let value = node.get(key);
        let value = value.as_ref().map(Node::text).transpose()?;
        Ok(value.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let last = Locator::Pointer(node.need("value")?.pointer);
    Ok(Metric {
        key: node.need("key")?.text()?.to_owned(),
        model: text("model_id")?,
        dataset: text("dataset_name")?,
        points: vec![point(node)?],
        history: last.clone(),
        last,
    })
}

fn point(node: &Node<'_>) -> Result<Point, FormatError> {
    let whole = |key: &str| match node.get(key) {
        Some(number) => number
            .value
            .as_i64()
            .ok_or_else(|| number.wrong("a whole number is needed here", REMEDY_ASK_AGAIN)),
        None => Ok(0),
    };
    Ok(Point {
        value: value(&node.need("value")?)?,
        timestamp: whole("timestamp")?,
        step: whole("step")?,
    })
}

/// Protocol Buffers write NaN and the infinities as texts.
fn value(node: &Node<'_>) -> Result<f64, FormatError> {
    if let Value::String(text) = node.value {
        return match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            other => Err(node.wrong(format!("{other:?} is not a number"), REMEDY_ASK_AGAIN)),
        };
    }
    node.number()
}
