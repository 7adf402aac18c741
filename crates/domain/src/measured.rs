//! The only number a person ever sees: a value with its evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Citation, Interval, Unit};

/// A value that carries its unit, interval, sample size and sources. It cannot be built, and
/// therefore not be printed or compared, without at least one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Measured(Parts);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Measured")]
struct Parts {
    value: f64,
    unit: Unit,
    interval: Option<Interval>,
    n: u64,
    sources: Vec<Citation>,
}

/// A number without a source, or one that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Uncited {
    /// No citation was given.
    #[error("{0} has no source: a number needs at least one citation")]
    NoSource(f64),
    /// The value is NaN or infinite.
    #[error("{0} is not a measurement: it is not finite")]
    NotFinite(f64),
}

impl Measured {
    /// A value with its evidence. `n` is the number of independent samples behind it.
    ///
    /// # Errors
    /// When `sources` is empty or `value` is not finite.
    pub fn new(
        value: f64,
        unit: Unit,
        interval: Option<Interval>,
        n: u64,
        sources: Vec<Citation>,
    ) -> Result<Self, Uncited> {
        Self::try_from(Parts {
            value,
            unit,
            interval,
            n,
            sources,
        })
    }

    /// The value, in [`Self::unit`].
    pub fn value(&self) -> f64 {
        self.0.value
    }

    /// What one of the value is.
    pub fn unit(&self) -> Unit {
        self.0.unit
    }

    /// The confidence interval, where the evidence allows one.
    pub fn interval(&self) -> Option<Interval> {
        self.0.interval
    }

    /// The number of independent samples.
    pub fn n(&self) -> u64 {
        self.0.n
    }

    /// Where it comes from; never empty.
    pub fn sources(&self) -> &[Citation] {
        &self.0.sources
    }
}

impl TryFrom<Parts> for Measured {
    type Error = Uncited;

    fn try_from(parts: Parts) -> Result<Self, Uncited> {
        if !parts.value.is_finite() {
            return Err(Uncited::NotFinite(parts.value));
        }
        if parts.sources.is_empty() {
            return Err(Uncited::NoSource(parts.value));
        }
        Ok(Self(parts))
    }
}

impl From<Measured> for Parts {
    fn from(measured: Measured) -> Parts {
        measured.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, Locator};

    fn source() -> Citation {
        Citation {
            run: "run_8724".parse().unwrap(),
            artifact: Digest::from_bytes([7; 32]),
            file: "profiling_report.json".to_owned(),
            locator: Locator::Pointer("/p95".to_owned()),
        }
    }

    #[test]
    fn a_number_without_a_source_cannot_exist() {
        let uncited = Measured::new(463.0, Unit::Milliseconds, None, 1_000, vec![]);
        assert_eq!(uncited, Err(Uncited::NoSource(463.0)));
    }

    #[test]
    fn a_number_that_is_not_finite_cannot_exist() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let measured = Measured::new(value, Unit::One, None, 1, vec![source()]);
            assert!(matches!(measured, Err(Uncited::NotFinite(_))), "{value}");
        }
    }

    #[test]
    fn a_citation_reads_as_run_file_and_place() {
        assert_eq!(
            source().to_string(),
            "run_8724 (profiling_report.json#/p95)"
        );
    }
}
