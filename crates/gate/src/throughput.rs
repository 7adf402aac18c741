//! Requests per second, counted from timestamps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use adjutant_domain::{Unit, Validity};
use adjutant_stats::bootstrap::CLUSTERS_MIN;

use crate::piece::{Missing, Piece, of_measure, with_samples};
use crate::reading::{Law, MeanClusters, Reading, Settings};
use crate::sampled::{not_finite, stated};

/// The longest span of timestamps that is counted second by second: 31 days, 20 MB of counts. A
/// longer one is hardly one run, or not in milliseconds.
const SECONDS_MAX: f64 = 2_678_400.0;

/// Requests in each whole second between the first and the last timestamp.
pub(crate) fn throughput<'a>(
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let used = of_measure(pieces, &["timestamp_ms"])?;
    let mut runs: BTreeMap<Option<&str>, Vec<f64>> = BTreeMap::new();
    for (piece, samples) in with_samples(&used) {
        let run = piece.evidence.map(|evidence| evidence.run.as_str());
        runs.entry(run).or_default().extend(&samples.values);
    }
    let mut counts: Vec<f64> = Vec::new();
    for timestamps in runs.values() {
        counts.extend(requests_per_second(timestamps)?);
    }
    if used.is_empty() {
        let summaries = of_measure(pieces, &["throughput"])?;
        if summaries.is_empty() {
            return Err(Missing::data(
                "no throughput and no timestamp_ms was measured: add a column of that name",
            ));
        }
        return stated(
            summaries,
            Unit::PerSecond,
            |s| matches!(s.statistic.as_str(), "rate" | "value" | "mean"),
            "rate",
        );
    }
    if counts.is_empty() {
        return Err(Missing::samples(
            "the timestamps do not span one whole second",
            CLUSTERS_MIN as u64,
        ));
    }
    let mut notes =
        vec!["requests counted in whole seconds, seconds taken as independent".to_owned()];
    if settings.clustered {
        notes.push("cluster keys are not used for throughput".to_owned());
    }
    let n = counts.len();
    let value = counts.iter().sum::<f64>() / n as f64;
    Ok(Reading {
        n: n as u64,
        value,
        unit: Unit::PerSecond,
        law: Law::Means(MeanClusters::Each(Cow::Owned(counts))),
        used,
        notes,
    })
}

/// The first and the last second are cut off: they are not whole.
fn requests_per_second(timestamps: &[f64]) -> Result<Vec<f64>, Missing> {
    let second = |ms: f64| (ms / 1_000.0).floor();
    let (first, last) = timestamps
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &ms| {
            (low.min(ms), high.max(ms))
        });
    if timestamps.iter().any(|ms| !ms.is_finite()) {
        return Err(not_finite());
    }
    let span = second(last) - second(first);
    if span > SECONDS_MAX {
        return Err(Missing::because(
            Validity::SourceError,
            "the timestamps of one run span more than 31 days: timestamp_ms is in milliseconds",
        ));
    }
    if span < 2.0 {
        return Ok(vec![]);
    }
    let mut counts = vec![0.0; span as usize - 1];
    for &ms in timestamps {
        let at = second(ms) - second(first) - 1.0;
        if at >= 0.0 && (at as usize) < counts.len() {
            counts[at as usize] += 1.0;
        }
    }
    Ok(counts)
}
