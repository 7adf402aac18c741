//! One measure of a file while its rows are read: its values, and the rows without one.

use std::sync::Arc;

use adjutant_domain::{Data, Keys, Locator, Measurement, Samples, Timestamp};

use super::keys::without_rows;
use super::meaning::{Conversion, Domain, Meaning};
use super::refusal;
use crate::FormatError;

/// No time in seconds reaches this (it is the year 5138), but today's milliseconds do.
const SECONDS_MAX: f64 = 1e11;

/// The values of a column in file order.
#[derive(Debug, Clone)]
pub(super) struct MeasureColumn {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    pub(super) kind: Kind,
    pub(super) values: Vec<f64>,
    /// The rows without a value, ascending.
    pub(super) missing: Vec<u32>,
}

/// What a column's first cell that is not blank made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    Number,
    Text,
}

/// Two parts of a file that do not fit together as they were read: the file must be read in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unjoinable;

/// Whether a value is a whole number from 0 to 2^31 - 1. Without a conversion, which vectors lack:
/// adding 2^52 rounds to a whole number.
#[inline(always)]
fn is_code(value: f64) -> bool {
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    ((value + WHOLE) - WHOLE == value) & (0.0..2_147_483_648.0).contains(&value)
}

impl MeasureColumn {
    /// How many rows are accounted for. Columns of text account for none.
    #[inline]
    pub(super) fn rows(&self) -> usize {
        self.values.len() + self.missing.len()
    }

    #[inline]
    pub(super) fn accept(&mut self, value: f64) -> bool {
        let is_accepted = self.kind == Kind::Number && self.makes_sense_of(&[value]);
        if is_accepted {
            self.values.push(self.meaning.conversion.apply(value));
        }
        is_accepted
    }

    /// Whether each of these (finite) values can be one of the measure's. All are looked at, even
    /// after one that cannot: without a way out the loop looks at several at once.
    #[inline]
    pub(super) fn makes_sense_of(&self, values: &[f64]) -> bool {
        let each = |makes_sense: fn(f64) -> bool| {
            values
                .iter()
                .fold(true, |all, &value| all & makes_sense(value))
        };
        let in_domain = match self.meaning.domain {
            Domain::Span => each(|value| value >= 0.0),
            Domain::Code => each(is_code),
            Domain::TimeInSeconds => each(|value| value.abs() < SECONDS_MAX),
            Domain::Time | Domain::Any => true,
        };
        let stays_finite = match self.meaning.conversion {
            Conversion::None => true,
            conversion @ (Conversion::Times(_) | Conversion::Over(_)) => {
                values.iter().fold(true, |all, &value| {
                    all & conversion.apply(value).is_finite()
                })
            }
        };
        in_domain & stays_finite
    }

    pub(super) fn extend(&mut self, values: &[f64]) {
        match self.meaning.conversion {
            Conversion::None => self.values.extend_from_slice(values),
            conversion @ (Conversion::Times(_) | Conversion::Over(_)) => {
                let converted = values.iter().map(|&value| conversion.apply(value));
                self.values.extend(converted);
            }
        }
    }

    pub(super) fn push_text(&mut self, text: &str, row: u32, line: u64) -> Result<(), FormatError> {
        if text.is_empty() {
            self.push_missing(row);
            return Ok(());
        }
        let Ok(value) = text.parse::<f64>() else {
            return self.push_word(text, line);
        };
        if self.kind == Kind::Text {
            return Ok(());
        }
        let name = &self.name;
        if !value.is_finite() {
            return Err(refusal::not_finite(line, name, text));
        }
        self.kind = Kind::Number;
        if self.accept(value) {
            return Ok(());
        }
        let name = &self.name;
        Err(match self.meaning.domain {
            Domain::Span if value < 0.0 => refusal::negative_span(line, name, text),
            Domain::Code => refusal::not_a_code(line, name, text),
            Domain::TimeInSeconds => refusal::not_in_seconds(line, name, text),
            Domain::Span | Domain::Time | Domain::Any => refusal::not_finite(line, name, text),
        })
    }

    pub(super) fn push_word(&mut self, text: &str, line: u64) -> Result<(), FormatError> {
        match self.meaning.domain {
            Domain::Any if self.kind != Kind::Number => {
                self.kind = Kind::Text;
                self.missing = Vec::new();
                Ok(())
            }
            Domain::Any | Domain::Span | Domain::Code => {
                Err(refusal::not_a_number(line, &self.name, text))
            }
            Domain::Time | Domain::TimeInSeconds => match text.trim().parse::<Timestamp>() {
                Ok(time) => {
                    self.kind = Kind::Number;
                    self.values.push(time.unix_millis() as f64);
                    Ok(())
                }
                Err(_unreadable) => Err(refusal::not_a_time(line, &self.name, text)),
            },
        }
    }

    pub(super) fn push_missing(&mut self, row: u32) {
        if self.kind != Kind::Text {
            self.missing.push(row);
        }
    }

    /// Appends the rows of `next`, the first of which is row `first`.
    pub(super) fn append(&mut self, next: &MeasureColumn, first: u32) -> Result<(), Unjoinable> {
        let (kind, values, missing): (_, &[f64], &[u32]) = match (self.kind, next.kind) {
            (Kind::Number, Kind::Text) => return Err(Unjoinable),
            (Kind::Text, Kind::Unknown | Kind::Number | Kind::Text)
            | (Kind::Unknown, Kind::Text) => {
                self.missing = Vec::new();
                (Kind::Text, &[], &[])
            }
            (Kind::Unknown | Kind::Number, Kind::Number) => {
                (Kind::Number, &next.values, &next.missing)
            }
            (known, Kind::Unknown) => (known, &[], &next.missing),
        };
        self.kind = kind;
        self.values.extend_from_slice(values);
        self.missing.extend(missing.iter().map(|row| row + first));
        Ok(())
    }

    pub(super) fn finish(
        self,
        pair: Option<&Arc<Keys>>,
        cluster: Option<&Arc<Keys>>,
        first: u64,
        last: u64,
    ) -> Result<Measurement, FormatError> {
        let keys_of = |keys: &Arc<Keys>| match self.missing.as_slice() {
            [] => Arc::clone(keys),
            missing => Arc::new(without_rows(keys, missing)),
        };
        let measure = self
            .meaning
            .measure
            .parse()
            .map_err(|error| refusal::unnameable(first, &self.name, &error))?;
        Ok(Measurement {
            measure,
            labels: self.meaning.labels,
            unit: self.meaning.unit,
            locator: Locator::Rows {
                first,
                last,
                column: self.name,
            },
            data: Data::Samples(Samples {
                values: self.values,
                pair: pair.map(keys_of),
                cluster: cluster.map(keys_of),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_is_what_a_conversion_to_an_integer_keeps(
            whole in -10_i64..5_000_000_000, quarters in 0..4_u8, bits: u64,
        ) {
            let any = f64::from_bits(bits);
            for value in [whole as f64, whole as f64 + f64::from(quarters) / 4.0, any, -0.0, 2_147_483_647.0] {
                let is_kept = f64::from(value as i32) == value && value >= 0.0;
                prop_assert_eq!(is_code(value), is_kept, "{}", value);
            }
        }
    }
}
