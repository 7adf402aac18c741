//! One series of an answer: its name, its labels, its unit, and the numbers it holds.

use adjutant_domain::{
    Absence, Data, Labels, Locator, MeasureName, Measurement, Samples, Scalar, Unit,
};

use super::{Question, REMEDY_ASK_AGAIN, histogram};
use crate::FormatError;
use crate::json::Node;
use crate::measure::{measure_name, unit_of};

/// The measure of a series that nobody named; the label `query` tells it apart.
const UNNAMED: &str = "value";

/// What a series is called and counted in.
pub(super) struct Series {
    measure: MeasureName,
    labels: Labels,
    unit: Unit,
    /// Brings the source's numbers to `unit`.
    factor: f64,
    nan: Absence,
}

impl Series {
    /// The series of a `metric` object.
    ///
    /// # Errors
    /// When a label is not a text.
    pub(super) fn of(metric: &Node<'_>, question: &Question<'_>) -> Result<Self, FormatError> {
        let mut labels = Labels::new();
        let mut name = None;
        for (key, value) in metric.members()? {
            if key == "__name__" {
                name = Some(value.text()?);
            } else {
                labels.insert(key.to_owned(), value.text()?.to_owned());
            }
        }
        Self::named(name, labels, question)
    }

    /// What stands for the whole answer where there is no series.
    ///
    /// # Errors
    /// When the record gives the measure a name that is none.
    pub(super) fn unnamed(question: &Question<'_>) -> Result<Self, FormatError> {
        Self::named(None, Labels::new(), question)
    }

    fn named(
        source: Option<&str>,
        mut labels: Labels,
        question: &Question<'_>,
    ) -> Result<Self, FormatError> {
        // The query itself is a name when it is a bare metric name.
        let telling = source.or(question.query).unwrap_or(UNNAMED);
        let measure = match question.measure {
            Some(name) => measure_name(name)?,
            None => match telling.parse() {
                Ok(name) => name,
                Err(_not_a_name) => {
                    let key = if source.is_some() {
                        "__name__"
                    } else {
                        "query"
                    };
                    labels.insert(key.to_owned(), telling.to_owned());
                    measure_name(UNNAMED)?
                }
            },
        };
        let (unit, factor) = match source.map(unit_of) {
            Some((unit, factor)) if unit != Unit::One => (unit, factor),
            Some(_) | None => unit_of(measure.as_str()),
        };
        let nan = if question.series_absent {
            Absence::AbsentSeries
        } else {
            Absence::NotANumber
        };
        Ok(Self {
            measure,
            labels,
            unit,
            factor,
            nan,
        })
    }

    /// A measurement of this series.
    pub(super) fn of_data(&self, locator: Locator, data: Data) -> Measurement {
        Measurement {
            measure: self.measure.clone(),
            labels: self.labels.clone(),
            unit: self.unit,
            locator,
            data,
        }
    }

    /// The number of an instant: `[time, "value"]`.
    ///
    /// # Errors
    /// When it is not of that shape.
    pub(super) fn instant(&self, point: &Node<'_>) -> Result<Measurement, FormatError> {
        let value = element(point, 1)?;
        let data = match self.number(&value)? {
            Ok(value) => Data::Scalar(Scalar {
                statistic: "value".to_owned(),
                value,
                interval: None,
                n: None,
            }),
            Err(absence) => Data::Absent(absence),
        };
        Ok(self.of_data(Locator::Pointer(value.pointer), data))
    }

    /// The numbers of a range and their times. One number that is not finite makes the whole range
    /// absent: leaving it out would make a gap look like health.
    ///
    /// # Errors
    /// When a point is not `[time, "value"]`.
    pub(super) fn range(&self, points: &Node<'_>) -> Result<Vec<Measurement>, FormatError> {
        let mut values = Vec::new();
        let mut times = Vec::new();
        for point in points.items()? {
            times.push(millis(&point)?);
            let value = element(&point, 1)?;
            match self.number(&value)? {
                Ok(value) => values.push(value),
                Err(absence) => {
                    let locator = Locator::Pointer(value.pointer);
                    return Ok(vec![self.of_data(locator, Data::Absent(absence))]);
                }
            }
        }
        let locator = Locator::Pointer(points.pointer.clone());
        if values.is_empty() {
            let absent = Data::Absent(Absence::EmptyResult);
            return Ok(vec![self.of_data(locator, absent)]);
        }
        let samples = |values| {
            Data::Samples(Samples {
                values,
                ..Samples::default()
            })
        };
        Ok(vec![
            self.of_data(locator.clone(), samples(values)),
            Measurement {
                measure: measure_name("timestamp_ms")?,
                labels: self.labels.clone(),
                unit: Unit::Milliseconds,
                locator,
                data: samples(times),
            },
        ])
    }

    /// A native histogram: `[time, {"count", "sum", "buckets"}]`. In a range, the label
    /// `timestamp_ms` tells its points apart.
    ///
    /// # Errors
    /// When it is not of that shape, or does not count whole observations.
    pub(super) fn histogram(
        &self,
        point: &Node<'_>,
        at: Option<f64>,
    ) -> Result<Measurement, FormatError> {
        let histogram = element(point, 1)?;
        let data = histogram::read(&histogram, self.factor)?;
        let mut found = self.of_data(Locator::Pointer(histogram.pointer), data);
        if let Some(at) = at {
            found
                .labels
                .insert("timestamp_ms".to_owned(), at.to_string());
        }
        Ok(found)
    }

    fn number(&self, node: &Node<'_>) -> Result<Result<f64, Absence>, FormatError> {
        let value = self.factor * number(node)?;
        Ok(if value.is_nan() {
            Err(self.nan.clone())
        } else if value.is_infinite() {
            Err(Absence::Infinite)
        } else {
            Ok(value)
        })
    }
}

/// A number as Prometheus writes it: a text, with `NaN`, `+Inf` and `-Inf`.
pub(super) fn number(node: &Node<'_>) -> Result<f64, FormatError> {
    let text = node.text()?;
    text.parse()
        .map_err(|_not_a_number| node.wrong(format!("{text:?} is not a number"), REMEDY_ASK_AGAIN))
}

/// The time of a point in milliseconds since 1970. Prometheus keeps whole milliseconds and writes
/// them as seconds.
pub(super) fn millis(point: &Node<'_>) -> Result<f64, FormatError> {
    Ok((element(point, 0)?.number()? * 1_000.0).round())
}

fn element<'a>(point: &Node<'a>, index: usize) -> Result<Node<'a>, FormatError> {
    point
        .items()?
        .nth(index)
        .ok_or_else(|| point.wrong("a time and a value are needed here", REMEDY_ASK_AGAIN))
}
