//! Keys of OpenAPI objects that are not compared. Where one of them differs, that is said.

use crate::finding::{Context, Effect};
use crate::json_schema::{Comparison, Spot};

/// The keys of each kind of object that are compared, or that say nothing a program depends on.
pub(super) const ROOT: &[&str] = &[
    "openapi",
    "info",
    "servers",
    "paths",
    "webhooks",
    "components",
    "security",
    "tags",
    "externalDocs",
    "jsonSchemaDialect",
    "$self",
];
pub(super) const ITEM: &[&str] = &[
    "$ref",
    "summary",
    "description",
    "parameters",
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "query",
];
pub(super) const OPERATION: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
];
pub(super) const PARAMETER: &[&str] = &[
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    "content",
];
pub(super) const MEDIA_TYPE: &[&str] = &["schema", "example", "examples", "encoding"];
pub(super) const BODY: &[&str] = &["description", "content", "required"];
pub(super) const RESPONSE: &[&str] = &["description", "headers", "content", "links", "summary"];

/// Tells each unknown key that differs.
pub(super) fn tell<'a>(
    comparison: &mut Comparison<'a>,
    context: &Context,
    old: &Spot<'a>,
    new: &Spot<'a>,
    known: &[&str],
) {
    let names =
        |spot: &Spot<'a>| -> Vec<&'a str> { spot.entries().map(|(name, _)| name).collect() };
    let mut all = names(old);
    all.extend(names(new));
    all.sort_unstable();
    all.dedup();
    for name in all {
        let is_known = known.contains(&name) || name.starts_with("x-");
        if !is_known && old.value.get(name) != new.value.get(name) {
            let places = (old.pointer.key(name), new.pointer.key(name));
            let why = format!("not compared: {name} changed, and what it means here is not known");
            let both = (Some(&places.0), Some(&places.1));
            comparison.report(context, "not-compared", Effect::Undecided, both, why);
        }
    }
}
