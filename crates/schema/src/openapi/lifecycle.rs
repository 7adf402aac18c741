//! Deprecation, sunset and stability of operations, parameters and properties.

use serde_json::Value;

use crate::finding::{Context, Effect, SchemaDirection};
use crate::json_schema::{Comparison, Spot};
use crate::pointer::Pointer;
use crate::sunset_day::SunsetDay;

/// From the least promise to the greatest.
const STABILITIES: &[&str] = &["draft", "alpha", "beta", "stable"];

/// What is said about the day on which something goes.
enum Sunset {
    Missing,
    Unreadable(String),
    On(SunsetDay),
}

fn sunset(spot: &Spot<'_>) -> Sunset {
    match spot.value.get("x-sunset") {
        None => Sunset::Missing,
        Some(Value::String(text)) => {
            SunsetDay::parse(text).map_or_else(|| Sunset::Unreadable(text.clone()), Sunset::On)
        }
        Some(other) => Sunset::Unreadable(other.to_string()),
    }
}

/// Compares what both sides promise about how long this stays.
pub(crate) fn compare<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let places = (Some(&old.pointer), Some(&new.pointer));
    match (old.is_true("deprecated"), new.is_true("deprecated")) {
        (false, false) => {}
        (true, false) => {
            let why = "it is no longer deprecated";
            comparison.report(context, "reactivated", Effect::Harmless, places, why);
        }
        (false, true) => newly_deprecated(comparison, new, places, context),
        (true, true) => still_deprecated(comparison, old, new, context),
    }
    compare_stability(comparison, old, new, context);
}

fn newly_deprecated(
    comparison: &mut Comparison<'_>,
    new: &Spot<'_>,
    places: (Option<&Pointer>, Option<&Pointer>),
    context: &Context,
) {
    let earliest = comparison.today.plus(comparison.sunset_days);
    let (rule, effect, why) = match sunset(new) {
        Sunset::Missing if comparison.sunset_days > 0 => (
            "sunset-missing",
            Effect::Incomparable,
            "it is deprecated without an x-sunset that says until when it stays".to_owned(),
        ),
        Sunset::Missing => (
            "deprecated",
            Effect::Harmless,
            "it is deprecated".to_owned(),
        ),
        Sunset::Unreadable(text) => (
            "sunset-unreadable",
            Effect::Incomparable,
            format!("its x-sunset {text} is no day"),
        ),
        Sunset::On(day) if day < earliest => (
            "sunset-too-early",
            Effect::Incomparable,
            format!("its sunset is {day}, before {earliest}"),
        ),
        Sunset::On(day) => (
            "deprecated",
            Effect::Harmless,
            format!("it is deprecated until {day}"),
        ),
    };
    comparison.report(context, rule, effect, places, why);
}

fn still_deprecated(
    comparison: &mut Comparison<'_>,
    old: &Spot<'_>,
    new: &Spot<'_>,
    context: &Context,
) {
    let places = (Some(&old.pointer), Some(&new.pointer));
    let earliest = comparison.today.plus(comparison.sunset_days);
    let (rule, why) = match (sunset(old), sunset(new)) {
        (Sunset::On(_) | Sunset::Unreadable(_), Sunset::Missing) => (
            "sunset-removed",
            "its sunset was promised and is no longer".to_owned(),
        ),
        (Sunset::Unreadable(before), Sunset::Unreadable(after)) if before == after => return,
        (_, Sunset::Unreadable(text)) => (
            "sunset-unreadable",
            format!("its x-sunset {text} is no day"),
        ),
        (Sunset::On(before), Sunset::On(after)) if after < before => (
            "sunset-too-early",
            format!("its sunset was {before} and is {after}"),
        ),
        (Sunset::On(before), Sunset::On(after)) if after != before && after < earliest => (
            "sunset-too-early",
            format!("its sunset moved to {after}, before {earliest}"),
        ),
        (Sunset::Missing | Sunset::Unreadable(_), Sunset::On(after)) if after < earliest => (
            "sunset-too-early",
            format!("its sunset is {after}, before {earliest}"),
        ),
        (Sunset::Missing, Sunset::Missing)
        | (Sunset::On(_) | Sunset::Missing | Sunset::Unreadable(_), Sunset::On(_)) => return,
    };
    comparison.report(context, rule, Effect::Incomparable, places, why);
}

fn compare_stability(
    comparison: &mut Comparison<'_>,
    old: &Spot<'_>,
    new: &Spot<'_>,
    context: &Context,
) {
    const KEYWORD: &str = "x-stability-level";
    let places = (Some(&old.pointer), Some(&new.pointer));
    let rank = |level: &str| STABILITIES.iter().position(|&known| known == level);
    let told = |spot: &Spot<'_>| spot.value.get(KEYWORD).cloned();
    let (before, after) = (told(old), told(new));
    if before == after {
        return;
    }
    let level = |value: &Option<Value>| match value {
        None => Some(STABILITIES.len() - 1),
        Some(Value::String(level)) => rank(level),
        Some(_) => None,
    };
    let (rule, effect, why) = match (level(&before), level(&after)) {
        (_, None) => {
            let shown = after.map(|value| value.to_string()).unwrap_or_default();
            let why = format!("{KEYWORD} {shown} is none of draft, alpha, beta, stable");
            ("stability-unknown", Effect::Incomparable, why)
        }
        (Some(one), Some(other)) if other < one => (
            "stability-decreased",
            Effect::Incomparable,
            format!("it was {} and is {}", STABILITIES[one], STABILITIES[other]),
        ),
        (Some(one), Some(other)) if other > one => (
            "stability-increased",
            Effect::Harmless,
            format!("it was {} and is {}", STABILITIES[one], STABILITIES[other]),
        ),
        (Some(_) | None, Some(_)) => return,
    };
    comparison.report(context, rule, effect, places, why);
}

/// An operation is gone: harmless once its sunset has passed, or when it was deprecated without one.
pub(super) fn operation_removed(
    comparison: &mut Comparison<'_>,
    operation: &Spot<'_>,
    place: &Pointer,
    used_by: &str,
    rule: &'static str,
) {
    let context = Context::new(SchemaDirection::Both, used_by);
    let (rule, effect, why) = removal(comparison, operation, rule, "the operation");
    let places = (Some(&operation.pointer), Some(place));
    comparison.report(&context, rule, effect, places, why);
}

/// What it means that something is gone.
pub(super) fn removal(
    comparison: &Comparison<'_>,
    gone: &Spot<'_>,
    rule: &'static str,
    what: &str,
) -> (&'static str, Effect, String) {
    if !gone.is_true("deprecated") {
        return (
            rule,
            Effect::Incomparable,
            format!("{what} is gone, and was not deprecated"),
        );
    }
    match sunset(gone) {
        Sunset::Missing => (
            "removed-after-deprecation",
            Effect::Harmless,
            format!("{what} is gone, and was deprecated"),
        ),
        Sunset::Unreadable(text) => (
            "sunset-unreadable",
            Effect::Incomparable,
            format!("{what} is gone, and its x-sunset {text} is no day"),
        ),
        Sunset::On(day) if comparison.today < day => (
            "removed-before-sunset",
            Effect::Incomparable,
            format!("{what} is gone, and was to stay until {day}"),
        ),
        Sunset::On(day) => (
            "removed-after-deprecation",
            Effect::Harmless,
            format!("{what} is gone, as it was to be on {day}"),
        ),
    }
}
