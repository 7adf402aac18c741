//! Answers of Adjutant's own checks before a candidate meets traffic, as evidence about it.

pub(crate) mod deps_align;
pub(crate) mod schema_diff;

use adjutant_domain::{Locator, Measurement, OwnMeasure, Unit};

use crate::FormatError;
use crate::figure::Figure;

/// A count that stands at `pointer`.
fn count(
    measure: OwnMeasure,
    label: Option<(&str, &str)>,
    pointer: &str,
    count: u64,
) -> Result<Measurement, FormatError> {
    let figure = Figure::new(measure.as_str(), Unit::Count)?;
    let figure = match label {
        Some((key, value)) => figure.labelled(key, value),
        None => figure,
    };
    let place = Locator::Pointer(pointer.to_owned());
    Ok(figure.scalar(place, "count", count as f64, None))
}
