//! What a column is: the measure its name stands for, its unit, and which values it can hold.

use adjutant_domain::{Labels, MeasureName, Unit};

use crate::measure::unit_of;

/// The measure of a column whose name cannot be a measure's; the name becomes its label `column`.
const UNNAMEABLE: &str = "value";
const LATENCY: &str = "latency_ms";
const TIMESTAMP: &str = "timestamp_ms";

/// Which columns are read, and which of them are keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The measures wanted.
    pub measures: Measures,
    /// The column whose text says which observations of two subjects belong together.
    pub pair: Option<String>,
    /// The column whose text says which observations are not independent.
    pub cluster: Option<String>,
}

/// The measures wanted. Columns that are not wanted are neither stored nor checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measures {
    /// Every one the file holds.
    All,
    /// These, where the file holds them.
    Only(Vec<String>),
}

impl Default for Selection {
    /// Every measure, with the keys `pair` and `cluster`.
    fn default() -> Self {
        Self {
            measures: Measures::All,
            pair: Some("pair".to_owned()),
            cluster: Some("cluster".to_owned()),
        }
    }
}

/// What a column's name makes of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Pair,
    Cluster,
    Measure(Meaning),
    /// Not wanted, or without a name (as the index that pandas writes).
    Ignored,
}

/// A measure in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    pub(super) measure: String,
    pub(super) labels: Labels,
    pub(super) unit: Unit,
    pub(super) conversion: Conversion,
    pub(super) domain: Domain,
}

/// From what stands in the file to the measure's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Conversion {
    None,
    Times(f64),
    Over(f64),
}

/// The values that make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    /// A time span: 0 or more.
    Span,
    /// A response code: a whole number, 0 or more.
    Code,
    /// A point in time in milliseconds.
    Time,
    /// A point in time in seconds, or in words.
    TimeInSeconds,
    /// Any number. A column that starts with text is no measure.
    Any,
}

impl Conversion {
    #[inline]
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Conversion::None => value,
            Conversion::Times(factor) => value * factor,
            Conversion::Over(divisor) => value / divisor,
        }
    }
}

/// The role of the column called `name`.
pub(super) fn role_of(name: &str, selection: &Selection) -> Role {
    if name.is_empty() {
        return Role::Ignored;
    }
    if selection.pair.as_deref() == Some(name) {
        return Role::Pair;
    }
    if selection.cluster.as_deref() == Some(name) {
        return Role::Cluster;
    }
    let meaning = meaning_of(name);
    match &selection.measures {
        Measures::Only(wanted) if !wanted.contains(&meaning.measure) => Role::Ignored,
        Measures::All | Measures::Only(_) => Role::Measure(meaning),
    }
}

/// Whether a column of this name makes a file a file of samples.
pub(super) fn is_telling(name: &str) -> bool {
    matches!(
        meaning_of(name).domain,
        Domain::Span | Domain::Time | Domain::TimeInSeconds
    ) || name == "status"
}

fn meaning_of(name: &str) -> Meaning {
    let (measure, conversion, domain) = match name {
        "latency_ms" => (LATENCY, Conversion::None, Domain::Span),
        "latency_s" => (LATENCY, Conversion::Times(1e3), Domain::Span),
        "latency_us" => (LATENCY, Conversion::Over(1e3), Domain::Span),
        "latency_ns" => (LATENCY, Conversion::Over(1e6), Domain::Span),
        "timestamp_ms" => (TIMESTAMP, Conversion::None, Domain::Time),
        "timestamp_s" => (TIMESTAMP, Conversion::Times(1e3), Domain::Time),
        "timestamp_us" => (TIMESTAMP, Conversion::Over(1e3), Domain::Time),
        "timestamp_ns" => (TIMESTAMP, Conversion::Over(1e6), Domain::Time),
        "timestamp" => (TIMESTAMP, Conversion::Times(1e3), Domain::TimeInSeconds),
        "status" => ("status", Conversion::None, Domain::Code),
        other if other.parse::<MeasureName>().is_ok() => (other, Conversion::None, Domain::Any),
        _cannot_be_a_measure => (UNNAMEABLE, Conversion::None, Domain::Any),
    };
    let (unit, factor) = unit_of(measure);
    let conversion = if factor == 1.0 {
        conversion
    } else {
        Conversion::Times(factor)
    };
    let mut labels = Labels::new();
    if measure == UNNAMEABLE && name != UNNAMEABLE {
        labels.insert("column".to_owned(), name.to_owned());
    }
    Meaning {
        measure: measure.to_owned(),
        labels,
        unit,
        conversion,
        domain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_columns_name_says_measure_unit_and_conversion() {
        for (name, measure, unit, one) in [
            ("latency_ms", "latency_ms", Unit::Milliseconds, 1.0),
            ("latency_s", "latency_ms", Unit::Milliseconds, 1e3),
            ("latency_us", "latency_ms", Unit::Milliseconds, 1e-3),
            ("latency_ns", "latency_ms", Unit::Milliseconds, 1e-6),
            ("timestamp", "timestamp_ms", Unit::Milliseconds, 1e3),
            ("timestamp_us", "timestamp_ms", Unit::Milliseconds, 1e-3),
            ("status", "status", Unit::One, 1.0),
            ("queue_ms", "queue_ms", Unit::Milliseconds, 1.0),
            ("queue_seconds", "queue_seconds", Unit::Milliseconds, 1e3),
            ("response_bytes", "response_bytes", Unit::Bytes, 1.0),
            ("prompt_tokens", "prompt_tokens", Unit::Tokens, 1.0),
            ("compliance@1", "compliance@1", Unit::One, 1.0),
            ("two words", "value", Unit::One, 1.0),
        ] {
            let meaning = meaning_of(name);
            assert_eq!(meaning.measure, measure, "{name}");
            assert_eq!(meaning.unit, unit, "{name}");
            assert_eq!(meaning.conversion.apply(1.0), one, "{name}");
        }
        assert_eq!(meaning_of("two words").labels["column"], "two words");
    }

    #[test]
    fn only_what_is_wanted_has_a_role() {
        let selection = Selection {
            measures: Measures::Only(vec!["latency_ms".to_owned()]),
            pair: None,
            cluster: Some("user".to_owned()),
        };
        for (name, is_read) in [
            ("latency_s", true),
            ("user", true),
            ("status", false),
            ("pair", false),
            ("", false),
        ] {
            assert_eq!(
                role_of(name, &selection) != Role::Ignored,
                is_read,
                "{name}"
            );
        }
    }
}
