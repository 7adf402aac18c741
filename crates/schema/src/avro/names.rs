//! The named types of an Avro schema, by their full names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::PRIMITIVES;
use crate::json_schema::Spot;

/// As deep as the JSON reader goes.
const DEPTH_MAX: usize = 130;

pub(super) struct Names<'a> {
    /// Full names, and short ones where only one type has them.
    named: BTreeMap<String, Option<Spot<'a>>>,
}

/// A name without its namespace.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl<'a> Names<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        let mut names = Self {
            named: BTreeMap::new(),
        };
        names.collect(&Spot::root(schema), "", 0);
        names
    }

    fn collect(&mut self, spot: &Spot<'a>, namespace: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for branch in spot.items() {
            self.collect(&branch, namespace, depth + 1);
        }
        if !spot.value.is_object() {
            return;
        }
        let mut namespace = spot.text("namespace").unwrap_or(namespace).to_owned();
        let is_named = matches!(
            spot.text("type"),
            Some("record" | "error" | "enum" | "fixed")
        );
        if let Some(name) = spot.text("name").filter(|_| is_named) {
            let full = match name.rsplit_once('.') {
                Some((space, _)) => {
                    namespace = space.to_owned();
                    name.to_owned()
                }
                None if namespace.is_empty() => name.to_owned(),
                None => format!("{namespace}.{name}"),
            };
            let alone = short(&full).to_owned();
            if alone != full {
                // Two types of one short name: the short name tells neither.
                let known = self.named.contains_key(&alone);
                let value = (!known).then(|| spot.clone());
                self.named.insert(alone, value);
            }
            self.named.insert(full, Some(spot.clone()));
        }
        for key in ["type", "items", "values"] {
            if let Some(inner) = spot.get(key).filter(|inner| !inner.value.is_string()) {
                self.collect(&inner, &namespace, depth + 1);
            }
        }
        for field in spot.get("fields").iter().flat_map(Spot::items) {
            self.collect(&field, &namespace, depth + 1);
        }
    }

    /// The type that a spot stands for: itself, what it names, or what it wraps.
    pub(super) fn follow(&self, spot: &Spot<'a>) -> Option<Spot<'a>> {
        let mut spot = spot.clone();
        for _ in 0..16 {
            let name = match spot.value {
                Value::String(name) => name.as_str(),
                Value::Object(_) => match spot.get("type") {
                    Some(inner) if !inner.value.is_string() => {
                        spot = inner;
                        continue;
                    }
                    Some(inner) => match inner.value.as_str() {
                        Some("record" | "error" | "enum" | "fixed" | "array" | "map") => {
                            return Some(spot);
                        }
                        Some(name) if PRIMITIVES.contains(&name) => return Some(spot),
                        Some(name) => name,
                        None => return None,
                    },
                    None => return Some(spot),
                },
                Value::Array(_) => return Some(spot),
                Value::Null | Value::Bool(_) | Value::Number(_) => return None,
            };
            if PRIMITIVES.contains(&name) {
                return Some(spot);
            }
            let named = self.named.get(name).or_else(|| self.named.get(short(name)));
            return named.cloned().flatten();
        }
        None
    }
}
