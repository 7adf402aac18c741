//! `type` and `nullable`: sets of the seven kinds of JSON values.

use std::fmt;

use serde_json::Value;

use super::{Comparison, Dialect, Pair};
use crate::finding::Effect;

/// A set of kinds of values. Numbers are integers and fractions, so that `integer` lies inside
/// `number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Self = Self(1);
    const BOOLEAN: Self = Self(2);
    const INTEGER: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(4 | 8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const ALL: Self = Self(127);

    /// What a schema's `type` accepts; everything when it has none.
    pub(crate) fn of(schema: &Value, dialect: Dialect) -> Self {
        let Some(declared) = schema.get("type") else {
            return Self::ALL;
        };
        let names: Vec<&str> = match declared {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return Self::ALL,
        };
        let types = names
            .iter()
            .fold(Self(0), |all, name| all.or(Self::named(name)));
        let is_nullable =
            dialect == Dialect::OpenApi30 && schema.get("nullable") == Some(&Value::Bool(true));
        types.with_null(is_nullable)
    }

    fn named(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self(0),
        }
    }

    pub(crate) fn with_null(self, null: bool) -> Self {
        if null { self.or(Self::NULL) } else { self }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("anything");
        }
        let has_fraction = self.0 & 8 != 0;
        let names = [
            (Self::STRING, "string"),
            (
                Self::NUMBER,
                if has_fraction { "number" } else { "integer" },
            ),
            (Self::BOOLEAN, "boolean"),
            (Self::OBJECT, "object"),
            (Self::ARRAY, "array"),
            (Self::NULL, "null"),
        ];
        let mut written = names.iter().filter(|(types, _)| self.has_any(*types));
        match written.next() {
            None => f.write_str("nothing")?,
            Some((_, name)) => f.write_str(name)?,
        }
        written.try_for_each(|(_, name)| write!(f, " or {name}"))
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn compare_types(&mut self, pair: &Pair<'a>) {
        let (baseline, candidate) = pair.types;
        let (lost, gained) = (baseline.without(candidate), candidate.without(baseline));
        // `type` of a name that nobody knows accepts nothing; two of them are not compared.
        if baseline.is_empty() || candidate.is_empty() {
            let why = "not compared: the type is none that JSON Schema knows";
            return self.report(
                &pair.context,
                "not-compared",
                Effect::Undecided,
                pair.places(),
                why,
            );
        }
        let told = format!("the type was {baseline} and is {candidate}");
        let (rule, effect, why) = match (lost.is_empty(), gained.is_empty()) {
            (true, true) => return,
            (false, true) if lost == Types::NULL => (
                "became-not-nullable",
                Effect::Narrowed,
                "null is no longer accepted".to_owned(),
            ),
            (true, false) if gained == Types::NULL => (
                "became-nullable",
                Effect::Widened,
                "null is accepted now".to_owned(),
            ),
            (false, true) => ("type-narrowed", Effect::Narrowed, told),
            (true, false) => ("type-widened", Effect::Widened, told),
            (false, false) => ("type-changed", Effect::Incomparable, told),
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }
}
