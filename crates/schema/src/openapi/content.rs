//! Media types of bodies and parameters, and the schema of each.

use super::unknown;
use crate::finding::{Context, Effect};
use crate::json_schema::{Comparison, Spot};

/// Who chooses among several media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Whoever writes the body: a request.
    BySender,
    /// Whoever asks for it, with `Accept`: a response.
    ByReader,
}

pub(super) fn compare<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
    chosen: Chosen,
) {
    let types = |spot: &Spot<'a>| -> Vec<(String, Spot<'a>)> {
        let entries = spot.get("content");
        let all = entries.iter().flat_map(Spot::entries);
        all.map(|(name, spot)| (normal(name), spot)).collect()
    };
    let (before, mut after) = (types(old), types(new));
    let mut lost = Vec::new();
    for (name, spot) in before {
        match after.iter().position(|(other, _)| *other == name) {
            Some(at) => {
                let (_, candidate) = after.remove(at);
                compare_one(comparison, &spot, &candidate, &of_type(context, &name));
            }
            None => lost.push((name, spot)),
        }
    }
    for (name, spot) in lost {
        let context = of_type(context, &name);
        let related = after
            .iter()
            .position(|(other, _)| covers(other, &name) || covers(&name, other));
        let Some((other, candidate)) = related.map(|at| after.remove(at)) else {
            let effect = match chosen {
                Chosen::BySender => Effect::Narrowed,
                Chosen::ByReader => Effect::Incomparable,
            };
            let places = (Some(&spot.pointer), Some(&new.pointer));
            let why = format!("{name} is no longer offered");
            comparison.report(&context, "media-type-removed", effect, places, why);
            continue;
        };
        let places = (Some(&spot.pointer), Some(&candidate.pointer));
        let why = format!("the media type was {name} and is {other}");
        let (rule, effect) = if covers(&other, &name) {
            ("media-type-generalized", Effect::Widened)
        } else {
            ("media-type-specialized", Effect::Narrowed)
        };
        comparison.report(&context, rule, effect, places, why);
        compare_one(comparison, &spot, &candidate, &context);
    }
    for (name, spot) in after {
        let effect = match chosen {
            Chosen::BySender => Effect::Widened,
            Chosen::ByReader => Effect::Harmless,
        };
        let places = (Some(&old.pointer), Some(&spot.pointer));
        let why = format!("{name} is offered now");
        comparison.report(
            &of_type(context, &name),
            "media-type-added",
            effect,
            places,
            why,
        );
    }
}

fn of_type(context: &Context, name: &str) -> Context {
    Context {
        used_by: format!("{} as {name}", context.used_by).into(),
        ..context.clone()
    }
}

fn compare_one<'a>(
    comparison: &mut Comparison<'a>,
    old: &Spot<'a>,
    new: &Spot<'a>,
    context: &Context,
) {
    let places = (Some(&old.pointer), Some(&new.pointer));
    match (old.get("schema"), new.get("schema")) {
        (None, None) => {}
        (Some(before), Some(after)) => comparison.queue(before, after, context.clone()),
        (None, Some(_)) => {
            let why = "the body must match a schema now";
            comparison.report(context, "schema-added", Effect::Narrowed, places, why);
        }
        (Some(_), None) => {
            let why = "the body had to match a schema and may be anything now";
            comparison.report(context, "schema-dropped", Effect::Widened, places, why);
        }
    }
    if old.value.get("encoding") != new.value.get("encoding") {
        let why = "how the parts of the body are written changed";
        comparison.report(context, "encoding-changed", Effect::Risky, places, why);
    }
    unknown::tell(comparison, context, old, new, unknown::MEDIA_TYPE);
}

/// A media type as it is compared: no case, no blanks, parameters in order.
fn normal(name: &str) -> String {
    let mut parts: Vec<String> = name
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase())
        .filter(|part| !part.is_empty())
        .collect();
    if let Some(parameters) = parts.get_mut(1..) {
        parameters.sort();
    }
    parts.join("; ")
}

/// Whether the first media type takes in the second: `*/*`, `application/*`, a structured suffix
/// (`application/xml` takes in `application/problem+xml`), or the same without parameters.
fn covers(general: &str, special: &str) -> bool {
    let (general, special) = (general.trim(), special.trim());
    if general == special || general.contains(';') {
        return false;
    }
    let special_type = special.split(';').next().unwrap_or(special).trim();
    if general == special_type || general == "*/*" {
        return true;
    }
    let (Some((kind, name)), Some((special_kind, special_name))) =
        (general.split_once('/'), special_type.split_once('/'))
    else {
        return false;
    };
    let by_suffix = special_name
        .rsplit_once('+')
        .is_some_and(|(_, suffix)| suffix == name);
    kind == special_kind && (name == "*" || by_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_a_suffix_and_a_lack_of_parameters_take_in_more() {
        for (general, special, does) in [
            ("*/*", "application/json", true),
            ("application/*", "application/json", true),
            ("application/xml", "application/problem+xml", true),
            ("application/json", "application/json; charset=utf-8", true),
            ("text/*", "application/json", false),
            ("application/json", "application/xml", false),
            ("application/json", "application/json", false),
        ] {
            assert_eq!(covers(general, special), does, "{general} {special}");
        }
        assert_eq!(
            normal("Application/JSON;  b=1; A=2"),
            "application/json; a=2; b=1"
        );
    }
}
