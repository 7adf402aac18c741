//! Arrays: what stands at which place, what must be contained, whether it may repeat.

use serde_json::Value;

use super::text::is_set;
use super::types::Types;
use super::{ANYTHING, Comparison, Pair, Spot};
use crate::finding::{Context, Effect};

/// How many places of a tuple are compared one by one.
const PLACES_MAX: usize = 1_024;

/// The elements of an array, by both ways of writing them.
struct Elements<'a> {
    first: Vec<Spot<'a>>,
    rest: Spot<'a>,
}

impl<'a> Elements<'a> {
    /// Up to draft 2019-09, a list under `items` is what `prefixItems` is now.
    fn of(spot: &Spot<'a>) -> Self {
        let anything = Spot {
            value: &ANYTHING,
            pointer: spot.pointer.clone(),
        };
        if let Some(items) = spot.get("items").filter(|items| items.value.is_array()) {
            return Self {
                first: items.items().collect(),
                rest: spot.get("additionalItems").unwrap_or(anything),
            };
        }
        let first = spot
            .get("prefixItems")
            .map(|prefix| prefix.items().collect());
        Self {
            first: first.unwrap_or_default(),
            rest: spot.get("items").unwrap_or(anything),
        }
    }

    fn at(&self, place: usize) -> Spot<'a> {
        self.first.get(place).unwrap_or(&self.rest).clone()
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn compare_array(&mut self, pair: &Pair<'a>) {
        if !pair.concerns(Types::ARRAY) {
            return;
        }
        let baseline = Elements::of(&pair.baseline);
        let candidate = Elements::of(&pair.candidate);
        self.compare_places(pair, &baseline, &candidate);
        match (
            is_set(&pair.baseline, "uniqueItems"),
            is_set(&pair.candidate, "uniqueItems"),
        ) {
            (false, true) => {
                let why = "elements may no longer repeat";
                self.report(
                    &pair.context,
                    "unique-items-added",
                    Effect::Narrowed,
                    pair.places(),
                    why,
                );
            }
            (true, false) => {
                let why = "elements may repeat now";
                self.report(
                    &pair.context,
                    "unique-items-removed",
                    Effect::Widened,
                    pair.places(),
                    why,
                );
            }
            (true, true) | (false, false) => {}
        }
        self.compare_contains(pair);
        let rules = ["unevaluated-items-added", "unevaluated-items-removed"];
        self.compare_optional(pair, "unevaluatedItems", rules);
    }

    fn compare_places(
        &mut self,
        pair: &Pair<'a>,
        baseline: &Elements<'a>,
        candidate: &Elements<'a>,
    ) {
        let (old, new) = (baseline.first.len(), candidate.first.len());
        let context = &pair.context;
        if old.max(new) > PLACES_MAX {
            let why = "not compared: the tuple has more places than are compared";
            self.report(
                context,
                "not-compared",
                Effect::Undecided,
                pair.places(),
                why,
            );
        }
        for place in 0..old.max(new).min(PLACES_MAX) {
            self.queue(baseline.at(place), candidate.at(place), pair.within.clone());
        }
        // A place that is declared on one side only has another meaning on the other, whatever
        // the rest accepts.
        if new > old {
            let why = format!("{} more places are declared", new - old);
            self.report(
                context,
                "prefix-items-added",
                Effect::Incomparable,
                pair.places(),
                why,
            );
        } else if old > new {
            let why = format!("{} places are no longer declared", old - new);
            self.report(
                context,
                "prefix-items-removed",
                Effect::Incomparable,
                pair.places(),
                why,
            );
        }
        self.queue(
            baseline.rest.clone(),
            candidate.rest.clone(),
            pair.within.clone(),
        );
    }

    fn compare_contains(&mut self, pair: &Pair<'a>) {
        match pair.both("contains") {
            (None, None) => {}
            (None, Some(new)) => {
                let places = (Some(&pair.baseline.pointer), Some(&new.pointer));
                let why = "an element must match `contains` now";
                self.report(
                    &pair.context,
                    "contains-added",
                    Effect::Narrowed,
                    places,
                    why,
                );
            }
            (Some(old), None) => {
                let places = (Some(&old.pointer), Some(&pair.candidate.pointer));
                let why = "an element had to match `contains`";
                self.report(
                    &pair.context,
                    "contains-removed",
                    Effect::Widened,
                    places,
                    why,
                );
            }
            (Some(old), Some(new)) => {
                self.compare_contained(pair);
                let is_zero =
                    |spot: &Spot<'_>| spot.value.get("minContains") == Some(&Value::from(0));
                let counts_both_ways =
                    |spot: &Spot<'_>| spot.value.get("maxContains").is_some() || is_zero(spot);
                let is_plain =
                    !counts_both_ways(&pair.baseline) && !counts_both_ways(&pair.candidate);
                let context: Context = if is_plain {
                    pair.context.clone()
                } else {
                    pair.context.invariant()
                };
                self.queue(old, new, context);
            }
        }
    }
}
