//! The lines on which JSON pointers lie, so that a finding can be shown where it is.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser};

use crate::text;

/// A container on the way to where the reader stands.
struct Level {
    pointer: String,
    /// The key that was read last, or how many elements were.
    step: Step,
}

enum Step {
    Element(usize),
    BeforeKey,
    Key(String),
}

/// The lines, counted from 1, of those `pointers` that the text has. JSON is read as the YAML it
/// is. A text that cannot be read so has no lines.
pub fn of(bytes: &[u8], pointers: &BTreeSet<&str>) -> BTreeMap<String, u64> {
    let mut lines = BTreeMap::new();
    let Ok(text) = text(bytes) else {
        return lines;
    };
    let mut levels: Vec<Level> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else {
            return lines;
        };
        let line = span.start.line() as u64;
        match event {
            Event::Scalar(text, ..) => {
                let at_key = levels
                    .last_mut()
                    .filter(|level| matches!(level.step, Step::BeforeKey));
                if let Some(level) = at_key {
                    let escaped = text.replace('~', "~0").replace('/', "~1");
                    let pointer = format!("{}/{escaped}", level.pointer);
                    if pointers.contains(pointer.as_str()) {
                        lines.entry(pointer).or_insert(line);
                    }
                    level.step = Step::Key(escaped);
                } else {
                    note(&pointer_of(&levels), line, pointers, &mut lines);
                    value_ended(&mut levels);
                }
            }
            Event::Alias(_) => value_ended(&mut levels),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let pointer = pointer_of(&levels);
                note(&pointer, line, pointers, &mut lines);
                let step = if matches!(event, Event::SequenceStart(..)) {
                    Step::Element(0)
                } else {
                    Step::BeforeKey
                };
                levels.push(Level { pointer, step });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                levels.pop();
                value_ended(&mut levels);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        if lines.len() == pointers.len() {
            break;
        }
    }
    lines
}

fn note(pointer: &str, line: u64, wanted: &BTreeSet<&str>, lines: &mut BTreeMap<String, u64>) {
    if wanted.contains(pointer) {
        lines.entry(pointer.to_owned()).or_insert(line);
    }
}

/// The pointer of the value that starts now.
fn pointer_of(levels: &[Level]) -> String {
    match levels.last() {
        None => String::new(),
        Some(level) => match &level.step {
            Step::Element(index) => format!("{}/{index}", level.pointer),
            Step::Key(key) => format!("{}/{key}", level.pointer),
            Step::BeforeKey => level.pointer.clone(),
        },
    }
}

fn value_ended(levels: &mut [Level]) {
    if let Some(level) = levels.last_mut() {
        level.step = match &level.step {
            Step::Element(index) => Step::Element(index + 1),
            Step::Key(_) | Step::BeforeKey => Step::BeforeKey,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_the_line_of_its_key_in_yaml_and_in_json() {
        let yaml =
            "openapi: 3.0.3\npaths:\n  /a/{b}:\n    get:\n      tags:\n      - x\n      - y\n";
        let json = "{\n \"openapi\": \"3.0.3\",\n \"paths\": {\n  \"/a/{b}\": {\n   \"get\": {\"tags\": [\"x\",\n \"y\"]}}}}";
        let wanted = ["", "/paths/~1a~1{b}", "/paths/~1a~1{b}/get/tags/1", "/none"];
        let wanted: BTreeSet<&str> = wanted.into_iter().collect();
        let lines = |text: &str| {
            of(text.as_bytes(), &wanted)
                .into_values()
                .collect::<Vec<u64>>()
        };
        assert_eq!(lines(yaml), [1, 3, 7]);
        assert_eq!(lines(json), [1, 4, 6]);
    }
}
