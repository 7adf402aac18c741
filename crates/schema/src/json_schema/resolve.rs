//! Dialects, references and anchors: which schema stands where.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Spot;
use super::types::Types;
use crate::pointer::Pointer;

/// How many references in a row are followed.
const HOPS_MAX: usize = 64;
/// How deep anchors are looked for; documents are no deeper.
const DEPTH_MAX: usize = 130;

/// Which rules a schema is written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON Schema draft-07 and older: nothing counts beside `$ref`.
    Draft07,
    /// JSON Schema 2019-09 and 2020-12.
    Draft2020,
    /// OpenAPI 3.0: `nullable`, and nothing counts beside `$ref`.
    OpenApi30,
    /// OpenAPI 3.1, whose schemas are JSON Schema 2020-12.
    OpenApi31,
}

impl Dialect {
    /// The dialect that a JSON Schema declares; 2020-12 where it declares none.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let declared = schema.get("$schema").and_then(Value::as_str).unwrap_or("");
        let is_old = ["draft-07", "draft-06", "draft-05", "draft-04", "draft-03"]
            .iter()
            .any(|draft| declared.contains(draft));
        let looks_old = declared.is_empty()
            && schema.get("definitions").is_some()
            && schema.get("$defs").is_none();
        if is_old || looks_old {
            Self::Draft07
        } else {
            Self::Draft2020
        }
    }

    /// Whether keywords beside `$ref` count.
    pub(crate) fn counts_beside_reference(self) -> bool {
        match self {
            Self::Draft07 | Self::OpenApi30 => false,
            Self::Draft2020 | Self::OpenApi31 => true,
        }
    }
}

/// A reference that leads nowhere we can look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error("the reference {0} leads out of the file")]
    External(String),
    #[error("the reference {0} leads nowhere")]
    Dangling(String),
    #[error("the reference {0} leads in a circle")]
    Circle(String),
    #[error("dynamic references are not followed ({0})")]
    Dynamic(String),
}

/// A document whose references can be followed.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Value,
    pub(crate) dialect: Dialect,
    /// Anchors and ids with what they name.
    named: BTreeMap<String, Spot<'a>>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Value, dialect: Dialect) -> Self {
        let mut named = BTreeMap::new();
        collect_names(&Spot::root(root), 0, &mut named);
        Self {
            root,
            dialect,
            named,
        }
    }

    /// The value that a spot stands for, with its references followed. A reference with keywords
    /// beside it, where those count, is left for `allOf` to deal with.
    pub(crate) fn follow(&self, spot: &Spot<'a>) -> Result<Spot<'a>, Unresolved> {
        let mut spot = spot.clone();
        for _ in 0..HOPS_MAX {
            if let Some(dynamic) = spot.text("$dynamicRef").or(spot.text("$recursiveRef")) {
                return Err(Unresolved::Dynamic(dynamic.to_owned()));
            }
            match spot.text("$ref") {
                Some(reference) if !self.counts_beside(&spot) => spot = self.target(reference)?,
                Some(_) | None => return Ok(spot),
            }
        }
        let reference = spot.text("$ref").unwrap_or_default();
        Err(Unresolved::Circle(reference.to_owned()))
    }

    /// Whether keywords beside the reference of this schema say something.
    pub(crate) fn counts_beside(&self, spot: &Spot<'_>) -> bool {
        const SAY_NOTHING: &[&str] = &[
            "$ref",
            "$comment",
            "title",
            "description",
            "summary",
            "example",
            "examples",
            "$defs",
            "definitions",
            "$id",
            "$schema",
            "$anchor",
        ];
        let says = |key: &str| !SAY_NOTHING.contains(&key) && !key.starts_with("x-");
        let map = spot.value.as_object();
        self.dialect.counts_beside_reference() && map.is_some_and(|map| map.keys().any(|k| says(k)))
    }

    /// What a reference names.
    pub(crate) fn target(&self, reference: &str) -> Result<Spot<'a>, Unresolved> {
        let dangling = || Unresolved::Dangling(reference.to_owned());
        if let Some(named) = self.named.get(reference) {
            return Ok(named.clone());
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let root = if base.is_empty() {
            Spot::root(self.root)
        } else {
            let named = self.named.get(base);
            named
                .cloned()
                .ok_or_else(|| Unresolved::External(reference.to_owned()))?
        };
        let fragment = percent_decoded(fragment).ok_or_else(dangling)?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Err(dangling());
        }
        let value = root.value.pointer(&fragment).ok_or_else(dangling)?;
        let pointer = Pointer::of_text(&format!("{}{fragment}", root.pointer));
        Ok(Spot { value, pointer })
    }

    /// A union of `null` and one other schema is that schema, and null: a change from one way of
    /// writing it to the other changes nothing.
    pub(super) fn without_null_branch(&self, spot: Spot<'a>) -> (Spot<'a>, bool) {
        const BESIDE: &[&str] = &[
            "title",
            "description",
            "default",
            "example",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$comment",
            "$schema",
            "$id",
            "$defs",
            "definitions",
        ];
        for keyword in ["anyOf", "oneOf"] {
            let Some(union) = spot.get(keyword) else {
                continue;
            };
            let map = spot.value.as_object();
            let is_pure = map.is_some_and(|map| {
                map.keys().all(|key| {
                    key == keyword || BESIDE.contains(&key.as_str()) || key.starts_with("x-")
                })
            });
            let branches: Vec<Spot<'a>> = union.items().collect();
            let [one, other] = branches.as_slice() else {
                continue;
            };
            let rest = match (is_null(one.value), is_null(other.value)) {
                (true, false) => other,
                (false, true) => one,
                (true, true) | (false, false) => continue,
            };
            let Ok(rest) = self.follow(rest) else {
                continue;
            };
            let is_nullable = Types::of(rest.value, self.dialect).has_any(Types::NULL);
            // In oneOf, a null that both branches accept is refused.
            if is_pure && !(keyword == "oneOf" && is_nullable) && rest.value.is_object() {
                return (rest, true);
            }
        }
        (spot, false)
    }
}

fn is_null(schema: &Value) -> bool {
    let only = |key: &str, value: &Value| match key {
        "type" => *value == "null" || *value == serde_json::json!(["null"]),
        "const" => value.is_null(),
        "enum" => value
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_null)),
        _ => key == "description" || key == "title",
    };
    schema.as_object().is_some_and(|map| {
        !map.is_empty()
            && map.iter().all(|(key, value)| only(key, value))
            && map
                .keys()
                .any(|key| matches!(key.as_str(), "type" | "const"))
    })
}

fn collect_names<'a>(spot: &Spot<'a>, depth: usize, named: &mut BTreeMap<String, Spot<'a>>) {
    if depth > DEPTH_MAX {
        return;
    }
    match spot.value {
        Value::Object(_) => {
            if let Some(id) = spot.text("$id") {
                let id = id.strip_suffix('#').unwrap_or(id);
                named.entry(id.to_owned()).or_insert_with(|| spot.clone());
            }
            if let Some(anchor) = spot.text("$anchor") {
                named
                    .entry(format!("#{anchor}"))
                    .or_insert_with(|| spot.clone());
            }
            for (_, child) in spot.entries() {
                collect_names(&child, depth + 1, named);
            }
        }
        Value::Array(_) => {
            for child in spot.items() {
                collect_names(&child, depth + 1, named);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A URI fragment without its percent signs.
fn percent_decoded(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return Some(fragment.to_owned());
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
