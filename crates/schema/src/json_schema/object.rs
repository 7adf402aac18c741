//! Objects: which properties there are, which must be there, and what others may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::types::Types;
use super::{ANYTHING, Comparison, Pair, Spot};
use crate::finding::{Context, Effect, SchemaDirection};

/// What an object says about properties that it does not name.
#[derive(Debug, Clone)]
enum Others<'a> {
    /// Anything goes.
    Open,
    /// There are none.
    Closed,
    /// They match a schema.
    Matching(Spot<'a>),
    /// A schema around this one closes it, or patterns name some of them.
    Unclear,
}

/// One side of an object.
struct Shape<'a> {
    properties: BTreeMap<&'a str, Spot<'a>>,
    required: BTreeSet<&'a str>,
    others: Others<'a>,
}

impl<'a> Shape<'a> {
    fn of(spot: &Spot<'a>, context: &Context) -> Self {
        let properties = spot.get("properties");
        let required = spot.value.get("required").and_then(Value::as_array);
        Self {
            properties: properties.iter().flat_map(Spot::entries).collect(),
            required: required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            others: others(spot, context),
        }
    }
}

fn others<'a>(spot: &Spot<'a>, context: &Context) -> Others<'a> {
    let has_patterns = spot
        .value
        .get("patternProperties")
        .and_then(Value::as_object)
        .is_some_and(|patterns| !patterns.is_empty());
    if has_patterns || context.closed_around {
        return Others::Unclear;
    }
    let unevaluated = spot.get("unevaluatedProperties");
    match spot.get("additionalProperties").or(unevaluated) {
        None => Others::Open,
        Some(schema) if schema.accepts_everything() => Others::Open,
        Some(schema) if *schema.value == Value::Bool(false) => Others::Closed,
        Some(schema) => Others::Matching(schema),
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn compare_object(&mut self, pair: &Pair<'a>) {
        if !pair.concerns(Types::OBJECT) {
            return;
        }
        let baseline = Shape::of(&pair.baseline, &pair.context);
        let candidate = Shape::of(&pair.candidate, &pair.context);
        let names: BTreeSet<&str> = baseline
            .properties
            .keys()
            .chain(candidate.properties.keys())
            .copied()
            .collect();
        for name in names {
            match (
                baseline.properties.get(name),
                candidate.properties.get(name),
            ) {
                (Some(old), Some(new)) => {
                    let is_required = baseline.required.contains(name);
                    self.compare_property(pair, name, (old, new), is_required);
                }
                (None, Some(new)) => self.property_added(pair, name, new, &baseline, &candidate),
                (Some(old), None) => self.property_removed(pair, name, old, &baseline, &candidate),
                (None, None) => {}
            }
        }
        self.compare_required(pair, &baseline, &candidate);
        self.compare_others(pair);
        self.compare_dependent(pair);
        self.compare_patterns(pair);
        self.compare_optional(
            pair,
            "propertyNames",
            ["property-names-added", "property-names-removed"],
        );
        let rules = [
            "unevaluated-properties-added",
            "unevaluated-properties-removed",
        ];
        self.compare_optional(pair, "unevaluatedProperties", rules);
    }

    fn compare_property(
        &mut self,
        pair: &Pair<'a>,
        name: &str,
        (old, new): (&Spot<'a>, &Spot<'a>),
        was_required: bool,
    ) {
        let context = &pair.context;
        let places = (Some(&old.pointer), Some(&new.pointer));
        let hidden = (
            is_hidden(&self.baseline.follow(old).unwrap_or(old.clone()), context),
            is_hidden(&self.candidate.follow(new).unwrap_or(new.clone()), context),
        );
        match hidden {
            (true, true) => return,
            (false, true) => {
                let (rule, effect, why) = match context.direction {
                    SchemaDirection::Response => (
                        "property-became-write-only",
                        if was_required {
                            Effect::Widened
                        } else {
                            Effect::Risky
                        },
                        format!("`{name}` is no longer sent"),
                    ),
                    SchemaDirection::Request | SchemaDirection::Both => (
                        "property-became-read-only",
                        Effect::Risky,
                        format!("`{name}` is no longer read from requests"),
                    ),
                };
                self.report(context, rule, effect, places, why);
                return;
            }
            (true, false) => {
                let rule = match context.direction {
                    SchemaDirection::Response => "property-became-not-write-only",
                    SchemaDirection::Request | SchemaDirection::Both => {
                        "property-became-not-read-only"
                    }
                };
                let why = format!("`{name}` travels this way now, and did not");
                self.report(context, rule, Effect::Risky, places, why);
            }
            (false, false) => {}
        }
        self.compare_lifecycle(old, new, context);
        self.queue(old.clone(), new.clone(), pair.within.clone());
    }

    fn property_added(
        &mut self,
        pair: &Pair<'a>,
        name: &str,
        new: &Spot<'a>,
        baseline: &Shape<'a>,
        candidate: &Shape<'a>,
    ) {
        let context = &pair.context;
        if is_hidden(&self.candidate.follow(new).unwrap_or(new.clone()), context) {
            return;
        }
        let places = (Some(&pair.baseline.pointer), Some(&new.pointer));
        let (effect, why) = match &baseline.others {
            Others::Closed => (
                Effect::Widened,
                format!("`{name}` was forbidden and is accepted now"),
            ),
            Others::Open if new.accepts_everything() => (
                Effect::Harmless,
                format!("`{name}` is declared now; it may be anything"),
            ),
            Others::Open => (
                Effect::NarrowedSoftly,
                format!(
                    "`{name}` is declared now; whoever sent it undeclared may have sent \
                     another kind of value"
                ),
            ),
            Others::Matching(schema) => {
                self.queue(schema.clone(), new.clone(), pair.within.clone());
                (
                    Effect::Harmless,
                    format!("`{name}` is declared now; it was one of the others"),
                )
            }
            Others::Unclear => (
                Effect::Incomparable,
                format!("`{name}` is declared now; whether it was accepted before is not known"),
            ),
        };
        // One that becomes required is told by its own rule, which says the worse of the two.
        let is_told = candidate.required.contains(name) && !baseline.required.contains(name);
        let says_no_more = effect == Effect::NarrowedSoftly || effect == Effect::Harmless;
        if !(is_told && says_no_more) {
            self.report(context, "property-added", effect, places, why);
        }
    }

    fn property_removed(
        &mut self,
        pair: &Pair<'a>,
        name: &str,
        old: &Spot<'a>,
        baseline: &Shape<'a>,
        candidate: &Shape<'a>,
    ) {
        let context = &pair.context;
        if is_hidden(&self.baseline.follow(old).unwrap_or(old.clone()), context) {
            return;
        }
        let places = (Some(&old.pointer), Some(&pair.candidate.pointer));
        let is_read_by_callers = context.direction != SchemaDirection::Request;
        let (effect, mut why) = match &candidate.others {
            Others::Closed => (Effect::Narrowed, format!("`{name}` is forbidden now")),
            Others::Open => (Effect::Risky, format!("`{name}` is no longer declared")),
            Others::Matching(schema) => {
                self.queue(old.clone(), schema.clone(), pair.within.clone());
                (
                    Effect::Risky,
                    format!("`{name}` is no longer declared on its own"),
                )
            }
            Others::Unclear => (
                Effect::Incomparable,
                format!("`{name}` is no longer declared; whether it is accepted is not known"),
            ),
        };
        if let Some(other) = renamed_to(name, old, baseline, candidate) {
            why.push_str(&format!("; perhaps it is called `{other}` now"));
        }
        if baseline.required.contains(name) && is_read_by_callers {
            let why = format!("{why}; it was always there");
            let effect = if context.direction == SchemaDirection::Both {
                Effect::Incomparable
            } else {
                Effect::Widened
            };
            self.report(context, "required-property-removed", effect, places, why);
            return;
        }
        self.report(context, "property-removed", effect, places, why.clone());
        // A reader that shows the property loses it, even where the set of values only shrank.
        if effect == Effect::Narrowed && context.direction == SchemaDirection::Response {
            self.report(context, "property-removed", Effect::Risky, places, why);
        }
    }

    fn compare_required(&mut self, pair: &Pair<'a>, baseline: &Shape<'a>, candidate: &Shape<'a>) {
        let context = &pair.context;
        let old = self.demanded(pair, baseline, true);
        let new = self.demanded(pair, candidate, false);
        for name in new.difference(&old) {
            let is_new = !baseline.properties.contains_key(name);
            let place = candidate
                .properties
                .get(name)
                .map(|spot| spot.pointer.clone());
            let place = place.unwrap_or_else(|| pair.candidate.pointer.key("required"));
            let old_place = baseline
                .properties
                .get(name)
                .map(|spot| spot.pointer.clone());
            let old_place = old_place.unwrap_or_else(|| pair.baseline.pointer.clone());
            let (rule, why) = if is_new {
                (
                    "required-property-added",
                    format!("`{name}` is new and must be there"),
                )
            } else {
                (
                    "property-became-required",
                    format!("`{name}` could be left out and no longer can"),
                )
            };
            let places = (Some(&old_place), Some(&place));
            self.report(context, rule, Effect::Narrowed, places, why);
        }
        for name in old.difference(&new) {
            // What is gone altogether is told by its own rule.
            let is_gone = baseline.properties.contains_key(name)
                && !candidate.properties.contains_key(name)
                && context.direction != SchemaDirection::Request;
            if is_gone {
                continue;
            }
            let place = |shape: &Shape<'a>, whole: &Spot<'a>| {
                let spot = shape.properties.get(name);
                spot.map_or_else(|| whole.pointer.clone(), |spot| spot.pointer.clone())
            };
            let places = (
                place(baseline, &pair.baseline),
                place(candidate, &pair.candidate),
            );
            let why = format!("`{name}` was always there and can be left out now");
            let both = (Some(&places.0), Some(&places.1));
            self.report(
                context,
                "property-became-optional",
                Effect::Widened,
                both,
                why,
            );
        }
    }

    /// The names that must be there on data that travels this way.
    fn demanded(&self, pair: &Pair<'a>, shape: &Shape<'a>, is_baseline: bool) -> BTreeSet<&'a str> {
        let document = if is_baseline {
            &self.baseline
        } else {
            &self.candidate
        };
        let is_visible = |name: &&&str| {
            shape.properties.get(**name).is_none_or(|spot| {
                !is_hidden(
                    &document.follow(spot).unwrap_or(spot.clone()),
                    &pair.context,
                )
            })
        };
        shape.required.iter().filter(is_visible).copied().collect()
    }

    fn compare_others(&mut self, pair: &Pair<'a>) {
        let (baseline, candidate) = (
            pair.baseline.schema("additionalProperties"),
            pair.candidate.schema("additionalProperties"),
        );
        let forbids = |spot: &Spot<'_>| *spot.value == Value::Bool(false);
        let places = (Some(&baseline.pointer), Some(&candidate.pointer));
        match (forbids(&baseline), forbids(&candidate)) {
            (true, true) => {}
            (false, true) => {
                let why = "properties that nobody declared were accepted and are refused now";
                let rule = "additional-properties-forbidden";
                self.report(&pair.context, rule, Effect::Narrowed, places, why);
            }
            (true, false) => {
                let why = "properties that nobody declared were refused and are accepted now";
                let rule = "additional-properties-allowed";
                self.report(&pair.context, rule, Effect::Widened, places, why);
            }
            (false, false) => self.queue(baseline, candidate, pair.within.clone()),
        }
    }
}

/// Whether a property does not travel this way: `readOnly` in requests, `writeOnly` in responses.
fn is_hidden(property: &Spot<'_>, context: &Context) -> bool {
    match context.direction {
        SchemaDirection::Request => property.is_true("readOnly"),
        SchemaDirection::Response => property.is_true("writeOnly"),
        SchemaDirection::Both => false,
    }
}

/// The new property that a removed one may have become: the same schema, and the only one with it
/// or a name written differently.
fn renamed_to<'a>(
    name: &str,
    old: &Spot<'a>,
    baseline: &Shape<'a>,
    candidate: &Shape<'a>,
) -> Option<&'a str> {
    let letters = |name: &str| -> String {
        let kept = name.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let added: Vec<(&'a str, &Spot<'a>)> = candidate
        .properties
        .iter()
        .filter(|(name, _)| !baseline.properties.contains_key(*name))
        .map(|(name, spot)| (*name, spot))
        .collect();
    let by_name = added
        .iter()
        .find(|(other, _)| letters(other) == letters(name));
    let gone = baseline.properties.iter().filter(|(name, spot)| {
        spot.value == old.value && !candidate.properties.contains_key(*name)
    });
    let is_only_one = gone.count() == 1 && *old.value != ANYTHING;
    let same: Vec<&(&'a str, &Spot<'a>)> = added
        .iter()
        .filter(|(_, spot)| is_only_one && spot.value == old.value)
        .collect();
    match (by_name, same.as_slice()) {
        (Some((other, _)), _) => Some(other),
        (None, [(other, _)]) => Some(other),
        (None, _) => None,
    }
}
