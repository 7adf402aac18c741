//! Limits: least and greatest numbers, lengths and counts, and `multipleOf`.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::types::Types;
use super::{Comparison, Dialect, Pair, Spot};
use crate::finding::Effect;

/// A keyword that bounds a count, and its rules.
struct Limit {
    keyword: &'static str,
    of: Types,
    is_least: bool,
    /// What counts where the keyword is missing.
    missing: Option<u64>,
    added: &'static str,
    removed: &'static str,
    increased: &'static str,
    decreased: &'static str,
}

const LIMITS: &[Limit] = &[
    Limit {
        keyword: "minLength",
        of: Types::STRING,
        is_least: true,
        missing: None,
        added: "min-length-added",
        removed: "min-length-removed",
        increased: "min-length-increased",
        decreased: "min-length-decreased",
    },
    Limit {
        keyword: "maxLength",
        of: Types::STRING,
        is_least: false,
        missing: None,
        added: "max-length-added",
        removed: "max-length-removed",
        increased: "max-length-increased",
        decreased: "max-length-decreased",
    },
    Limit {
        keyword: "minItems",
        of: Types::ARRAY,
        is_least: true,
        missing: None,
        added: "min-items-added",
        removed: "min-items-removed",
        increased: "min-items-increased",
        decreased: "min-items-decreased",
    },
    Limit {
        keyword: "maxItems",
        of: Types::ARRAY,
        is_least: false,
        missing: None,
        added: "max-items-added",
        removed: "max-items-removed",
        increased: "max-items-increased",
        decreased: "max-items-decreased",
    },
    Limit {
        keyword: "minProperties",
        of: Types::OBJECT,
        is_least: true,
        missing: None,
        added: "min-properties-added",
        removed: "min-properties-removed",
        increased: "min-properties-increased",
        decreased: "min-properties-decreased",
    },
    Limit {
        keyword: "maxProperties",
        of: Types::OBJECT,
        is_least: false,
        missing: None,
        added: "max-properties-added",
        removed: "max-properties-removed",
        increased: "max-properties-increased",
        decreased: "max-properties-decreased",
    },
];

/// How many elements `contains` must match, which means nothing without it.
const CONTAINED: &[Limit] = &[
    Limit {
        keyword: "minContains",
        of: Types::ARRAY,
        is_least: true,
        missing: Some(1),
        added: "min-contains-added",
        removed: "min-contains-removed",
        increased: "min-contains-increased",
        decreased: "min-contains-decreased",
    },
    Limit {
        keyword: "maxContains",
        of: Types::ARRAY,
        is_least: false,
        missing: None,
        added: "max-contains-added",
        removed: "max-contains-removed",
        increased: "max-contains-increased",
        decreased: "max-contains-decreased",
    },
];

/// One end of a range of numbers.
struct Bound<'a> {
    number: &'a Number,
    /// Whether the number itself lies outside.
    excluded: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn compare_limits(&mut self, pair: &Pair<'a>) {
        for limit in LIMITS.iter().filter(|limit| pair.concerns(limit.of)) {
            self.compare_limit(pair, limit);
        }
        if pair.concerns(Types::NUMBER) {
            self.compare_bounds(pair, true);
            self.compare_bounds(pair, false);
            self.compare_multiples(pair);
        }
    }

    pub(super) fn compare_contained(&mut self, pair: &Pair<'a>) {
        for limit in CONTAINED {
            self.compare_limit(pair, limit);
        }
    }

    fn compare_limit(&mut self, pair: &Pair<'a>, limit: &Limit) {
        let number = |spot: &Spot<'a>| -> Option<Number> {
            let written = spot.value.get(limit.keyword).and_then(Value::as_number);
            written.cloned().or(limit.missing.map(Number::from))
        };
        let (rule, order, why) = match (number(&pair.baseline), number(&pair.candidate)) {
            (None, None) => return,
            (None, Some(new)) => {
                let order = if limit.is_least {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                (
                    limit.added,
                    order,
                    format!("{} is {new} now", limit.keyword),
                )
            }
            (Some(old), None) => {
                let order = if limit.is_least {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                (limit.removed, order, format!("{} was {old}", limit.keyword))
            }
            (Some(old), Some(new)) => {
                let order = compared(&old, &new);
                let rule = match order {
                    Ordering::Less => limit.increased,
                    Ordering::Greater => limit.decreased,
                    Ordering::Equal => return,
                };
                (
                    rule,
                    order,
                    format!("{} was {old} and is {new}", limit.keyword),
                )
            }
        };
        self.report(
            &pair.context,
            rule,
            effect(order, limit.is_least),
            pair.places(),
            why,
        );
    }

    fn compare_bounds(&mut self, pair: &Pair<'a>, is_least: bool) {
        let old = bound(&pair.baseline, self.baseline.dialect, is_least);
        let new = bound(&pair.candidate, self.candidate.dialect, is_least);
        let rules = if is_least {
            [
                "minimum-added",
                "minimum-removed",
                "minimum-increased",
                "minimum-decreased",
            ]
        } else {
            [
                "maximum-added",
                "maximum-removed",
                "maximum-increased",
                "maximum-decreased",
            ]
        };
        let [added, removed, increased, decreased] = rules;
        let word = |bound: &Bound<'_>| match (is_least, bound.excluded) {
            (true, false) => format!("at least {}", bound.number),
            (true, true) => format!("more than {}", bound.number),
            (false, false) => format!("at most {}", bound.number),
            (false, true) => format!("less than {}", bound.number),
        };
        let (rule, order, why) = match (old, new) {
            (None, None) => return,
            (None, Some(new)) => {
                let order = if is_least {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                (added, order, format!("numbers are {} now", word(&new)))
            }
            (Some(old), None) => {
                let order = if is_least {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                (removed, order, format!("numbers were {}", word(&old)))
            }
            (Some(old), Some(new)) => {
                let strictness = if is_least {
                    old.excluded.cmp(&new.excluded)
                } else {
                    new.excluded.cmp(&old.excluded)
                };
                let order = compared(old.number, new.number).then(strictness);
                let rule = match order {
                    Ordering::Less => increased,
                    Ordering::Greater => decreased,
                    Ordering::Equal => return,
                };
                (
                    rule,
                    order,
                    format!("numbers were {} and are {}", word(&old), word(&new)),
                )
            }
        };
        self.report(
            &pair.context,
            rule,
            effect(order, is_least),
            pair.places(),
            why,
        );
    }

    fn compare_multiples(&mut self, pair: &Pair<'a>) {
        let of = |spot: &Spot<'a>| spot.value.get("multipleOf").and_then(Value::as_number);
        let (rule, effect, why) = match (of(&pair.baseline), of(&pair.candidate)) {
            (None, None) => return,
            (None, Some(new)) => (
                "multiple-of-added",
                Effect::Narrowed,
                format!("only multiples of {new} now"),
            ),
            (Some(old), None) => (
                "multiple-of-removed",
                Effect::Widened,
                format!("only multiples of {old} before"),
            ),
            (Some(old), Some(new)) if compared(old, new) == Ordering::Equal => return,
            (Some(old), Some(new)) => {
                let effect = if divides(old, new) {
                    Effect::Narrowed
                } else if divides(new, old) {
                    Effect::Widened
                } else {
                    Effect::Incomparable
                };
                let why = format!("only multiples of {old} before, of {new} now");
                ("multiple-of-changed", effect, why)
            }
        };
        self.report(&pair.context, rule, effect, pair.places(), why);
    }
}

/// What it does that a limit went up (`Less`: the old one is less) or down.
fn effect(order: Ordering, is_least: bool) -> Effect {
    match (order, is_least) {
        (Ordering::Less, true) | (Ordering::Greater, false) => Effect::Narrowed,
        (Ordering::Greater, true) | (Ordering::Less, false) => Effect::Widened,
        (Ordering::Equal, _) => Effect::Harmless,
    }
}

/// The effective end of the range, from both ways of writing it.
fn bound<'a>(spot: &Spot<'a>, dialect: Dialect, is_least: bool) -> Option<Bound<'a>> {
    let (inclusive, exclusive) = if is_least {
        ("minimum", "exclusiveMinimum")
    } else {
        ("maximum", "exclusiveMaximum")
    };
    let number = spot.value.get(inclusive).and_then(Value::as_number);
    let is_flag = matches!(dialect, Dialect::OpenApi30 | Dialect::Draft07);
    let flagged = is_flag && spot.is_true(exclusive);
    let included = number.map(|number| Bound {
        number,
        excluded: flagged,
    });
    let excluded = spot
        .value
        .get(exclusive)
        .and_then(Value::as_number)
        .map(|number| Bound {
            number,
            excluded: true,
        });
    match (included, excluded) {
        (Some(included), Some(excluded)) => {
            let order = compared(included.number, excluded.number);
            let is_tighter = if is_least {
                order == Ordering::Greater
            } else {
                order == Ordering::Less
            };
            Some(if is_tighter { included } else { excluded })
        }
        (one, other) => one.or(other),
    }
}

/// The order of two numbers, exact where both are integers.
pub(super) fn compared(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or(f64::NAN);
            float(one).total_cmp(&float(other))
        }
    }
}

/// Whether every multiple of `multiple` is one of `divisor`, as far as integers can say.
fn divides(divisor: &Number, multiple: &Number) -> bool {
    match (divisor.as_i128(), multiple.as_i128()) {
        (Some(divisor), Some(multiple)) => divisor != 0 && multiple % divisor == 0,
        _ => false,
    }
}
