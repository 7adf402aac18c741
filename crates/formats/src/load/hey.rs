//! hey's CSV (`hey -o csv`): one row an answered request, times in seconds with four decimals.
//!
//! hey writes no row for a request without an answer, so the file cannot give an error rate:
//! `status` carries the label `requests=answered`. hey also stops keeping rows after 1,000,000.

use adjutant_domain::{Locator, Measurement, Unit};

use crate::figure::Figure;
use crate::{FormatError, Place, text};

const HEADER: &str =
    "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset";
/// hey's column, our measure, whether it is a time.
const COLUMNS: [(&str, &str, bool); 8] = [
    ("response-time", "latency_ms", true),
    ("DNS+dialup", "DNS+dialup", true),
    ("DNS", "DNS", true),
    ("Request-write", "Request-write", true),
    ("Response-delay", "Response-delay", true),
    ("Response-read", "Response-read", true),
    ("status-code", "status", false),
    ("offset", "timestamp_ms", true),
];
const REMEDY: &str = "Give the file as `hey -o csv` wrote it.";

/// Whether a file that begins with `head` is hey's CSV.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| head.lines().next() == Some(HEADER))
}

/// The measurements of hey's CSV: one sample a row and column, `timestamp_ms` since the start.
///
/// # Errors
/// When the bytes are not such a file, it has no row, or it ends inside a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let text = text::decode(bytes)?;
    let mut lines = text.lines().zip(1_u64..);
    if lines.next().is_none_or(|(header, _line)| header != HEADER) {
        let problem = format!("the header is not hey's: {HEADER}");
        return Err(FormatError::new(Place::Line(1), problem, REMEDY));
    }
    let mut columns = [const { Vec::new() }; COLUMNS.len()];
    let mut last = 1;
    for (row, line) in lines.take_while(|(row, _line)| !row.is_empty()) {
        read_row(row, line, &mut columns)?;
        last = line;
    }
    refuse_other_ends(text, last)?;
    let mut measurements = Vec::new();
    for ((column, name, is_time), values) in COLUMNS.into_iter().zip(columns) {
        let unit = if is_time {
            Unit::Milliseconds
        } else {
            Unit::One
        };
        let figure = Figure::new(name, unit)?;
        let figure = if is_time {
            figure
        } else {
            figure.labelled("requests", "answered")
        };
        let locator = Locator::Rows {
            first: 2,
            last,
            column: column.to_owned(),
        };
        measurements.push(figure.samples(locator, values));
    }
    Ok(measurements)
}

fn read_row(row: &str, line: u64, columns: &mut [Vec<f64>]) -> Result<(), FormatError> {
    if row.split(',').count() != COLUMNS.len() {
        let problem = format!("the row has not {} cells", COLUMNS.len());
        return Err(FormatError::new(Place::Line(line), problem, REMEDY));
    }
    for ((cell, values), (column, _name, is_time)) in row.split(',').zip(columns).zip(COLUMNS) {
        let value = if is_time {
            milliseconds(cell)
        } else {
            status(cell)
        };
        let value = value.ok_or_else(|| {
            let place = Place::Cell {
                line,
                column: column.to_owned(),
            };
            let wanted = if is_time {
                "a time of 0 s or more"
            } else {
                "an HTTP status"
            };
            FormatError::new(place, format!("{cell:?} is not {wanted}"), REMEDY)
        })?;
        values.push(value);
    }
    Ok(())
}

/// Seconds in plain decimals as milliseconds, rounded once: the exponent moves the point.
fn milliseconds(seconds: &str) -> Option<f64> {
    let plain = !seconds.is_empty() && seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let parsed = plain.then(|| format!("{seconds}e3").parse::<f64>().ok())?;
    parsed.filter(|value| value.is_finite())
}

fn status(cell: &str) -> Option<f64> {
    let code = cell.parse::<u16>().ok()?;
    (100..1_000).contains(&code).then_some(f64::from(code))
}

/// hey ends its file with a line break; what ends otherwise was cut off or added to.
fn refuse_other_ends(text: &str, last: u64) -> Result<(), FormatError> {
    let refuse = |line, problem| Err(FormatError::new(Place::Line(line), problem, REMEDY));
    if last == 1 {
        return refuse(1, "there is no row: no request was answered");
    }
    if text.lines().count() as u64 != last {
        return refuse(last + 1, "an empty line stands between the rows");
    }
    if !text.ends_with('\n') {
        return refuse(last, "the file ends inside this row; it is cut off");
    }
    Ok(())
}
