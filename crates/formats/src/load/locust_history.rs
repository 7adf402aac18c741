//! Locust's history CSV (`--csv NAME` writes `NAME_stats_history.csv`): one row a second and, with
//! `--csv-full-history`, request kind.
//!
//! Only the running totals are read. Rates and percentiles of the history overlap (each covers the
//! last ten seconds), so they are no samples, and Locust writes 0 where there was nothing.

use std::collections::BTreeMap;

use adjutant_domain::{Locator, Measurement, Unit};

use crate::load::locust::{error_rate, figure};
use crate::load::locust_table::{Row, Table};
use crate::{FormatError, text};

const HEADER: &str = "Timestamp,User Count,Type,Name,Requests/s,";
const REMEDY: &str = "Give the file `…_stats_history.csv` as `locust --csv` wrote it.";
const REQUESTS: &str = "Total Request Count";
const STATISTICS: [(&str, &str); 4] = [
    ("Total Average Response Time", "mean"),
    ("Total Median Response Time", "median"),
    ("Total Min Response Time", "min"),
    ("Total Max Response Time", "max"),
];

/// Whether a file that begins with `head` is Locust's history CSV.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| head.starts_with(HEADER))
}

/// Per request kind: the totals of its last row, and requests a second between two rows as
/// `throughput` samples.
///
/// # Errors
/// When the bytes are not such a file, a row is cut off, or time runs backwards.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let table = Table::parse(bytes, REMEDY)?;
    let mut kinds: BTreeMap<(&str, &str), Vec<Row<'_>>> = BTreeMap::new();
    for row in table.rows() {
        let kind = (row.text("Type")?, row.text("Name")?);
        kinds.entry(kind).or_default().push(row);
    }
    let mut measurements = Vec::new();
    for rows in kinds.values() {
        let Some(last) = rows.last() else { continue };
        measurements.extend(totals(last)?);
        measurements.extend(rates(rows)?);
    }
    Ok(measurements)
}

fn totals(last: &Row<'_>) -> Result<Vec<Measurement>, FormatError> {
    let requests = last.count(REQUESTS)?;
    let failures = last.count("Total Failure Count")?;
    let mut measurements = vec![error_rate(last, REQUESTS, failures, requests)?];
    if requests > 0 {
        let latency = figure(last, "latency_ms", Unit::Milliseconds)?;
        for (column, statistic) in STATISTICS {
            let value = last.decimal(column)?;
            let locator = last.locator(column);
            measurements.push(latency.scalar(locator, statistic, value, Some(requests)));
        }
    }
    Ok(measurements)
}

/// Requests a second in the disjoint spans between two rows. A span in which the total falls
/// (Locust can reset it when all users are there) holds no known number and is left out.
fn rates(rows: &[Row<'_>]) -> Result<Option<Measurement>, FormatError> {
    let mut values = Vec::new();
    let mut before: Option<(u64, u64)> = None;
    for row in rows {
        let (at, total) = (row.count("Timestamp")?, row.count(REQUESTS)?);
        if let Some((earlier, fewer)) = before {
            let Some(seconds) = at.checked_sub(earlier) else {
                return Err(row.wrong("Timestamp", "time runs backwards"));
            };
            if seconds == 0 {
                continue;
            }
            if let Some(requests) = total.checked_sub(fewer) {
                values.push(requests as f64 / seconds as f64);
            }
        }
        before = Some((at, total));
    }
    let (Some(first), Some(last), false) = (rows.first(), rows.last(), values.is_empty()) else {
        return Ok(None);
    };
    let span = Locator::Rows {
        first: first.line(),
        last: last.line(),
        column: REQUESTS.to_owned(),
    };
    let figure = figure(first, "throughput", Unit::PerSecond)?;
    Ok(Some(figure.samples(span, values)))
}
