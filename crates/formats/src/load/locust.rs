//! Locust's requests CSV (`--csv NAME` writes `NAME_stats.csv`): one row a request kind, and one
//! over all of them. Times are in milliseconds.
//!
//! The row `Aggregated` is the whole run and has no labels; the others have `type` and `name`.
//! Failed requests are among the times. Locust rounds times to about two digits before it counts
//! them, so the median and the percentiles are as coarse as that.

use adjutant_domain::{Locator, Measurement, Unit};

use crate::figure::Figure;
use crate::load::locust_table::{Row, Table};
use crate::{FormatError, text};

pub(super) const AGGREGATED: &str = "Aggregated";
const HEADER: &str =
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,";
const REMEDY: &str = "Give the file `…_stats.csv` as `locust --csv` wrote it.";
/// Locust's column and our statistic of `latency_ms`; the percentile columns stand beside these.
const STATISTICS: [(&str, &str); 4] = [
    ("Average Response Time", "mean"),
    ("Median Response Time", "median"),
    ("Min Response Time", "min"),
    ("Max Response Time", "max"),
];

/// Whether a file that begins with `head` is Locust's requests CSV.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| head.starts_with(HEADER))
}

/// The measurements of Locust's requests CSV.
///
/// # Errors
/// When the bytes are not such a file, a row is cut off, or a count contradicts another.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let table = Table::parse(bytes, REMEDY)?;
    let percentiles: Vec<(&str, String)> = table
        .columns()
        .filter_map(|column| Some((column, format!("p{}", column.strip_suffix('%')?))))
        .collect();
    let mut measurements = Vec::new();
    for row in table.rows() {
        let requests = row.count("Request Count")?;
        let failures = row.count("Failure Count")?;
        measurements.push(error_rate(&row, "Request Count", failures, requests)?);
        let rate = figure(&row, "throughput", Unit::PerSecond)?;
        let value = row.decimal("Requests/s")?;
        measurements.push(rate.scalar(row.locator("Requests/s"), "rate", value, Some(requests)));
        // Without any request Locust writes zeros or N/A where a time would stand.
        if requests == 0 {
            continue;
        }
        let latency = figure(&row, "latency_ms", Unit::Milliseconds)?;
        let percentiles = percentiles
            .iter()
            .map(|(column, name)| (*column, name.as_str()));
        for (column, statistic) in STATISTICS.into_iter().chain(percentiles) {
            let value = row.decimal(column)?;
            measurements.push(latency.scalar(
                row.locator(column),
                statistic,
                value,
                Some(requests),
            ));
        }
    }
    Ok(measurements)
}

/// A figure with the labels of the row's request kind.
pub(super) fn figure(row: &Row<'_>, name: &str, unit: Unit) -> Result<Figure, FormatError> {
    let figure = Figure::new(name, unit)?;
    let (kind, request) = (row.text("Type")?, row.text("Name")?);
    if kind.is_empty() && request == AGGREGATED {
        return Ok(figure);
    }
    Ok(figure.labelled("type", kind).labelled("name", request))
}

/// Failures out of requests; Locust counts a failed request among the requests.
pub(super) fn error_rate(
    row: &Row<'_>,
    column: &str,
    failures: u64,
    requests: u64,
) -> Result<Measurement, FormatError> {
    if failures > requests {
        let problem = format!("{failures} failures are more than {requests} requests");
        return Err(row.wrong(column, problem));
    }
    let locator: Locator = row.locator(column);
    Ok(figure(row, "error_rate", Unit::Ratio)?.proportion(locator, failures, requests))
}
