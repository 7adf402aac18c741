//! Criterion.rs's `estimates.json`: the time of one iteration in nanoseconds, with intervals.
//!
//! The benchmark's name is not in it: it is in `benchmark.json` beside it, which holds no
//! measurement. `change/estimates.json` (shares of change against an older run) is refused.

use adjutant_domain::{Data, Interval, Measurement, Scalar, Unit};

use crate::figure::{Figure, NANOSECONDS};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give `target/criterion/<benchmark>/new/estimates.json`.";
/// Criterion's estimates and our statistic of `duration_ms`.
const ESTIMATES: [(&str, &str); 5] = [
    ("mean", "mean"),
    ("median", "median"),
    ("slope", "slope"),
    ("std_dev", "stddev"),
    ("median_abs_dev", "median_abs_dev"),
];

/// Whether a file that begins with `head` is Criterion's estimates, or its `benchmark.json`.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        let has = |key| head.contains(key);
        (has("\"confidence_interval\"") && has("\"point_estimate\"") && has("\"standard_error\""))
            || (has("\"group_id\"") && has("\"full_id\"") && has("\"directory_name\""))
    })
}

/// The measurements of Criterion's estimates. How many samples stand behind them is in
/// `sample.json` only.
///
/// # Errors
/// When the bytes are not such a document, or are Criterion's `benchmark.json` or its estimates
/// of change.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    if root.get("full_id").is_some() {
        let problem = "this file names a benchmark, but holds no measurement";
        return Err(root.wrong(problem, "Give `sample.json` or `estimates.json` beside it."));
    }
    if root.get("std_dev").is_none() {
        let problem = "these are no estimates of a time; are they those of a change?";
        return Err(root.wrong(problem, REMEDY));
    }
    let figure = Figure::new("duration_ms", Unit::Milliseconds)?;
    let mut measurements = Vec::new();
    for (key, statistic) in ESTIMATES {
        // With flat sampling there is no slope.
        if let Some(estimate) = root.get(key) {
            let scalar = read_estimate(&estimate, statistic)?;
            measurements.push(figure.of(estimate.locator(), Data::Scalar(scalar)));
        }
    }
    Ok(measurements)
}

fn read_estimate(estimate: &Node<'_>, statistic: &str) -> Result<Scalar, FormatError> {
    let time = |node: Node<'_>| node.milliseconds(NANOSECONDS);
    let bounds = estimate.need("confidence_interval")?;
    let level = bounds.need("confidence_level")?;
    let level_value = level.number()?;
    if level_value <= 0.0 || level_value >= 1.0 {
        return Err(level.wrong("a confidence level lies between 0 and 1", REMEDY));
    }
    let low = time(bounds.need("lower_bound")?)?;
    let high = time(bounds.need("upper_bound")?)?;
    let interval = Interval::new(low, high);
    let interval = interval.map_err(|error| bounds.wrong(error.to_string(), REMEDY))?;
    Ok(Scalar {
        statistic: statistic.to_owned(),
        value: time(estimate.need("point_estimate")?)?,
        interval: Some((interval, level_value)),
        n: None,
    })
}
