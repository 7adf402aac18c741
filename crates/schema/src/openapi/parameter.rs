//! Parameters: matched by place and name; in paths by position, since callers see no names there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::unknown;
use super::{content, followed, lifecycle, reference_lost};
use crate::finding::{Context, Effect};
use crate::json_schema::{Comparison, Spot};

/// What tells one parameter from another.
type Key = (String, String);

pub(super) fn compare_all<'a>(
    comparison: &mut Comparison<'a>,
    operations: (&Spot<'a>, &Spot<'a>),
    items: (&Spot<'a>, &Spot<'a>),
    paths: (&str, &str),
    context: &Context,
) {
    let old = all_of(comparison, operations.0, items.0, paths.0, true);
    let new = all_of(comparison, operations.1, items.1, paths.1, false);
    for (key, before) in &old {
        let context = named(context, before);
        match new.get(key) {
            Some(after) => compare(comparison, before, after, &context),
            None => removed(comparison, before, operations.1, &context),
        }
    }
    for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        let context = named(context, after);
        let places = (Some(&operations.0.pointer), Some(&after.pointer));
        let is_in_path = key.0 == "path";
        let (rule, effect, why) = if is_in_path {
            (
                "path-parameter-added",
                Effect::Narrowed,
                "the path has one more parameter",
            )
        } else if after.is_true("required") {
            (
                "parameter-added-required",
                Effect::Narrowed,
                "a call must say more now",
            )
        } else {
            (
                "parameter-added",
                Effect::Harmless,
                "a call may say more now",
            )
        };
        comparison.report(&context, rule, effect, places, why);
    }
}

fn named(context: &Context, parameter: &Spot<'_>) -> Context {
    let place = parameter.text("in").unwrap_or("unknown");
    let name = parameter.text("name").unwrap_or("");
    Context {
        is_parameter: true,
        used_by: format!("{}, {place} parameter {name}", context.used_by).into(),
        ..context.clone()
    }
}

/// The parameters of an operation, those of its path among them unless it declares them anew.
fn all_of<'a>(
    comparison: &mut Comparison<'a>,
    operation: &Spot<'a>,
    item: &Spot<'a>,
    path: &str,
    is_baseline: bool,
) -> BTreeMap<Key, Spot<'a>> {
    let names: Vec<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect();
    let mut all = BTreeMap::new();
    for holder in [item, operation] {
        for parameter in holder.get("parameters").iter().flat_map(Spot::items) {
            let parameter = followed(comparison, &parameter, is_baseline);
            let name = parameter.text("name").unwrap_or("");
            let place = parameter.text("in").unwrap_or("");
            let key = match place {
                "path" => names
                    .iter()
                    .position(|known| *known == name)
                    .map_or_else(|| name.to_owned(), |at| format!("{{{at}}}")),
                "header" => name.to_ascii_lowercase(),
                _ => name.to_owned(),
            };
            // A reference that leads nowhere has no name; its text tells it from others.
            let key = match parameter.text("$ref") {
                Some(reference) => reference.to_owned(),
                None => key,
            };
            all.insert((place.to_owned(), key), parameter);
        }
    }
    all
}

fn removed<'a>(
    comparison: &mut Comparison<'a>,
    gone: &Spot<'a>,
    operation: &Spot<'a>,
    context: &Context,
) {
    let places = (Some(&gone.pointer), Some(&operation.pointer));
    let (rule, effect, why) = if gone.is_true("deprecated") {
        let rule = "parameter-removed";
        lifecycle::removal(comparison, gone, rule, "the parameter")
    } else {
        let why = "the parameter is no longer declared: what callers say is refused or not read";
        ("parameter-removed", Effect::Risky, why.to_owned())
    };
    comparison.report(context, rule, effect, places, why);
}

fn compare<'a>(comparison: &mut Comparison<'a>, old: &Spot<'a>, new: &Spot<'a>, context: &Context) {
    if reference_lost(comparison, old, new, context) {
        return;
    }
    let places = (Some(&old.pointer), Some(&new.pointer));
    lifecycle::compare(comparison, old, new, context);
    match (old.is_true("required"), new.is_true("required")) {
        (false, true) => {
            let why = "the parameter could be left out and no longer can";
            comparison.report(
                context,
                "parameter-became-required",
                Effect::Narrowed,
                places,
                why,
            );
        }
        (true, false) => {
            let why = "the parameter can be left out now";
            comparison.report(
                context,
                "parameter-became-optional",
                Effect::Widened,
                places,
                why,
            );
        }
        (true, true) | (false, false) => {}
    }
    compare_writing(comparison, old, new, context);
    match (old.get("schema"), new.get("schema")) {
        (Some(before), Some(after)) => {
            lifecycle_of_schemas(comparison, &before, &after, context);
            comparison.queue(before, after, context.clone());
        }
        (None, None) => content::compare(comparison, old, new, context, content::Chosen::BySender),
        (None, Some(_)) if old.get("content").is_none() => {
            let why = "the parameter must match a schema now";
            comparison.report(context, "schema-added", Effect::Narrowed, places, why);
        }
        (Some(_), None) if new.get("content").is_none() => {
            let why = "the parameter had to match a schema";
            comparison.report(context, "schema-dropped", Effect::Widened, places, why);
        }
        (None, Some(_)) | (Some(_), None) => {
            let why = "the parameter is written by another rule: a schema, or a media type";
            comparison.report(
                context,
                "parameter-writing-changed",
                Effect::Incomparable,
                places,
                why,
            );
        }
    }
    unknown::tell(comparison, context, old, new, unknown::PARAMETER);
}

/// A header's or parameter's schema may be deprecated on its own.
fn lifecycle_of_schemas<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    if old.text("$ref").is_none() && new.text("$ref").is_none() {
        lifecycle::compare(comparison, old, new, context);
    }
}

/// How a value becomes text: `style`, `explode` and what may stand in it.
pub(super) fn compare_writing<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let places = (Some(&old.pointer), Some(&new.pointer));
    let (before, after) = (writing(old), writing(new));
    if before != after {
        let why = format!(
            "the value was written as {} (explode {}) and is as {} (explode {})",
            before.0, before.1, after.0, after.1
        );
        comparison.report(
            context,
            "parameter-writing-changed",
            Effect::Incomparable,
            places,
            why,
        );
    }
    if old.is_true("allowReserved") != new.is_true("allowReserved") {
        let why = "whether reserved characters stand for themselves changed";
        comparison.report(
            context,
            "parameter-writing-changed",
            Effect::Incomparable,
            places,
            why,
        );
    }
    match (
        old.is_true("allowEmptyValue"),
        new.is_true("allowEmptyValue"),
    ) {
        (true, false) => {
            let why = "an empty value is no longer accepted";
            comparison.report(
                context,
                "empty-value-forbidden",
                Effect::Narrowed,
                places,
                why,
            );
        }
        (false, true) => {
            let why = "an empty value is accepted now";
            comparison.report(context, "empty-value-allowed", Effect::Widened, places, why);
        }
        (true, true) | (false, false) => {}
    }
}

fn writing<'a>(parameter: &Spot<'a>) -> (&'a str, bool) {
    let style = match (parameter.text("style"), parameter.text("in")) {
        (Some(style), _) => style,
        (None, Some("query" | "cookie")) => "form",
        (None, _) => "simple",
    };
    let explode = parameter.value.get("explode").and_then(Value::as_bool);
    (style, explode.unwrap_or(style == "form"))
}
