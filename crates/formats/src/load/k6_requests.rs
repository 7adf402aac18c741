//! The requests of a k6 run, gathered from its points: latency, status, end, name, scenario.
//! How a point is written is told by `k6_points`.

use std::borrow::Cow;
use std::collections::HashMap;

use adjutant_domain::{Locator, Measurement, Unit};
use serde::Deserialize;

use crate::figure::Figure;
use crate::load::k6_metric::REQUEST_DURATION;
use crate::{FormatError, Place};

const REMEDY: &str =
    "Give the file as `k6 run --out json=FILE` wrote it, unpacked if it is gzipped.";

/// A run with more names than this has one a URL: then the parts are no endpoints to judge.
const PARTS_MAX: usize = 20;

/// The tags that are read.
#[derive(Deserialize, Default)]
pub(super) struct Tags<'a> {
    #[serde(borrow)]
    pub(super) status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) scenario: Option<Cow<'a, str>>,
}

/// One entry a request, in file order.
#[derive(Default)]
pub(super) struct Requests {
    latencies: Vec<f64>,
    /// As long as `latencies`, or empty when the run's tags have no status.
    statuses: Vec<f64>,
    ends: Vec<f64>,
    names: Parts,
    scenarios: Parts,
    first: u64,
    last: u64,
}

/// Which part each request belongs to.
#[derive(Default)]
struct Parts {
    numbers: HashMap<String, usize>,
    of_request: Vec<usize>,
}

impl Requests {
    /// Adds the request on `line`.
    ///
    /// # Errors
    /// When its status is no number, or only some requests have one.
    pub(super) fn add(
        &mut self,
        line: u64,
        latency: f64,
        ended: f64,
        tags: &Tags<'_>,
    ) -> Result<(), FormatError> {
        if self.latencies.is_empty() {
            self.first = line;
        } else if self.statuses.is_empty() != tags.status.is_none() {
            return Err(wrong(
                line,
                "some requests have the tag `status` and some have not",
            ));
        }
        if let Some(status) = &tags.status {
            let code: u16 = status
                .parse()
                .map_err(|_no_number| wrong(line, format!("{status:?} is not an HTTP status")))?;
            self.statuses.push(f64::from(code));
        }
        self.last = line;
        self.latencies.push(latency);
        self.ends.push(ended);
        self.names.add(tags.name.as_deref());
        self.scenarios.add(tags.scenario.as_deref());
        Ok(())
    }

    /// Whether the run's tags have a status.
    pub(super) fn has_status(&self) -> bool {
        !self.statuses.is_empty()
    }

    /// The whole run without labels, then its parts.
    ///
    /// # Errors
    /// Never; the names are our own.
    pub(super) fn measurements(self) -> Result<Vec<Measurement>, FormatError> {
        if self.latencies.is_empty() {
            return Ok(Vec::new());
        }
        let columns = [
            ("latency_ms", Unit::Milliseconds, "", &self.latencies),
            ("status", Unit::One, ".status", &self.statuses),
            ("timestamp_ms", Unit::Milliseconds, ".time", &self.ends),
        ];
        let mut measurements = Vec::new();
        for (measure, unit, suffix, values) in columns {
            if values.is_empty() {
                continue;
            }
            let locator = Locator::Rows {
                first: self.first,
                last: self.last,
                column: format!("{REQUEST_DURATION}{suffix}"),
            };
            let figure = Figure::new(measure, unit)?;
            for (tag, parts) in [("name", &self.names), ("scenario", &self.scenarios)] {
                for (part, values) in parts.split(values) {
                    let figure = figure.clone().labelled(tag, part);
                    measurements.push(figure.samples(locator.clone(), values));
                }
            }
            measurements.push(figure.samples(locator, values.clone()));
        }
        measurements.sort_by_key(|measurement| measurement.labels.len());
        Ok(measurements)
    }
}

impl Parts {
    fn add(&mut self, part: Option<&str>) {
        let part = part.unwrap_or_default();
        let next = self.numbers.len();
        let number = match self.numbers.get(part) {
            Some(number) => *number,
            None => *self.numbers.entry(part.to_owned()).or_insert(next),
        };
        self.of_request.push(number);
    }

    /// The values of each part by the part's name; nothing when the run has only one part, or
    /// too many.
    fn split(&self, values: &[f64]) -> Vec<(&str, Vec<f64>)> {
        if !(2..=PARTS_MAX).contains(&self.numbers.len()) {
            return Vec::new();
        }
        let mut parts: Vec<(&str, usize)> = self
            .numbers
            .iter()
            .map(|(part, number)| (part.as_str(), *number))
            .collect();
        parts.sort_unstable();
        parts
            .into_iter()
            .map(|(part, number)| {
                let pairs = self.of_request.iter().zip(values);
                let values = pairs.filter(|(of, _value)| **of == number);
                (part, values.map(|(_of, value)| *value).collect())
            })
            .collect()
    }
}

pub(super) fn wrong(line: u64, problem: impl Into<String>) -> FormatError {
    FormatError::new(Place::Line(line), problem, REMEDY)
}
