//! Two arrays: element by element, or as sets where order means nothing.

use std::collections::BTreeMap;

use crate::difference::{ShadowKind, Walk};
use crate::record::Value;
use crate::tape::Shape;

pub(crate) fn compare(walk: &mut Walk<'_>, baseline: Value<'_>, candidate: Value<'_>) {
    let ours: Vec<Value<'_>> = baseline.children().collect();
    let theirs: Vec<Value<'_>> = candidate.children().collect();
    let is_set = walk.rules.unordered.contains(walk.paths.here());
    if !is_length_accepted(walk, ours.len(), theirs.len()) {
        walk.find(ShadowKind::Length, None);
    }
    let (ours_left, theirs_left) = without_partners(&ours, &theirs);
    if ours_left.is_empty() && theirs_left.is_empty() {
        if !is_set
            && ours
                .iter()
                .zip(&theirs)
                .any(|(one, other)| form(*one) != form(*other))
        {
            walk.find(ShadowKind::Order, None);
        }
        return;
    }
    let back = walk.paths.enter_elements();
    let pairs = if is_set {
        ours_left.iter().zip(&theirs_left)
    } else {
        ours.iter().zip(&theirs)
    };
    for (one, other) in pairs {
        walk.values(*one, *other);
    }
    walk.paths.leave(back);
}

/// A tolerance at an array is about its length.
fn is_length_accepted(walk: &Walk<'_>, ours: usize, theirs: usize) -> bool {
    let tolerance = walk.rules.tolerances.get(walk.paths.here());
    let gap = ours.abs_diff(theirs) as f64 / ours.max(theirs).max(1) as f64;
    gap <= tolerance.copied().unwrap_or(0.0)
}

/// The elements of each that the other lacks, each element matched once.
fn without_partners<'a, 'b>(
    ours: &[Value<'a>],
    theirs: &[Value<'b>],
) -> (Vec<Value<'a>>, Vec<Value<'b>>) {
    let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for other in theirs {
        *counts.entry(form(*other)).or_default() += 1;
    }
    let mut ours_left = Vec::new();
    for one in ours {
        match counts.get_mut(&form(*one)) {
            Some(count) if *count > 0 => *count -= 1,
            Some(_) | None => ours_left.push(*one),
        }
    }
    let mut theirs_left = Vec::new();
    for other in theirs.iter().rev() {
        if let Some(count) = counts.get_mut(&form(*other))
            && *count > 0
        {
            *count -= 1;
            theirs_left.push(*other);
        }
    }
    theirs_left.reverse();
    (ours_left, theirs_left)
}

/// A value without blanks, escapes and the order of keys: equal for equal values. Numbers stay as
/// they are written.
fn form(value: Value<'_>) -> Vec<u8> {
    let mut form = Vec::new();
    write_form(value, &mut form);
    form
}

fn write_form(value: Value<'_>, form: &mut Vec<u8>) {
    match value.shape() {
        Shape::Null | Shape::True | Shape::False | Shape::Number => {
            form.extend_from_slice(value.raw());
        }
        Shape::Text { .. } => {
            let text = value.text();
            form.extend_from_slice(format!("{:?}", text.as_ref()).as_bytes());
        }
        Shape::Array => {
            form.push(b'[');
            for child in value.children() {
                write_form(child, form);
                form.push(b',');
            }
            form.push(b']');
        }
        Shape::Object => {
            let mut members: Vec<(String, Vec<u8>)> = value
                .members()
                .map(|(key, value)| (format!("{:?}", key.text().as_ref()), self::form(value)))
                .collect();
            members.sort();
            form.push(b'{');
            for (key, value) in members {
                form.extend_from_slice(key.as_bytes());
                form.push(b':');
                form.extend_from_slice(&value);
                form.push(b',');
            }
            form.push(b'}');
        }
    }
}
