//! k6's points (`k6 run --out json=FILE`): one JSON object a line, one line a value.
//!
//! Every `http_req_duration` becomes a `latency_ms` sample with its `status` (0 when there was no
//! answer; k6 then writes a duration of 0 or of the time-out) and its `timestamp_ms`, the time the
//! request *ended*. Gauges are not read. When the requests have between 2 and 20 names or
//! scenarios, each part is given as well, with the label `name` or `scenario`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use adjutant_domain::{InvalidTimestamp, Locator, Measurement, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::figure::Figure;
use crate::load::k6_metric::{self, Contents, Kind, REQUEST_DURATION, REQUEST_FAILED};
use crate::load::k6_requests::{Requests, Tags, wrong};
use crate::{FormatError, Place, text};

const REMEDY: &str =
    "Give the file as `k6 run --out json=FILE` wrote it, unpacked if it is gzipped.";

/// Whether a file that begins with `head` is k6's points.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    let first = text::decode_head(head).and_then(|head| head.lines().next());
    let line = first.and_then(|line| serde_json::from_str::<Line<'_>>(line).ok());
    line.is_some_and(|line| line.kind == "Metric" || line.kind == "Point")
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    metric: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Description<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    contains: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Point<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    value: f64,
    #[serde(borrow)]
    tags: Option<Tags<'a>>,
}

/// The measurements of k6's points.
///
/// # Errors
/// When a line is not such an object or is cut off, a metric is not described before its first
/// value, or a time is negative.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let mut metrics: BTreeMap<String, Series> = BTreeMap::new();
    let mut requests = Requests::default();
    for (row, line) in text::decode(bytes)?.lines().zip(1_u64..) {
        let outer: Line<'_> = parse(row, line)?;
        match outer.kind.as_ref() {
            "Metric" => {
                let series = Series::described(parse(outer.data.get(), line)?, line)?;
                metrics.entry(outer.metric.into_owned()).or_insert(series);
            }
            "Point" => {
                let point: Point<'_> = parse(outer.data.get(), line)?;
                if outer.metric == REQUEST_DURATION {
                    let tags = point.tags.unwrap_or_default();
                    let ended = milliseconds_since_epoch(&point.time, line)?;
                    requests.add(line, not_negative(point.value, line)?, ended, &tags)?;
                } else {
                    let series = metrics.get_mut(outer.metric.as_ref());
                    let series = series.ok_or_else(|| undescribed(&outer.metric, line))?;
                    series.add(line, point.value)?;
                }
            }
            _ => return Err(wrong(line, "this is neither a `Metric` nor a `Point`")),
        }
    }
    let has_status = requests.has_status();
    let mut measurements = requests.measurements()?;
    for (name, series) in metrics {
        // The statuses already tell which requests failed.
        if name != REQUEST_FAILED || !has_status {
            measurements.extend(series.measurement(&name)?);
        }
    }
    if measurements.is_empty() {
        return Err(FormatError::new(
            Place::Whole,
            "there is no point in it",
            REMEDY,
        ));
    }
    Ok(measurements)
}

/// The values of one metric other than the request duration.
struct Series {
    kind: Kind,
    contents: Contents,
    values: Vec<f64>,
    first: u64,
    last: u64,
}

impl Series {
    fn described(description: Description<'_>, line: u64) -> Result<Self, FormatError> {
        let kind = Kind::from_word(&description.kind);
        let contents = Contents::from_word(&description.contains);
        let (Some(kind), Some(contents)) = (kind, contents) else {
            return Err(wrong(line, "k6 has no metric of this type and contents"));
        };
        Ok(Self {
            kind,
            contents,
            values: Vec::new(),
            first: 0,
            last: 0,
        })
    }

    fn add(&mut self, line: u64, value: f64) -> Result<(), FormatError> {
        if self.contents == Contents::Time {
            not_negative(value, line)?;
        }
        if self.values.is_empty() {
            self.first = line;
        }
        self.last = line;
        self.values.push(value);
        Ok(())
    }

    fn measurement(self, name: &str) -> Result<Option<Measurement>, FormatError> {
        if self.values.is_empty() {
            return Ok(None);
        }
        let figure: Figure = k6_metric::figure(name, self.kind, self.contents)?;
        let locator = Locator::Rows {
            first: self.first,
            last: self.last,
            column: name.to_owned(),
        };
        let n = self.values.len() as u64;
        Ok(match self.kind {
            Kind::Trend => Some(figure.samples(locator, self.values)),
            Kind::Rate => {
                let events = self.values.iter().filter(|value| **value != 0.0).count();
                Some(figure.proportion(locator, events as u64, n))
            }
            // Without the run's duration the number of requests is no throughput.
            Kind::Counter if k6_metric::counts_requests(name) => None,
            Kind::Counter => {
                let sum: f64 = self.values.iter().sum();
                let sum = Some(sum).filter(|sum| sum.is_finite());
                let sum = sum.ok_or_else(|| wrong(self.last, "the sum is too large"))?;
                Some(figure.scalar(locator, "sum", sum, None))
            }
            Kind::Gauge => None,
        })
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str, line: u64) -> Result<T, FormatError> {
    serde_json::from_str(json).map_err(|error| {
        let problem = if error.is_eof() {
            "the line ends too early; the file is cut off".to_owned()
        } else {
            format!("this is not a line of k6's: {error}")
        };
        wrong(line, problem)
    })
}

/// RFC 3339 as milliseconds since the epoch.
fn milliseconds_since_epoch(time: &str, line: u64) -> Result<f64, FormatError> {
    let time: Timestamp = time
        .parse()
        .map_err(|error: InvalidTimestamp| wrong(line, error.to_string()))?;
    Ok(time.unix_millis() as f64)
}

fn not_negative(value: f64, line: u64) -> Result<f64, FormatError> {
    if value < 0.0 {
        return Err(wrong(line, "a time is negative"));
    }
    Ok(value)
}

fn undescribed(metric: &str, line: u64) -> FormatError {
    let problem = format!("`{metric}` has a value before its `Metric` line");
    FormatError::new(
        Place::Line(line),
        problem,
        "Keep the `Metric` lines in the file.",
    )
}
