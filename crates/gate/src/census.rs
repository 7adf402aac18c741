//! Readings that look at everything there is: findings, coverage, stated scores. They are exact;
//! several files add up.

use adjutant_domain::{Data, MeasureName, Unit, Validity};

use crate::piece::{Missing, Piece, of_measure, unit_of};
use crate::reading::{Law, Reading, Settings};
use crate::sampled::{names, not_finite, proportion_of};

/// How the numbers of a census become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Census {
    /// The sum of counts.
    Count,
    /// Events out of trials.
    Share,
    /// The mean of what was stated.
    Value,
    /// The largest.
    Largest,
    /// The smallest.
    Smallest,
}

/// Reads a census.
pub(crate) fn census<'a>(
    kind: Census,
    measure: &MeasureName,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let names = names(measure, settings);
    let used = of_measure(pieces, &names)?;
    if used.is_empty() {
        return Err(Missing::data(format!(
            "no {} was measured",
            names.join(" or ")
        )));
    }
    let (value, n, unit) = match kind {
        Census::Count => count(&used)?,
        Census::Share => share(&used)?,
        Census::Value | Census::Largest | Census::Smallest => stated(kind, &used)?,
    };
    if !value.is_finite() {
        return Err(not_finite());
    }
    let notes = if used.len() > 1 {
        vec![format!("over {} measurements", used.len())]
    } else {
        vec![]
    };
    Ok(Reading {
        n,
        value,
        unit,
        law: Law::Exact,
        used,
        notes,
    })
}

/// Counts add up. Tests of which none ran say nothing.
fn count(pieces: &[Piece<'_>]) -> Result<(f64, u64, Unit), Missing> {
    if let Some(share) = proportion_of(pieces)? {
        return Ok((share.events() as f64, share.trials(), Unit::Count));
    }
    let values = numbers(pieces)?;
    if let Some(value) = values.iter().find(|value| **value < 0.0) {
        return Err(Missing::because(
            Validity::SourceError,
            format!("{value} is not a count"),
        ));
    }
    Ok((values.iter().sum(), values.len() as u64, Unit::Count))
}

fn share(pieces: &[Piece<'_>]) -> Result<(f64, u64, Unit), Missing> {
    if let Some(share) = proportion_of(pieces)? {
        return Ok((share.value(), share.trials(), Unit::Ratio));
    }
    let values = numbers(pieces)?;
    match values.as_slice() {
        [only] if (0.0..=1.0).contains(only) => Ok((*only, 1, Unit::Ratio)),
        [only] => Err(Missing::because(
            Validity::SourceError,
            format!("{only} is not a share of 0 to 1"),
        )),
        several => Err(Missing::interval(format!(
            "{} shares without their trials cannot be pooled: give events and trials",
            several.len()
        ))),
    }
}

fn stated(kind: Census, pieces: &[Piece<'_>]) -> Result<(f64, u64, Unit), Missing> {
    let unit = unit_of(pieces)?;
    let values = numbers(pieces)?;
    let value = match kind {
        Census::Largest => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Census::Smallest => values.iter().copied().fold(f64::INFINITY, f64::min),
        Census::Value | Census::Count | Census::Share => {
            values.iter().sum::<f64>() / values.len() as f64
        }
    };
    Ok((value, values.len() as u64, unit))
}

/// Every number that the pieces state; never empty. A NaN is kept, so that it shows.
fn numbers(pieces: &[Piece<'_>]) -> Result<Vec<f64>, Missing> {
    let mut values = Vec::new();
    for piece in pieces {
        match &piece.measurement.data {
            Data::Samples(samples) => values.extend(&samples.values),
            Data::Scalar(scalar) => values.push(scalar.value),
            Data::Proportion { .. }
            | Data::Histogram(_)
            | Data::Ranking(_)
            | Data::Judgements(_)
            | Data::Absent(_) => {
                return Err(Missing::data(format!(
                    "the evidence holds {} where a number is needed",
                    piece.measurement.data.shape()
                )));
            }
        }
    }
    if values.is_empty() {
        return Err(Missing::data("the file holds no observation"));
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err(not_finite());
    }
    Ok(values)
}
