//! Tables: columns with types, as Parquet and Arrow files describe them. Readers ask for columns by name.

use std::collections::BTreeMap;

use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::pointer::Pointer;

/// A column, or a group of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type in words, such as `int64` or `group`.
    pub(crate) kind: String,
    /// What the type means, such as `DECIMAL(10, 2)`; empty when it says nothing more.
    pub(crate) meaning: String,
    pub(crate) occurs: Occurs,
    pub(crate) children: Vec<Column>,
}

/// How often a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurs {
    Once,
    AtMostOnce,
    Many,
}

/// Types that take in others.
const TAKES_IN: &[(&str, &str)] = &[
    ("int64", "int32"),
    ("int64", "int16"),
    ("int64", "int8"),
    ("int32", "int16"),
    ("int32", "int8"),
    ("int16", "int8"),
    ("uint64", "uint32"),
    ("uint64", "uint16"),
    ("uint64", "uint8"),
    ("uint32", "uint16"),
    ("uint32", "uint8"),
    ("uint16", "uint8"),
    ("double", "float"),
    ("double", "halffloat"),
    ("float", "halffloat"),
];

/// Compares the columns of two tables.
pub(crate) fn compare(old: &[Column], new: &[Column], direction: SchemaDirection) -> Findings {
    let mut findings = Findings::default();
    let mut levels = vec![(Pointer::root(), old, new)];
    let context = Context::new(direction, "");
    while let Some((place, old, new)) = levels.pop() {
        let after: BTreeMap<&str, &Column> = new.iter().map(|c| (c.name.as_str(), c)).collect();
        let before: BTreeMap<&str, &Column> = old.iter().map(|c| (c.name.as_str(), c)).collect();
        if after.len() != new.len() || before.len() != old.len() {
            let why = "not compared: two columns have one name";
            let places = (Some(&place), Some(&place));
            findings.report(&context, "not-compared", Effect::Undecided, places, why);
        }
        for column in old {
            let at = place.key(&column.name);
            match after.get(column.name.as_str()) {
                Some(other) => {
                    compare_column(&mut findings, &context, column, other, &at);
                    levels.push((at, &column.children, &other.children));
                }
                None => {
                    let why = format!("readers of `{}` no longer find it", column.name);
                    let places = (Some(&at), Some(&place));
                    let effect = Effect::Incomparable;
                    findings.report(&context, "column-removed", effect, places, why);
                }
            }
        }
        for column in new
            .iter()
            .filter(|column| !before.contains_key(column.name.as_str()))
        {
            let at = place.key(&column.name);
            let places = (Some(&place), Some(&at));
            // Whoever reads old files by the new schema finds nothing there.
            let (effect, why) = if column.occurs == Occurs::Once {
                let why = format!(
                    "`{}` is new and always there; old files lack it",
                    column.name
                );
                (Effect::Narrowed, why)
            } else {
                (
                    Effect::Harmless,
                    format!("`{}` is new and may be missing", column.name),
                )
            };
            findings.report(&context, "column-added", effect, places, why);
        }
    }
    findings
}

fn compare_column(
    findings: &mut Findings,
    context: &Context,
    old: &Column,
    new: &Column,
    at: &Pointer,
) {
    let places = (Some(at), Some(at));
    if old.kind != new.kind {
        let takes_in = |wide: &str, narrow: &str| TAKES_IN.contains(&(wide, narrow));
        let effect = if takes_in(&new.kind, &old.kind) {
            Effect::Widened
        } else if takes_in(&old.kind, &new.kind) {
            Effect::Narrowed
        } else {
            Effect::Incomparable
        };
        let why = format!("the type was {} and is {}", old.kind, new.kind);
        findings.report(context, "column-type-changed", effect, places, why);
    }
    if old.meaning != new.meaning {
        let shown = |text: &str| {
            if text.is_empty() {
                "nothing more".to_owned()
            } else {
                text.to_owned()
            }
        };
        let why = format!(
            "the type meant {} and means {}",
            shown(&old.meaning),
            shown(&new.meaning)
        );
        let effect = Effect::Incomparable;
        findings.report(context, "column-meaning-changed", effect, places, why);
    }
    let (effect, why) = match (old.occurs, new.occurs) {
        (Occurs::Once, Occurs::AtMostOnce) => (Effect::Widened, "it may be missing now"),
        (Occurs::AtMostOnce, Occurs::Once) => (Effect::Narrowed, "it is always there now"),
        (Occurs::Many, Occurs::Once | Occurs::AtMostOnce)
        | (Occurs::Once | Occurs::AtMostOnce, Occurs::Many) => (
            Effect::Incomparable,
            "it was one value or many, and is the other",
        ),
        (Occurs::Once, Occurs::Once)
        | (Occurs::AtMostOnce, Occurs::AtMostOnce)
        | (Occurs::Many, Occurs::Many) => return,
    };
    findings.report(context, "column-presence-changed", effect, places, why);
}
