//! Keywords that are not compared. Where one of them differs, that is said.

use super::{Comparison, Pair, Spot};
use crate::finding::Effect;

/// Keywords that the comparison knows, or that say nothing about values.
const KNOWN: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$id",
    "$recursiveAnchor",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "discriminator",
    "else",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "id",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "summary",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
    "xml",
];

/// Keywords whose mere presence evaluates every property or element there is.
const EVALUATE_ALL: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "items",
];

impl<'a> Comparison<'a> {
    /// Where the unevaluated can be refused, a keyword that accepts everything is not the same as
    /// none.
    pub(super) fn compare_evaluated(&mut self, pair: &Pair<'a>) {
        let refuses = pair.context.closed_around
            || pair.baseline.refuses_unevaluated()
            || pair.candidate.refuses_unevaluated();
        let appears = |keyword: &&&str| {
            let (old, new) = pair.both(keyword);
            old.is_some() != new.is_some()
        };
        if let Some(keyword) = EVALUATE_ALL.iter().find(appears).filter(|_| refuses) {
            let why = format!("{keyword} came or went, and with it what counts as unevaluated");
            let rule = "evaluated-changed";
            self.report(
                &pair.context,
                rule,
                Effect::Incomparable,
                pair.places(),
                why,
            );
        }
    }

    pub(super) fn compare_unknown(&mut self, pair: &Pair<'a>) {
        let names = |spot: &Spot<'a>| {
            spot.value
                .as_object()
                .into_iter()
                .flat_map(|map| map.keys())
        };
        let mut told: Vec<&String> = Vec::new();
        for name in names(&pair.baseline).chain(names(&pair.candidate)) {
            let is_known = KNOWN.contains(&name.as_str()) || name.starts_with("x-");
            if is_known || told.contains(&name) {
                continue;
            }
            told.push(name);
            if pair.baseline.value.get(name) == pair.candidate.value.get(name) {
                continue;
            }
            let places = (
                pair.baseline.pointer.key(name),
                pair.candidate.pointer.key(name),
            );
            let why = format!("not compared: nobody here knows what {name} means, and it changed");
            let both = (Some(&places.0), Some(&places.1));
            self.report(&pair.context, "not-compared", Effect::Undecided, both, why);
        }
        if pair.baseline.value.get("xml") != pair.candidate.value.get("xml") {
            let why = "how the value is written as XML changed";
            self.report(
                &pair.context,
                "xml-changed",
                Effect::Risky,
                pair.places(),
                why,
            );
        }
    }
}
