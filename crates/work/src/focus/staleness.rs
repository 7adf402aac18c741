//! What is no longer so: a compiled document held against what would be compiled now.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Compiled, FocusLine, FocusSource, Section};

/// A line of the document that would be another one now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum FocusChange {
    /// The line says something else now, or its source does.
    Changed {
        /// Its section.
        section: Section,
        /// What it says in the document.
        was: String,
        /// What it would say.
        now: String,
        /// Where its source is now.
        source: String,
    },
    /// Its source no longer says it.
    Gone {
        /// Its section.
        section: Section,
        /// What it says in the document.
        was: String,
        /// Where its source was.
        source: String,
    },
    /// A source says something that the document does not.
    New {
        /// Its section.
        section: Section,
        /// What it would say.
        now: String,
        /// Where its source is.
        source: String,
    },
}

/// Every line that would be another one now, in the document's order. Lines that a budget cut are
/// no change.
pub fn changes(compiled: &Compiled, fresh: &Compiled) -> Vec<FocusChange> {
    let old = by_subject(compiled);
    let new = by_subject(fresh);
    let mut changes = Vec::new();
    for (key, (line, source)) in &old {
        match new.get(key) {
            Some((now, now_source)) => {
                let same_source = source.map(|one| one.digest) == now_source.map(|one| one.digest);
                if line.lasting != now.lasting || !same_source {
                    changes.push(FocusChange::Changed {
                        section: line.section,
                        was: line.text.clone(),
                        now: now.text.clone(),
                        source: place(*now_source),
                    });
                }
            }
            None => changes.push(FocusChange::Gone {
                section: line.section,
                was: line.text.clone(),
                source: place(*source),
            }),
        }
    }
    for (key, (line, source)) in &new {
        if !old.contains_key(key) {
            changes.push(FocusChange::New {
                section: line.section,
                now: line.text.clone(),
                source: place(*source),
            });
        }
    }
    changes
}

fn place(source: Option<&FocusSource>) -> String {
    source.map_or_else(String::new, |source| source.place.clone())
}

type Subjects<'a> = BTreeMap<(Section, &'a str), (&'a FocusLine, Option<&'a FocusSource>)>;

fn by_subject(compiled: &Compiled) -> Subjects<'_> {
    compiled
        .lines
        .iter()
        .map(|line| {
            let source = compiled
                .sources
                .iter()
                .find(|source| source.label == line.source);
            ((line.section, line.about.as_str()), (line, source))
        })
        .collect()
}
