//! What an object demands of properties by their names: patterns, and what one property demands of
//! others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Comparison, Pair, Spot};
use crate::finding::Effect;

impl<'a> Comparison<'a> {
    pub(super) fn compare_patterns(&mut self, pair: &Pair<'a>) {
        let (baseline, candidate) = pair.both("patternProperties");
        let old: BTreeMap<&str, Spot<'a>> = baseline.iter().flat_map(Spot::entries).collect();
        let new: BTreeMap<&str, Spot<'a>> = candidate.iter().flat_map(Spot::entries).collect();
        let is_open = |spot: &Spot<'a>| spot.schema("additionalProperties").accepts_everything();
        let are_open = is_open(&pair.baseline) && is_open(&pair.candidate);
        let effect = |plain| {
            if are_open {
                plain
            } else {
                Effect::Incomparable
            }
        };
        for (pattern, spot) in &new {
            match old.get(pattern) {
                Some(before) => self.queue(before.clone(), spot.clone(), pair.within.clone()),
                None => {
                    let places = (Some(&pair.baseline.pointer), Some(&spot.pointer));
                    let why = format!("properties whose names match {pattern} have a schema now");
                    let rule = "pattern-property-added";
                    self.report(&pair.context, rule, effect(Effect::Narrowed), places, why);
                }
            }
        }
        for (pattern, spot) in old
            .iter()
            .filter(|(pattern, _)| !new.contains_key(*pattern))
        {
            let places = (Some(&spot.pointer), Some(&pair.candidate.pointer));
            let why = format!("properties whose names match {pattern} had a schema");
            let rule = "pattern-property-removed";
            self.report(&pair.context, rule, effect(Effect::Widened), places, why);
        }
    }

    pub(super) fn compare_dependent(&mut self, pair: &Pair<'a>) {
        let keywords = ["dependentRequired", "dependentSchemas", "dependencies"];
        let names = |spot: &Spot<'a>| -> BTreeMap<&'a str, Vec<Spot<'a>>> {
            let mut all: BTreeMap<&str, Vec<Spot<'a>>> = BTreeMap::new();
            for keyword in keywords {
                for (name, entry) in spot.get(keyword).iter().flat_map(Spot::entries) {
                    all.entry(name).or_default().push(entry);
                }
            }
            all
        };
        let (old, new) = (names(&pair.baseline), names(&pair.candidate));
        let none = Vec::new();
        let all: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        for name in all {
            let (before, after) = (
                old.get(name).unwrap_or(&none),
                new.get(name).unwrap_or(&none),
            );
            self.compare_dependent_names(pair, name, before, after);
            let schema = |spots: &[Spot<'a>]| spots.iter().find(|s| !s.value.is_array()).cloned();
            let (rule, effect, why) = match (schema(before), schema(after)) {
                (None, None) => continue,
                (Some(before), Some(after)) => {
                    self.queue(before, after, pair.context.clone());
                    continue;
                }
                (None, Some(_)) => (
                    "dependent-schema-added",
                    Effect::Narrowed,
                    format!("where `{name}` is there, more is demanded now"),
                ),
                (Some(_), None) => (
                    "dependent-schema-removed",
                    Effect::Widened,
                    format!("where `{name}` is there, less is demanded now"),
                ),
            };
            self.report(&pair.context, rule, effect, pair.places(), why);
        }
    }

    fn compare_dependent_names(
        &mut self,
        pair: &Pair<'a>,
        name: &str,
        before: &[Spot<'a>],
        after: &[Spot<'a>],
    ) {
        let listed = |spots: &[Spot<'a>]| -> BTreeSet<&'a str> {
            let names = spots.iter().filter_map(|spot| spot.value.as_array());
            names.flatten().filter_map(Value::as_str).collect()
        };
        let (old, new) = (listed(before), listed(after));
        let (rule, effect) = match (new.is_subset(&old), old.is_subset(&new)) {
            (true, true) => return,
            (false, true) if old.is_empty() => ("dependent-required-added", Effect::Narrowed),
            (true, false) if new.is_empty() => ("dependent-required-removed", Effect::Widened),
            (false, true) => ("dependent-required-changed", Effect::Narrowed),
            (true, false) => ("dependent-required-changed", Effect::Widened),
            (false, false) => ("dependent-required-changed", Effect::Incomparable),
        };
        let list = |names: &BTreeSet<&str>| {
            let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            if quoted.is_empty() {
                "nothing".to_owned()
            } else {
                quoted.join(", ")
            }
        };
        let why = format!(
            "`{name}` demanded {} and demands {}",
            list(&old),
            list(&new)
        );
        self.report(&pair.context, rule, effect, pair.places(), why);
    }
}
