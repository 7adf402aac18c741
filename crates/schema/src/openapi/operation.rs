//! Path items and their operations: which methods there are, and what each asks and answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::unknown;
use super::{
    content, followed, lifecycle, operations, parameter, reference_lost, response, security,
};
use crate::finding::{Context, Effect, SchemaDirection};
use crate::json_schema::{Comparison, Spot};

/// Who calls whom, and which half of the exchange was asked about.
pub(super) struct Exchange<'p> {
    pub(super) asked: SchemaDirection,
    /// Whether the service is the one that calls, as in webhooks and callbacks.
    pub(super) from_service: bool,
    /// The path as each side writes it.
    pub(super) paths: (&'p str, &'p str),
}

impl Exchange<'_> {
    /// The direction of what the caller of the operation sends, when it was asked about.
    fn sent(&self) -> Option<SchemaDirection> {
        let direction = if self.from_service {
            SchemaDirection::Response
        } else {
            SchemaDirection::Request
        };
        self.covers(direction).then_some(direction)
    }

    /// The direction of what the operation answers, when it was asked about.
    fn answered(&self) -> Option<SchemaDirection> {
        let direction = if self.from_service {
            SchemaDirection::Request
        } else {
            SchemaDirection::Response
        };
        self.covers(direction).then_some(direction)
    }

    fn covers(&self, direction: SchemaDirection) -> bool {
        self.asked == SchemaDirection::Both || self.asked == direction
    }
}

pub(super) fn compare_item<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    exchange: &Exchange<'_>,
) {
    let before = followed(comparison, old, true);
    let after = followed(comparison, new, false);
    let context = Context::new(SchemaDirection::Both, exchange.paths.0);
    if reference_lost(comparison, &before, &after, &context) {
        return;
    }
    let candidates: BTreeMap<&str, Spot<'a>> =
        operations(comparison, &after, false).into_iter().collect();
    for (method, operation) in operations(comparison, &before, true) {
        let used_by = format!("{} {}", method.to_uppercase(), exchange.paths.0);
        match candidates.get(method) {
            Some(candidate) => {
                let items = (&before, &after);
                compare_operation(
                    comparison,
                    (&operation, candidate),
                    items,
                    exchange,
                    &used_by,
                );
            }
            None => {
                let place = &after.pointer;
                lifecycle::operation_removed(
                    comparison,
                    &operation,
                    place,
                    &used_by,
                    "operation-removed",
                );
            }
        }
    }
    unknown::tell(comparison, &context, &before, &after, unknown::ITEM);
}

fn compare_operation<'a>(
    comparison: &mut Comparison<'a>,
    (old, new): (&Spot<'a>, &Spot<'a>),
    items: (&Spot<'a>, &Spot<'a>),
    exchange: &Exchange<'_>,
    used_by: &str,
) {
    let context = Context::new(SchemaDirection::Both, used_by);
    lifecycle::compare(comparison, old, new, &context);
    let places = (Some(&old.pointer), Some(&new.pointer));
    if old.text("operationId") != new.text("operationId") {
        let name = |spot: &Spot<'a>| spot.text("operationId").unwrap_or("none").to_owned();
        let why = format!(
            "operationId was {} and is {}: generated clients call it otherwise",
            name(old),
            name(new)
        );
        comparison.report(&context, "operation-id-changed", Effect::Risky, places, why);
    }
    if let Some(direction) = exchange.sent() {
        let context = Context::new(direction, used_by);
        parameter::compare_all(comparison, (old, new), items, exchange.paths, &context);
        compare_body(comparison, old, new, &context);
    }
    if let Some(direction) = exchange.answered() {
        response::compare_all(comparison, old, new, &Context::new(direction, used_by));
    }
    security::compare_operation(comparison, old, new, &context);
    compare_callbacks(comparison, old, new, exchange, &context);
    unknown::tell(comparison, &context, old, new, unknown::OPERATION);
}

fn compare_body<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let context = Context {
        used_by: format!("{}, request body", context.used_by).into(),
        ..context.clone()
    };
    let before = old
        .get("requestBody")
        .map(|body| followed(comparison, &body, true));
    let after = new
        .get("requestBody")
        .map(|body| followed(comparison, &body, false));
    match (before, after) {
        (None, None) => {}
        (None, Some(body)) => {
            let places = (Some(&old.pointer), Some(&body.pointer));
            let (rule, effect, why) = if body.is_true("required") {
                (
                    "request-body-added-required",
                    Effect::Narrowed,
                    "a request needs a body now",
                )
            } else {
                (
                    "request-body-added",
                    Effect::Harmless,
                    "a request may have a body now",
                )
            };
            comparison.report(&context, rule, effect, places, why);
        }
        (Some(body), None) => {
            let places = (Some(&body.pointer), Some(&new.pointer));
            let why = "a request has no body any more: what callers send is refused or not read";
            comparison.report(
                &context,
                "request-body-removed",
                Effect::Incomparable,
                places,
                why,
            );
        }
        (Some(before), Some(after)) => compare_bodies(comparison, &before, &after, &context),
    }
}

fn compare_bodies<'a>(
    comparison: &mut Comparison<'a>,
    before: &Spot<'a>,
    after: &Spot<'a>,
    context: &Context,
) {
    if reference_lost(comparison, before, after, context) {
        return;
    }
    let places = (Some(&before.pointer), Some(&after.pointer));
    match (before.is_true("required"), after.is_true("required")) {
        (false, true) => {
            let why = "the body could be left out and no longer can";
            let rule = "request-body-became-required";
            comparison.report(context, rule, Effect::Narrowed, places, why);
        }
        (true, false) => {
            let why = "the body can be left out now";
            let rule = "request-body-became-optional";
            comparison.report(context, rule, Effect::Widened, places, why);
        }
        (true, true) | (false, false) => {}
    }
    content::compare(
        comparison,
        before,
        after,
        context,
        content::Chosen::BySender,
    );
    unknown::tell(comparison, context, before, after, unknown::BODY);
}

fn compare_callbacks<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    exchange: &Exchange<'_>,
    context: &Context,
) {
    let candidates: BTreeMap<&str, Spot<'a>> = new
        .get("callbacks")
        .iter()
        .flat_map(Spot::entries)
        .collect();
    for (name, before) in old.get("callbacks").iter().flat_map(Spot::entries) {
        let Some(after) = candidates.get(name) else {
            let places = (Some(&before.pointer), Some(&new.pointer));
            let why = format!("whoever waits for the callback {name} will wait in vain");
            comparison.report(
                context,
                "callback-removed",
                Effect::Incomparable,
                places,
                why,
            );
            continue;
        };
        let (before, after) = (
            followed(comparison, &before, true),
            followed(comparison, after, false),
        );
        if reference_lost(comparison, &before, &after, context) {
            continue;
        }
        let targets: BTreeMap<&str, Spot<'a>> = after.entries().collect();
        for (expression, item) in before.entries().filter(|(_, item)| item.value.is_object()) {
            match targets.get(expression) {
                Some(target) if target.value != &Value::Null => {
                    let called = Exchange {
                        asked: exchange.asked,
                        from_service: !exchange.from_service,
                        paths: (expression, expression),
                    };
                    compare_item(comparison, &item, target, &called);
                }
                Some(_) | None => {
                    let places = (Some(&item.pointer), Some(&after.pointer));
                    let why = format!("the callback no longer goes to {expression}");
                    comparison.report(
                        context,
                        "callback-removed",
                        Effect::Incomparable,
                        places,
                        why,
                    );
                }
            }
        }
    }
}
