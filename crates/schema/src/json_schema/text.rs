//! What a text looks like: `pattern`, `format`, and the content inside a text.

use serde_json::Value;

use super::types::Types;
use super::{Comparison, Pair, Spot};
use crate::finding::Effect;

/// Formats, each of which accepts what the one before it accepts.
const GROWING: &[&[&str]] = &[
    &["int32", "int64"],
    &["float", "double"],
    &["email", "idn-email"],
    &["hostname", "idn-hostname"],
    &["uri", "iri"],
    &["uri-reference", "iri-reference"],
    &["uri", "uri-reference"],
];

impl<'a> Comparison<'a> {
    pub(super) fn compare_text(&mut self, pair: &Pair<'a>) {
        self.compare_format(pair);
        if !pair.concerns(Types::STRING) {
            return;
        }
        self.compare_pattern(pair);
        self.compare_content(
            pair,
            "contentMediaType",
            [
                "content-media-type-added",
                "content-media-type-removed",
                "content-media-type-changed",
            ],
        );
        self.compare_content(
            pair,
            "contentEncoding",
            [
                "content-encoding-added",
                "content-encoding-removed",
                "content-encoding-changed",
            ],
        );
        self.compare_optional(
            pair,
            "contentSchema",
            ["content-schema-added", "content-schema-removed"],
        );
    }

    fn compare_pattern(&mut self, pair: &Pair<'a>) {
        let (rule, effect, why) = match (
            pair.baseline.text("pattern"),
            pair.candidate.text("pattern"),
        ) {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (Some(_), Some(new)) if accepts_all(new) => (
                "pattern-changed",
                Effect::Widened,
                format!("any text matches {new} now"),
            ),
            (None, Some(new)) if accepts_all(new) => (
                "pattern-added",
                Effect::Harmless,
                format!("any text matches {new}"),
            ),
            (Some(old), None) if accepts_all(old) => (
                "pattern-removed",
                Effect::Harmless,
                format!("any text matched {old}"),
            ),
            (Some(old), Some(new)) => (
                "pattern-changed",
                Effect::Incomparable,
                format!("texts matched {old} and match {new} now; which matches more is not known"),
            ),
            (None, Some(new)) => (
                "pattern-added",
                Effect::Narrowed,
                format!("texts must match {new} now"),
            ),
            (Some(old), None) => (
                "pattern-removed",
                Effect::Widened,
                format!("texts had to match {old}"),
            ),
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }

    fn compare_format(&mut self, pair: &Pair<'a>) {
        let (rule, effect, why) =
            match (pair.baseline.text("format"), pair.candidate.text("format")) {
                (None, None) => return,
                (Some(old), Some(new)) if old == new => return,
                (Some(old), Some(new)) => {
                    let in_order = |first: &str, second: &str| {
                        GROWING.iter().any(|chain| {
                            let at = |name| chain.iter().position(|&format| format == name);
                            matches!((at(first), at(second)), (Some(one), Some(two)) if one < two)
                        })
                    };
                    let effect = if in_order(old, new) {
                        Effect::Widened
                    } else if in_order(new, old) {
                        Effect::Narrowed
                    } else {
                        Effect::Incomparable
                    };
                    (
                        "format-changed",
                        effect,
                        format!("the format was {old} and is {new}"),
                    )
                }
                (None, Some(new)) => (
                    "format-added",
                    Effect::Narrowed,
                    format!("the format must be {new} now"),
                ),
                (Some(old), None) => (
                    "format-removed",
                    Effect::Widened,
                    format!("the format had to be {old}"),
                ),
            };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }

    fn compare_content(&mut self, pair: &Pair<'a>, keyword: &str, rules: [&'static str; 3]) {
        let [added, removed, changed] = rules;
        let (rule, effect, why) = match (pair.baseline.text(keyword), pair.candidate.text(keyword))
        {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (Some(old), Some(new)) => (
                changed,
                Effect::Incomparable,
                format!("{keyword} was {old} and is {new}"),
            ),
            (None, Some(new)) => (added, Effect::Narrowed, format!("{keyword} is {new} now")),
            (Some(old), None) => (removed, Effect::Widened, format!("{keyword} was {old}")),
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }

    /// A keyword that holds a schema every value must also match: compared, or added, or removed.
    pub(super) fn compare_optional(
        &mut self,
        pair: &Pair<'a>,
        keyword: &str,
        rules: [&'static str; 2],
    ) {
        let [added, removed] = rules;
        let accepts_all =
            |spot: &Option<Spot<'a>>| spot.as_ref().is_none_or(Spot::accepts_everything);
        let (baseline, candidate) = pair.both(keyword);
        match (accepts_all(&baseline), accepts_all(&candidate)) {
            (true, true) => {}
            (false, false) => {
                if let (Some(baseline), Some(candidate)) = (baseline, candidate) {
                    self.queue(baseline, candidate, pair.context.clone());
                }
            }
            (true, false) => {
                let place = candidate.map(|spot| spot.pointer);
                let places = (Some(&pair.baseline.pointer), place.as_ref());
                let why = format!("{keyword} demands more now");
                self.report(&pair.context, added, Effect::Narrowed, places, why);
            }
            (false, true) => {
                let place = baseline.map(|spot| spot.pointer);
                let places = (place.as_ref(), Some(&pair.candidate.pointer));
                let why = format!("{keyword} no longer demands anything");
                self.report(&pair.context, removed, Effect::Widened, places, why);
            }
        }
    }
}

fn accepts_all(pattern: &str) -> bool {
    matches!(pattern, "" | ".*" | "^.*$" | "^" | "$" | "^.*" | ".*$") && !pattern.contains('\n')
}

/// Whether a boolean keyword is set.
pub(super) fn is_set(spot: &Spot<'_>, keyword: &str) -> bool {
    spot.value.get(keyword).and_then(Value::as_bool) == Some(true)
}
