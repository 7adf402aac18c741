//! Responses: their statuses, bodies and headers.

use std::collections::BTreeMap;

use super::unknown;
use super::{content, followed, lifecycle, parameter, reference_lost};
use crate::finding::{Context, Effect};
use crate::json_schema::{Comparison, Spot};

pub(super) fn compare_all<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let statuses = |spot: &Spot<'a>| -> BTreeMap<String, Spot<'a>> {
        let responses = spot.get("responses");
        let all = responses.iter().flat_map(Spot::entries);
        all.filter(|(status, _)| !status.starts_with("x-"))
            .map(|(status, spot)| (status.to_ascii_uppercase(), spot))
            .collect()
    };
    let (before, after) = (statuses(old), statuses(new));
    for (status, response) in &before {
        let context = of_status(context, status);
        match after.get(status).or_else(|| covering(&after, status)) {
            Some(candidate) => compare(comparison, response, candidate, &context),
            None => {
                let places = (Some(&response.pointer), Some(&new.pointer));
                let (rule, effect) = if is_success(status) {
                    ("success-status-removed", Effect::Incomparable)
                } else {
                    ("error-status-removed", Effect::Narrowed)
                };
                let why = format!("{status} is no longer answered");
                comparison.report(&context, rule, effect, places, why);
            }
        }
    }
    for (status, response) in after
        .iter()
        .filter(|(status, _)| !before.contains_key(*status))
    {
        let context = of_status(context, status);
        if let Some(general) = covering(&before, status) {
            compare(comparison, general, response, &context);
            continue;
        }
        let places = (Some(&old.pointer), Some(&response.pointer));
        let rule = if is_success(status) {
            "success-status-added"
        } else {
            "error-status-added"
        };
        let why = format!("{status} may be answered now");
        comparison.report(&context, rule, Effect::WidenedSoftly, places, why);
    }
}

fn of_status(context: &Context, status: &str) -> Context {
    Context {
        used_by: format!("{}, response {status}", context.used_by).into(),
        ..context.clone()
    }
}

/// The range that a status lies in, such as `2XX`. `default` stands for errors nobody named.
fn covering<'m, 'a>(
    statuses: &'m BTreeMap<String, Spot<'a>>,
    status: &str,
) -> Option<&'m Spot<'a>> {
    let class = status.get(..1)?;
    let is_status = status.len() == 3 && class.bytes().all(|byte| byte.is_ascii_digit());
    let range = is_status.then(|| statuses.get(&format!("{class}XX")));
    let fallback = (is_status && !is_success(status)).then(|| statuses.get("DEFAULT"));
    range.flatten().or(fallback.flatten())
}

fn is_success(status: &str) -> bool {
    status.starts_with('2') || status.starts_with('1') || status.starts_with('3')
}

fn compare<'a>(comparison: &mut Comparison<'a>, old: &Spot<'a>, new: &Spot<'a>, context: &Context) {
    let before = followed(comparison, old, true);
    let after = followed(comparison, new, false);
    if reference_lost(comparison, &before, &after, context) {
        return;
    }
    compare_headers(comparison, &before, &after, context);
    let places = (Some(&before.pointer), Some(&after.pointer));
    let has_body = |spot: &Spot<'_>| {
        spot.get("content")
            .is_some_and(|c| c.entries().next().is_some())
    };
    match (has_body(&before), has_body(&after)) {
        (false, true) => {
            let why = "the response has a body now";
            comparison.report(
                context,
                "response-body-added",
                Effect::Harmless,
                places,
                why,
            );
        }
        (true, _) => {
            content::compare(
                comparison,
                &before,
                &after,
                context,
                content::Chosen::ByReader,
            );
        }
        (false, false) => {}
    }
    if before.value.get("links") != after.value.get("links") {
        let why = "the links to other operations changed";
        comparison.report(context, "links-changed", Effect::Risky, places, why);
    }
    unknown::tell(comparison, context, &before, &after, unknown::RESPONSE);
}

fn compare_headers<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let headers = |comparison: &Comparison<'a>, spot: &Spot<'a>, is_baseline| {
        let headers = spot.get("headers");
        let all = headers.iter().flat_map(Spot::entries);
        all.map(|(name, spot)| {
            (
                name.to_ascii_lowercase(),
                followed(comparison, &spot, is_baseline),
            )
        })
        .collect::<BTreeMap<String, Spot<'a>>>()
    };
    let before = headers(comparison, old, true);
    let after = headers(comparison, new, false);
    for (name, header) in &before {
        let context = Context {
            used_by: format!("{}, header {name}", context.used_by).into(),
            ..context.clone()
        };
        let Some(candidate) = after.get(name) else {
            let places = (Some(&header.pointer), Some(&new.pointer));
            let (rule, effect, why) = if header.is_true("required") {
                (
                    "required-header-removed",
                    Effect::Incomparable,
                    "the header was always there",
                )
            } else {
                (
                    "header-removed",
                    Effect::Risky,
                    "the header is no longer declared",
                )
            };
            comparison.report(&context, rule, effect, places, why);
            continue;
        };
        compare_header(comparison, header, candidate, &context);
    }
    for (name, header) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let places = (Some(&old.pointer), Some(&header.pointer));
        let why = format!("the header {name} is declared now");
        comparison.report(context, "header-added", Effect::Harmless, places, why);
    }
}

fn compare_header<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    if reference_lost(comparison, old, new, context) {
        return;
    }
    let places = (Some(&old.pointer), Some(&new.pointer));
    lifecycle::compare(comparison, old, new, context);
    parameter::compare_writing(comparison, old, new, context);
    match (old.is_true("required"), new.is_true("required")) {
        (true, false) => {
            let why = "the header was always there and may be missing now";
            comparison.report(
                context,
                "header-became-optional",
                Effect::Widened,
                places,
                why,
            );
        }
        (false, true) => {
            let why = "the header is always there now";
            comparison.report(
                context,
                "header-became-required",
                Effect::Narrowed,
                places,
                why,
            );
        }
        (true, true) | (false, false) => {}
    }
    match (old.get("schema"), new.get("schema")) {
        (Some(before), Some(after)) => comparison.queue(before, after, context.clone()),
        (None, None) => content::compare(comparison, old, new, context, content::Chosen::ByReader),
        (None, Some(_)) => {
            let why = "the header has a schema now";
            comparison.report(context, "schema-added", Effect::Narrowed, places, why);
        }
        (Some(_), None) => {
            let why = "the header had a schema";
            comparison.report(context, "schema-dropped", Effect::Widened, places, why);
        }
    }
    unknown::tell(comparison, context, old, new, unknown::PARAMETER);
}
