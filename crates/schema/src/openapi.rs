//! Two OpenAPI descriptions (3.0, 3.1) compared: paths, operations, parameters, bodies, responses,
//! headers, security, and every schema they hold. Schemas are compared by [`crate::json_schema`]:
//! data of requests must not be narrowed, data of responses must not be widened.

mod content;
pub(crate) mod lifecycle;
mod operation;
mod parameter;
mod response;
mod security;
mod unknown;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::SchemaQuestion;
use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::json_schema::{Comparison, Dialect, Document, Spot};
use adjutant_document::Unreadable;
use operation::Exchange;

/// What a path item may hold besides operations.
const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// The dialect of a description, by its version.
pub(crate) fn dialect(root: &Value) -> Result<Dialect, Unreadable> {
    let version = root.get("openapi").and_then(Value::as_str).unwrap_or("");
    if version.starts_with("3.0") {
        Ok(Dialect::OpenApi30)
    } else if version.starts_with("3.1") || version.starts_with("3.2") {
        Ok(Dialect::OpenApi31)
    } else {
        Err(Unreadable::whole(
            format!("OpenAPI {version:?} is not read, only 3.0 and 3.1"),
            "Convert it to OpenAPI 3.",
        ))
    }
}

/// Compares two descriptions whose dialects are known.
pub(crate) fn compare(
    (baseline, old): (&Value, Dialect),
    (candidate, new): (&Value, Dialect),
    question: &SchemaQuestion,
) -> Findings {
    let mut comparison = Comparison::new(
        Document::new(baseline, old),
        Document::new(candidate, new),
        question.today,
        question.sunset_days,
    );
    let (old, new) = (Spot::root(baseline), Spot::root(candidate));
    compare_paths(&mut comparison, &old, &new, question.direction);
    compare_webhooks(&mut comparison, &old, &new, question.direction);
    security::compare_schemes(&mut comparison, &old, &new);
    compare_servers(&mut comparison, &old, &new);
    let has_calls = |spot: &Spot<'_>| spot.get("paths").is_some() || spot.get("webhooks").is_some();
    if !has_calls(&old) && !has_calls(&new) {
        compare_library(&mut comparison, &old, &new, question.direction);
    }
    let context = Context::new(SchemaDirection::Both, "");
    unknown::tell(&mut comparison, &context, &old, &new, unknown::ROOT);
    comparison.run();
    comparison.findings
}

fn compare_paths<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    direction: SchemaDirection,
) {
    let paths = |spot: &Spot<'a>| -> Vec<(&'a str, Spot<'a>)> {
        spot.get("paths")
            .iter()
            .flat_map(Spot::entries)
            .filter(|(path, _)| path.starts_with('/'))
            .collect()
    };
    let after = paths(new);
    let by_shape: BTreeMap<String, usize> = after
        .iter()
        .enumerate()
        .map(|(at, (path, _))| (shape(path), at))
        .collect();
    let exact: BTreeMap<&str, usize> = after
        .iter()
        .enumerate()
        .map(|(at, (p, _))| (*p, at))
        .collect();
    for (path, before) in paths(old) {
        let found = exact.get(path).or_else(|| by_shape.get(&shape(path)));
        match found.and_then(|&at| after.get(at)) {
            Some((renamed, item)) => {
                let exchange = Exchange {
                    asked: direction,
                    from_service: false,
                    paths: (path, renamed),
                };
                operation::compare_item(comparison, &before, item, &exchange);
            }
            None => {
                for (method, operation) in operations(comparison, &before, true) {
                    let used_by = format!("{} {path}", method.to_uppercase());
                    let place = &new.pointer.key("paths");
                    lifecycle::operation_removed(
                        comparison,
                        &operation,
                        place,
                        &used_by,
                        "path-removed",
                    );
                }
            }
        }
    }
}

fn compare_webhooks<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    direction: SchemaDirection,
) {
    let candidates: BTreeMap<&str, Spot<'a>> =
        new.get("webhooks").iter().flat_map(Spot::entries).collect();
    for (name, before) in old.get("webhooks").iter().flat_map(Spot::entries) {
        match candidates.get(name) {
            Some(after) => {
                let exchange = Exchange {
                    asked: direction,
                    from_service: true,
                    paths: (name, name),
                };
                operation::compare_item(comparison, &before, after, &exchange);
            }
            None => {
                let context = Context::new(SchemaDirection::Both, &format!("webhook {name}"));
                let places = (Some(&before.pointer), Some(&new.pointer));
                let why = "whoever waits for this call will wait in vain";
                comparison.report(
                    &context,
                    "webhook-removed",
                    Effect::Incomparable,
                    places,
                    why,
                );
            }
        }
    }
}

/// A description without calls is a library of schemas, compared by their names.
fn compare_library<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    direction: SchemaDirection,
) {
    let schemas = |spot: &Spot<'a>| spot.get("components").and_then(|c| c.get("schemas"));
    let candidates: BTreeMap<&str, Spot<'a>> =
        schemas(new).iter().flat_map(Spot::entries).collect();
    for (name, before) in schemas(old).iter().flat_map(Spot::entries) {
        let context = Context::new(direction, &format!("schema {name}"));
        match candidates.get(name) {
            Some(after) => comparison.queue(before, after.clone(), context),
            None => {
                let places = (Some(&before.pointer), Some(&new.pointer));
                let why = "whoever uses this schema no longer finds it";
                comparison.report(
                    &context,
                    "schema-removed",
                    Effect::Incomparable,
                    places,
                    why,
                );
            }
        }
    }
}

fn compare_servers<'a>(comparison: &mut Comparison<'a>, old: &Spot<'a>, new: &Spot<'a>) {
    let servers = |spot: &Spot<'a>| -> Vec<Spot<'a>> {
        spot.get("servers").iter().flat_map(Spot::items).collect()
    };
    let (before, after) = (servers(old), servers(new));
    let context = Context::new(SchemaDirection::Both, "");
    let url = |spot: &Spot<'a>| {
        spot.text("url")
            .unwrap_or("/")
            .trim_end_matches('/')
            .to_owned()
    };
    for server in &before {
        if after.iter().all(|other| url(other) != url(server)) {
            let places = (Some(&server.pointer), Some(&new.pointer));
            let why = format!("the server {} is no longer named", url(server));
            comparison.report(&context, "server-removed", Effect::Risky, places, why);
        }
    }
    for (server, other) in before
        .iter()
        .flat_map(|one| after.iter().map(move |other| (one, other)))
    {
        let variables = |spot: &Spot<'a>| spot.value.get("variables").cloned();
        if url(server) == url(other) && variables(server) != variables(other) {
            let places = (Some(&server.pointer), Some(&other.pointer));
            let why = format!("the variables of the server {} changed", url(server));
            comparison.report(&context, "server-changed", Effect::Risky, places, why);
        }
    }
    for server in &after {
        if before.iter().all(|other| url(other) != url(server)) {
            let places = (Some(&old.pointer), Some(&server.pointer));
            let why = format!("the server {} is named now", url(server));
            comparison.report(&context, "server-added", Effect::Harmless, places, why);
        }
    }
}

/// A path without the names of its parameters, which callers never see.
fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut is_name = false;
    for c in path.chars() {
        match c {
            '{' => {
                is_name = true;
                shape.push_str("{}");
            }
            '}' => is_name = false,
            c if !is_name => shape.push(c),
            _ => {}
        }
    }
    shape
}

/// The operations of a path item, with its own reference followed.
fn operations<'a>(
    comparison: &Comparison<'a>,
    item: &Spot<'a>,
    is_baseline: bool,
) -> Vec<(&'a str, Spot<'a>)> {
    let item = followed(comparison, item, is_baseline);
    let is_method = |(name, _): &(&str, Spot<'a>)| METHODS.contains(name);
    item.entries().filter(is_method).collect()
}

/// What a spot refers to. A reference that leads nowhere stays itself; [`reference_lost`] tells it.
fn followed<'a>(comparison: &Comparison<'a>, spot: &Spot<'a>, is_baseline: bool) -> Spot<'a> {
    let document = if is_baseline {
        &comparison.baseline
    } else {
        &comparison.candidate
    };
    // Outside of schemas, only a summary and a description may stand beside a reference.
    let mut spot = spot.clone();
    for _ in 0..16 {
        let target = spot
            .text("$ref")
            .map(|reference| document.target(reference));
        match target {
            Some(Ok(target)) => spot = target,
            Some(Err(_)) | None => break,
        }
    }
    spot
}

/// Tells a reference that leads nowhere we can look; true when there is one.
fn reference_lost<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) -> bool {
    let reference = old.text("$ref").or(new.text("$ref"));
    if let Some(reference) = reference {
        let why =
            format!("not compared: the reference {reference} leads out of the file or nowhere");
        let places = (Some(&old.pointer), Some(&new.pointer));
        comparison.report(context, "not-compared", Effect::Undecided, places, why);
    }
    reference.is_some()
}
