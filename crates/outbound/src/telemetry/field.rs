//! The fields of a span or an event, bounded.

use std::fmt::Debug;

use serde::Serialize;
use tracing::field::{Field, Visit};

/// The longest text of a field: a sentence, not a file.
const TEXT_CHARS_MAX: usize = 1_000;

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum FieldValue {
    Text(String),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

/// Fields in their order; one that is recorded again has its last value.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &FieldValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Takes a text out, for those fields that are not told as such.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        match self.0.remove(at).1 {
            FieldValue::Text(text) => Some(text),
            FieldValue::Integer(_) | FieldValue::Real(_) | FieldValue::Flag(_) => None,
        }
    }

    #[cfg(test)]
    pub(super) fn of(name: &'static str, text: &str) -> Self {
        Self(vec![(name, FieldValue::Text(text.to_owned()))])
    }

    fn set(&mut self, field: &Field, value: FieldValue) {
        let name = field.name();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = value.chars().take(TEXT_CHARS_MAX).collect();
        self.set(field, FieldValue::Text(text));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, FieldValue::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.set(field, FieldValue::Integer(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, FieldValue::Real(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, FieldValue::Flag(value));
    }
}
