//! Puts what a tool's file holds into the one shape of a measurement. No format is known here.

use adjutant_domain::{Data, Labels, Locator, MeasureName, Measurement, Samples, Scalar, Unit};

use crate::FormatError;
use crate::json::Node;
use crate::measure::measure_name;

/// The measure of a value whose own name is not a [`MeasureName`]; the label `measure` has it.
const UNNAMED: &str = "value";

/// What a measurement is called and counted in, before its data is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    measure: MeasureName,
    labels: Labels,
    unit: Unit,
}

impl Figure {
    /// A measure by name. A name that would break a citation becomes the label `measure`.
    ///
    /// # Errors
    /// Never for the names that this crate gives itself.
    pub(crate) fn new(name: &str, unit: Unit) -> Result<Self, FormatError> {
        let mut labels = Labels::new();
        let measure = measure_name(name).or_else(|_unfit| {
            labels.insert("measure".to_owned(), name.to_owned());
            measure_name(UNNAMED)
        })?;
        Ok(Self {
            measure,
            labels,
            unit,
        })
    }

    /// The same with one more label.
    pub(crate) fn labelled(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The measurement of `data` that stands at `locator`.
    pub(crate) fn of(&self, locator: Locator, data: Data) -> Measurement {
        Measurement {
            measure: self.measure.clone(),
            labels: self.labels.clone(),
            unit: self.unit,
            locator,
            data,
        }
    }

    /// A number that the tool computed from `n` observations, without an interval.
    pub(crate) fn scalar(
        &self,
        locator: Locator,
        statistic: &str,
        value: f64,
        n: Option<u64>,
    ) -> Measurement {
        let scalar = Scalar {
            statistic: statistic.to_owned(),
            value,
            interval: None,
            n,
        };
        self.of(locator, Data::Scalar(scalar))
    }

    /// Every single observation, in file order.
    pub(crate) fn samples(&self, locator: Locator, values: Vec<f64>) -> Measurement {
        let samples = Samples {
            values,
            pair: None,
            cluster: None,
        };
        self.of(locator, Data::Samples(samples))
    }

    /// `events` out of `trials`.
    pub(crate) fn proportion(&self, locator: Locator, events: u64, trials: u64) -> Measurement {
        self.of(locator, Data::Proportion { events, trials })
    }
}

impl Node<'_> {
    /// Where this value stands.
    pub(crate) fn locator(&self) -> Locator {
        if self.pointer.is_empty() {
            Locator::Whole
        } else {
            Locator::Pointer(self.pointer.clone())
        }
    }

    /// A rate, or anything else that is 0 or more.
    ///
    /// # Errors
    /// When it is not a number, or negative.
    pub(crate) fn not_negative(&self) -> Result<f64, FormatError> {
        let value = self.number()?;
        if value < 0.0 {
            return Err(self.wrong("a number of 0 or more is needed here", REMEDY_NEGATIVE));
        }
        Ok(value)
    }

    /// A time in milliseconds, from a number of units of ten to `exponent` milliseconds each.
    ///
    /// # Errors
    /// When it is not a number, or negative, or too large.
    pub(crate) fn milliseconds(&self, exponent: i32) -> Result<f64, FormatError> {
        let milliseconds = times_ten_to(self.number()?, exponent);
        if milliseconds < 0.0 {
            return Err(self.wrong("a time is negative", REMEDY_NEGATIVE));
        }
        if !milliseconds.is_finite() {
            return Err(self.wrong("a time is too large", REMEDY_NEGATIVE));
        }
        Ok(milliseconds)
    }
}

/// The exponent of a unit of time: how many tens make milliseconds of it.
pub(crate) const SECONDS: i32 = 3;
pub(crate) const MILLISECONDS: i32 = 0;
pub(crate) const NANOSECONDS: i32 = -6;

/// `value * 10^exponent`, with the digits that `value` is written with: 0.0131 s are 13.1 ms,
/// which a multiplication would miss by its rounding.
pub(crate) fn times_ten_to(value: f64, exponent: i32) -> f64 {
    let shifted = format!("{value}e{exponent}").parse();
    shifted.unwrap_or(f64::NAN)
}

const REMEDY_NEGATIVE: &str =
    "Give the file as the tool wrote it; if the tool wrote this, measure again.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_break_a_citation_becomes_a_label() {
        let data = Data::Proportion {
            events: 1,
            trials: 2,
        };
        let figure = Figure::new("cache misses", Unit::One).unwrap();
        let measurement = figure.of(Locator::Whole, data);
        assert_eq!(measurement.measure.as_str(), "value");
        assert_eq!(measurement.labels["measure"], "cache misses");
    }

    #[test]
    fn a_time_that_cannot_be_is_refused() {
        let document = crate::json::parse(br#"{"a":-0.5,"b":1e308,"c":0.0131}"#).unwrap();
        let root = Node::root(&document);
        let time = |key| root.need(key).unwrap().milliseconds(SECONDS);
        assert_eq!(time("a").unwrap_err().to_string(), "/a: a time is negative");
        assert_eq!(
            time("b").unwrap_err().to_string(),
            "/b: a time is too large"
        );
        assert_eq!(time("c"), Ok(13.1));
    }
}
