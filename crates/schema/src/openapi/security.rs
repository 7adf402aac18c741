//! Security: who may call. A caller who satisfied the baseline must satisfy the candidate.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::{Context, Effect, SchemaDirection};
use crate::json_schema::{Comparison, Spot};

/// One way of being let in: schemes with the scopes they must have. Empty: anybody is.
type Alternative<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

pub(super) fn compare_operation<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let before = alternatives(old, comparison.baseline.root);
    let after = alternatives(new, comparison.candidate.root);
    let places = (Some(&old.pointer), Some(&new.pointer));
    for way in &before {
        if after.iter().any(|other| satisfies(way, other)) {
            continue;
        }
        let why = if way.is_empty() {
            "anybody could call it, and now nobody can without credentials".to_owned()
        } else {
            format!("credentials that were enough no longer are: {}", shown(way))
        };
        comparison.report(
            context,
            "security-tightened",
            Effect::Incomparable,
            places,
            why,
        );
    }
    for way in &after {
        if !before.iter().any(|other| satisfies(way, other)) {
            let why = if way.is_empty() {
                "anybody can call it now".to_owned()
            } else {
                format!("other credentials are enough now: {}", shown(way))
            };
            comparison.report(context, "security-relaxed", Effect::Harmless, places, why);
        }
    }
}

/// The ways of being let in: the operation's own, or else the description's; without any, anybody.
fn alternatives<'a>(operation: &Spot<'a>, root: &'a Value) -> Vec<Alternative<'a>> {
    let declared = operation.value.get("security").or(root.get("security"));
    let list = declared.and_then(Value::as_array);
    let all: Vec<Alternative<'a>> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|way| {
            let scopes = |value: &'a Value| -> BTreeSet<&'a str> {
                let list = value.as_array().into_iter().flatten();
                list.filter_map(Value::as_str).collect()
            };
            way.iter()
                .map(|(name, value)| (name.as_str(), scopes(value)))
                .collect()
        })
        .collect();
    if all.is_empty() {
        return vec![Alternative::new()];
    }
    all
}

/// Whether credentials for `way` are enough where `demanded` is asked for.
fn satisfies(way: &Alternative<'_>, demanded: &Alternative<'_>) -> bool {
    demanded
        .iter()
        .all(|(scheme, scopes)| way.get(scheme).is_some_and(|held| scopes.is_subset(held)))
}

fn shown(way: &Alternative<'_>) -> String {
    let schemes = way.iter().map(|(name, scopes)| {
        if scopes.is_empty() {
            return (*name).to_owned();
        }
        let scopes: Vec<&str> = scopes.iter().copied().collect();
        format!("{name} with {}", scopes.join(" "))
    });
    schemes.collect::<Vec<String>>().join(" and ")
}

/// What the schemes themselves are.
pub(super) fn compare_schemes<'a>(comparison: &mut Comparison<'a>, old: &Spot<'a>, new: &Spot<'a>) {
    let schemes = |spot: &Spot<'a>| {
        spot.get("components")
            .and_then(|c| c.get("securitySchemes"))
    };
    let after: BTreeMap<&str, Spot<'a>> = schemes(new).iter().flat_map(Spot::entries).collect();
    for (name, before) in schemes(old).iter().flat_map(Spot::entries) {
        let Some(after) = after.get(name) else {
            continue;
        };
        let before = super::followed(comparison, &before, true);
        let after = super::followed(comparison, after, false);
        let context = Context::new(SchemaDirection::Both, &format!("security scheme {name}"));
        let places = (Some(&before.pointer), Some(&after.pointer));
        let differs = |key: &str| before.value.get(key) != after.value.get(key);
        if let Some(key) = ["type", "in", "name", "scheme"]
            .into_iter()
            .find(|key| differs(key))
        {
            let why = format!("callers prove who they are in another way: {key} changed");
            comparison.report(
                &context,
                "security-scheme-changed",
                Effect::Incomparable,
                places,
                why,
            );
        }
        if let Some(key) = ["flows", "openIdConnectUrl"]
            .into_iter()
            .find(|key| differs(key))
        {
            let why = format!("where callers get their credentials, or for what, changed: {key}");
            comparison.report(
                &context,
                "security-flow-changed",
                Effect::Risky,
                places,
                why,
            );
        }
    }
}
