//! Bencher Metric Format: benchmark name, then measure, then `value` with optional `lower_value`
//! and `upper_value`.
//!
//! Bencher's own measures have fixed units (latency is in nanoseconds); the unit of any other
//! measure is not in the file. What the lower and upper value mean is not in it either (an
//! interval at some level, or the smallest and largest run), so they become no interval but the
//! statistics `lower` and `upper`.

use adjutant_domain::{Measurement, Unit};

use crate::figure::{Figure, NANOSECONDS, SECONDS, times_ten_to};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give a file in the Bencher Metric Format.";
/// Bencher's measure by slug and by name, our measure, its unit, and the power of ten from
/// their unit to ours.
const KNOWN: [(&str, &str, &str, Unit, i32); 5] = [
    (
        "latency",
        "Latency",
        "duration_ms",
        Unit::Milliseconds,
        NANOSECONDS,
    ),
    ("throughput", "Throughput", "throughput", Unit::PerSecond, 0),
    (
        "build-time",
        "Build Time",
        "build_time_ms",
        Unit::Milliseconds,
        SECONDS,
    ),
    ("file-size", "File Size", "file_size_bytes", Unit::Bytes, 0),
    ("allocated", "Allocated", "allocated_bytes", Unit::Bytes, 0),
];

/// Whether a file that begins with `head` is in the Bencher Metric Format: an object of objects
/// of objects that begin with a value.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    let Some(head) = text::decode_head(head) else {
        return false;
    };
    let mut rest = head.trim_start();
    for _level in 0..2 {
        let Some(name) = rest.strip_prefix('{').and_then(after_key) else {
            return false;
        };
        rest = name;
    }
    let metric = rest.strip_prefix('{').map(str::trim_start);
    metric.is_some_and(|metric| {
        ["\"value\"", "\"lower_value\"", "\"upper_value\""]
            .iter()
            .any(|key| metric.starts_with(key))
    })
}

/// What follows `"key":`.
fn after_key(json: &str) -> Option<&str> {
    let key = json.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = key.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let rest = key.get(end + 1..)?.trim_start().strip_prefix(':')?;
    Some(rest.trim_start())
}

/// The measurements of a file in the Bencher Metric Format, each with the label `benchmark`.
///
/// # Errors
/// When the bytes are not such a document, or a time is negative.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let mut measurements = Vec::new();
    for (benchmark, measures) in root.members()? {
        for (measure, metric) in measures.members()? {
            measurements.extend(read_metric(benchmark, measure, &metric)?);
        }
    }
    if measurements.is_empty() {
        return Err(root.wrong("there is no metric in it", REMEDY));
    }
    Ok(measurements)
}

fn read_metric(
    benchmark: &str,
    measure: &str,
    metric: &Node<'_>,
) -> Result<Vec<Measurement>, FormatError> {
    let known = KNOWN
        .iter()
        .find(|(slug, name, ..)| *slug == measure || *name == measure);
    let (name, unit, exponent) = match known {
        Some((_slug, _name, ours, unit, exponent)) => (*ours, *unit, *exponent),
        None => (measure, Unit::One, 0),
    };
    let figure = Figure::new(name, unit)?.labelled("benchmark", benchmark);
    metric.need("value")?;
    let mut measurements = Vec::new();
    for (key, statistic) in [
        ("value", "value"),
        ("lower_value", "lower"),
        ("upper_value", "upper"),
    ] {
        let Some(node) = metric.get(key) else {
            continue;
        };
        let value = match (unit, statistic) {
            (Unit::Milliseconds, "value" | "upper") => node.milliseconds(exponent)?,
            _ => finite(&node, times_ten_to(node.number()?, exponent))?,
        };
        measurements.push(figure.scalar(node.locator(), statistic, value, None));
    }
    Ok(measurements)
}

fn finite(node: &Node<'_>, value: f64) -> Result<f64, FormatError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(node.wrong("the number is too large", REMEDY))
}
