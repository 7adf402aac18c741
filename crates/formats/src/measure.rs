//! The names and units that readers give to measures.

use adjutant_domain::{MeasureName, Unit};

use crate::{FormatError, Place};

/// A measure's name.
///
/// # Errors
/// When the text is not a name; readers put such a text into a label instead.
pub(crate) fn measure_name(name: &str) -> Result<MeasureName, FormatError> {
    name.parse().map_err(|error: adjutant_domain::InvalidName| {
        FormatError::new(
            Place::Whole,
            error.to_string(),
            "Name the measure with letters, digits and underscores.",
        )
    })
}

/// The unit that a name's ending tells, and the factor that brings its values to that unit.
/// Seconds become milliseconds; a name that tells nothing is a pure number.
pub(crate) fn unit_of(name: &str) -> (Unit, f64) {
    const ENDINGS: [(&str, Unit, f64); 9] = [
        ("_ms", Unit::Milliseconds, 1.0),
        ("_milliseconds", Unit::Milliseconds, 1.0),
        ("_seconds", Unit::Milliseconds, 1_000.0),
        ("_seconds_total", Unit::Milliseconds, 1_000.0),
        ("_seconds_sum", Unit::Milliseconds, 1_000.0),
        ("_bytes", Unit::Bytes, 1.0),
        ("_bytes_total", Unit::Bytes, 1.0),
        ("_tokens", Unit::Tokens, 1.0),
        ("_tokens_total", Unit::Tokens, 1.0),
    ];
    ENDINGS
        .iter()
        .find(|(ending, _, _)| name.ends_with(ending))
        .map_or((Unit::One, 1.0), |(_, unit, factor)| (*unit, *factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_tells_its_unit() {
        for (name, expected) in [
            ("latency_ms", (Unit::Milliseconds, 1.0)),
            (
                "http_request_duration_seconds",
                (Unit::Milliseconds, 1_000.0),
            ),
            ("process_cpu_seconds_total", (Unit::Milliseconds, 1_000.0)),
            ("http_request_duration_seconds_count", (Unit::One, 1.0)),
            ("process_resident_memory_bytes", (Unit::Bytes, 1.0)),
            ("completion_tokens", (Unit::Tokens, 1.0)),
            ("accuracy", (Unit::One, 1.0)),
        ] {
            assert_eq!(unit_of(name), expected, "{name}");
        }
    }
}
