//! `enum`, `const` and `default`: the values themselves.

use serde_json::Value;

use super::{Comparison, Pair, Spot};
use crate::finding::Effect;

/// How much of a value a sentence shows.
const SHOWN_CHARS_MAX: usize = 60;

/// A value in a sentence.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text;
    }
    let head: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    format!("{head}…")
}

/// The values that a keyword lists, where it is there.
fn listed<'a>(spot: &Spot<'a>, keyword: &str) -> Option<Vec<&'a Value>> {
    match spot.value.get(keyword) {
        Some(Value::Array(values)) if keyword != "const" => Some(values.iter().collect()),
        Some(value) if keyword == "const" => Some(vec![value]),
        Some(_) | None => None,
    }
}

/// The names of the rules about one keyword.
struct Rules {
    added: &'static str,
    removed: &'static str,
    value_added: &'static str,
    value_removed: &'static str,
}

const ENUM: Rules = Rules {
    added: "became-enum",
    removed: "enum-removed",
    value_added: "enum-value-added",
    value_removed: "enum-value-removed",
};

impl<'a> Comparison<'a> {
    pub(super) fn compare_values(&mut self, pair: &Pair<'a>) {
        self.compare_enum(pair);
        self.compare_const(pair);
        self.compare_extensible(pair);
        self.compare_default(pair);
    }

    fn compare_enum(&mut self, pair: &Pair<'a>) {
        let baseline = listed(&pair.baseline, "enum");
        let candidate = listed(&pair.candidate, "enum");
        let spots = pair.both("enum");
        let (report, why) = match (&baseline, &candidate) {
            (None, None) => return,
            (Some(old), Some(new)) => {
                self.compare_listed(pair, old, new, &ENUM, "enum");
                return;
            }
            (None, Some(new)) => (
                (ENUM.added, Effect::Narrowed),
                format!("only {} values are accepted now", new.len()),
            ),
            (Some(old), None) => (
                (ENUM.removed, Effect::Widened),
                format!(
                    "only {} values were accepted, and now others are too",
                    old.len()
                ),
            ),
        };
        // A constant among the listed values is the smaller set; `const` reports that.
        let (rule, effect) = report;
        let places = (
            Some(
                spots
                    .0
                    .as_ref()
                    .map_or(&pair.baseline.pointer, |spot| &spot.pointer),
            ),
            Some(
                spots
                    .1
                    .as_ref()
                    .map_or(&pair.candidate.pointer, |spot| &spot.pointer),
            ),
        );
        self.report(&pair.context, rule, effect, places, why);
    }

    /// Tells each value that came or went. More than a handful come as one finding.
    fn compare_listed(
        &mut self,
        pair: &Pair<'a>,
        old: &[&Value],
        new: &[&Value],
        rules: &Rules,
        keyword: &str,
    ) {
        let places = (
            pair.baseline.pointer.key(keyword),
            pair.candidate.pointer.key(keyword),
        );
        let both = (Some(&places.0), Some(&places.1));
        let gone: Vec<String> = missing(old, new);
        let come: Vec<String> = missing(new, old);
        if !gone.is_empty() {
            let why = format!(
                "{} no longer accepted: {}",
                are(gone.len()),
                sentence(&gone)
            );
            self.report(
                &pair.context,
                rules.value_removed,
                Effect::Narrowed,
                both,
                why,
            );
        }
        if !come.is_empty() {
            let why = format!("{} accepted now: {}", are(come.len()), sentence(&come));
            self.report(&pair.context, rules.value_added, Effect::Widened, both, why);
        }
    }

    fn compare_const(&mut self, pair: &Pair<'a>) {
        let (rule, effect, why) = match pair.both("const") {
            (None, None) => return,
            (Some(old), Some(new)) if old.value == new.value => return,
            (Some(old), Some(new)) => (
                "const-changed",
                Effect::Incomparable,
                format!(
                    "the only value was {} and is {}",
                    shown(old.value),
                    shown(new.value)
                ),
            ),
            (None, Some(new)) => (
                "const-added",
                Effect::Narrowed,
                format!("only {} is accepted now", shown(new.value)),
            ),
            (Some(old), None) => (
                "const-removed",
                Effect::Widened,
                format!(
                    "only {} was accepted, and now other values are",
                    shown(old.value)
                ),
            ),
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }

    /// `x-extensible-enum`: values that a reader must expect to grow, so only removal breaks.
    fn compare_extensible(&mut self, pair: &Pair<'a>) {
        const KEYWORD: &str = "x-extensible-enum";
        let (Some(old), Some(new)) = (
            listed(&pair.baseline, KEYWORD),
            listed(&pair.candidate, KEYWORD),
        ) else {
            return;
        };
        let gone = missing(&old, &new);
        if !gone.is_empty() {
            let places = (
                pair.baseline.pointer.key(KEYWORD),
                pair.candidate.pointer.key(KEYWORD),
            );
            let why = format!(
                "{} no longer accepted: {}",
                are(gone.len()),
                sentence(&gone)
            );
            let rule = "extensible-enum-value-removed";
            let both = (Some(&places.0), Some(&places.1));
            self.report(&pair.context, rule, Effect::Narrowed, both, why);
        }
    }

    fn compare_default(&mut self, pair: &Pair<'a>) {
        let (rule, why) = match pair.defaults {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (Some(old), Some(new)) => {
                let why = format!(
                    "what is left out meant {} and means {}",
                    shown(old),
                    shown(new)
                );
                ("default-changed", why)
            }
            (None, Some(new)) => (
                "default-added",
                format!("what is left out means {} now", shown(new)),
            ),
            (Some(old), None) => (
                "default-removed",
                format!("what is left out no longer means {}", shown(old)),
            ),
        };
        // Every call without the parameter asks for something else now.
        let effect = if pair.context.is_parameter {
            Effect::Incomparable
        } else {
            Effect::Risky
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }
}

fn missing(from: &[&Value], inside: &[&Value]) -> Vec<String> {
    let gone = from.iter().filter(|value| !inside.contains(value));
    gone.map(|value| shown(value)).collect()
}

fn are(count: usize) -> String {
    if count == 1 {
        "a value is".to_owned()
    } else {
        format!("{count} values are")
    }
}

/// Values in a sentence, and not more of them than one can read.
fn sentence(values: &[String]) -> String {
    const SHOWN_MAX: usize = 8;
    let head = values.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>();
    match values.len().checked_sub(SHOWN_MAX) {
        Some(more) if more > 0 => format!("{} and {more} more", head.join(", ")),
        Some(_) | None => head.join(", "),
    }
}
