//! YAML 1.2 as JSON values (core schema), with bounds: depth, nodes, no duplicate keys, one
//! document. Aliases are copied, and what they copy counts.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use crate::{DocumentPlace, Unreadable, lines};

/// As deep as the JSON reader goes.
const DEPTH_MAX: usize = 128;
/// How many values a text may hold, with those that aliases copy: a bomb of aliases stops here.
const NODES_MAX: usize = 2_000_000;

const MEND: &str = "Mend the YAML; yamllint shows such errors.";

/// A container that is still open.
enum Open {
    List(usize, Vec<Value>),
    Object(usize, Map<String, Value>, Option<String>),
}

struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, usize)>,
    root: Option<Value>,
    nodes: usize,
}

/// The value that a YAML text holds.
pub(crate) fn read(text: &str) -> Result<Value, Unreadable> {
    let mut builder = Builder {
        open: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        nodes: 0,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let line = error.marker().line();
            Unreadable::at_line(line, format!("this is not YAML: {}", error.info()), MEND)
        })?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let problem = "a second document starts here";
                return Err(Unreadable::at_line(
                    line_of(span),
                    problem,
                    "Keep one document a file.",
                ));
            }
        }
        builder.take(event, line_of(span))?;
    }
    builder
        .root
        .ok_or_else(|| Unreadable::whole("there is nothing in it", "Give a document."))
}

/// One document of a YAML text.
#[derive(Debug, Clone, PartialEq)]
pub struct YamlPart<'t> {
    /// The line of the text on which it starts, counted from 1.
    pub first_line: usize,
    /// Its own text.
    pub text: &'t str,
    /// What it holds.
    pub value: Value,
}

impl YamlPart<'_> {
    /// The line of the whole text on which a JSON pointer of this document lies; the first one when
    /// it has no such place.
    pub fn line_of(&self, pointer: &str) -> u64 {
        let lines = lines::of(self.text.as_bytes(), &[pointer].into());
        let line = lines.get(pointer).copied().unwrap_or(1);
        self.first_line as u64 + line - 1
    }
}

/// The documents of a YAML text, those that hold nothing left out.
///
/// # Errors
/// When one of them cannot be read; its line is that of the whole text.
pub fn yaml_parts(text: &str) -> Result<Vec<YamlPart<'_>>, Unreadable> {
    let mut parts = Vec::new();
    let (mut first_line, mut start) = (1, 0);
    let mut ends = Vec::new();
    let mut at = 0;
    for (line, content) in (1..).zip(text.split_inclusive('\n')) {
        // Three hyphens in the first column end a document wherever they stand.
        if content.trim_end() == "---" || content.starts_with("--- ") {
            ends.push((line, at));
        }
        at += content.len();
    }
    ends.push((0, text.len()));
    for (line, end) in ends {
        let part = &text[start..end];
        if part.lines().any(is_content) {
            let value = read(part).map_err(|error| moved(error, first_line))?;
            parts.push(YamlPart {
                first_line,
                text: part,
                value,
            });
        }
        (first_line, start) = (line, end);
    }
    Ok(parts)
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !(line.is_empty() || line.starts_with('#') || line == "---")
}

/// The error of a part that starts on `first_line`, as one of the whole text.
fn moved(error: Unreadable, first_line: usize) -> Unreadable {
    match error.place {
        DocumentPlace::Line(line) => Unreadable {
            place: DocumentPlace::Line(line + first_line as u64 - 1),
            ..error
        },
        DocumentPlace::Whole | DocumentPlace::Pointer(_) | DocumentPlace::Byte(_) => error,
    }
}

fn line_of(span: Span) -> usize {
    span.start.line()
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Unreadable> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_key = matches!(self.open.last(), Some(Open::Object(_, _, None)));
                let is_text = style != ScalarStyle::Plain
                    || tag.is_some_and(|tag| tag.suffix == "str" || tag.suffix == "!str");
                let value = if is_key || is_text {
                    Value::String(text.into_owned())
                } else {
                    plain(&text)
                };
                self.place(value, anchor, line)
            }
            Event::Alias(anchor) => {
                let Some((value, nodes)) = self.anchors.get(&anchor).cloned() else {
                    let problem = "this alias stands inside what it names";
                    return Err(Unreadable::at_line(line, problem, MEND));
                };
                self.count(nodes, line)?;
                self.place(value, 0, line)
            }
            Event::SequenceStart(anchor, _) => self.opened(Open::List(anchor, Vec::new()), line),
            Event::MappingStart(anchor, _) => {
                self.opened(Open::Object(anchor, Map::new(), None), line)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(anchor, items)) => self.place(Value::Array(items), anchor, line),
                Some(Open::Object(anchor, map, _)) => self.place(Value::Object(map), anchor, line),
                None => Ok(()),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn opened(&mut self, container: Open, line: usize) -> Result<(), Unreadable> {
        if matches!(self.open.last(), Some(Open::Object(_, _, None))) {
            return Err(Unreadable::at_line(line, "a key must be a text", MEND));
        }
        if self.open.len() >= DEPTH_MAX {
            let problem = format!("it nests deeper than {DEPTH_MAX}");
            return Err(Unreadable::at_line(
                line,
                problem,
                "Use $ref in place of nesting.",
            ));
        }
        self.open.push(container);
        Ok(())
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Unreadable> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            let problem = format!("it holds more than {NODES_MAX} values");
            return Err(Unreadable::at_line(line, problem, "Split it."));
        }
        Ok(())
    }

    fn place(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), Unreadable> {
        self.count(1, line)?;
        if anchor > 0 {
            let nodes = size(&value);
            self.count(nodes, line)?;
            self.anchors.insert(anchor, (value.clone(), nodes));
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(_, items)) => items.push(value),
            Some(Open::Object(_, map, key)) => match key.take() {
                None => match value {
                    Value::String(text) => *key = Some(text),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_) => {
                        return Err(Unreadable::at_line(line, "a key must be a text", MEND));
                    }
                },
                Some(key) => {
                    if map.contains_key(&key) {
                        let problem = format!("the key {key:?} stands here a second time");
                        return Err(Unreadable::at_line(line, problem, "Keep one of the two."));
                    }
                    map.insert(key, value);
                }
            },
        }
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

/// A scalar without quotes, by the core schema of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => u64::from_str_radix(digits, 16).ok().map(Number::from),
        (None, Some(digits)) => u64::from_str_radix(digits, 8).ok().map(Number::from),
        (None, None) => decimal(text),
    };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn decimal(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_well = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !starts_well || !unsigned.chars().all(is_numeric) {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, value) in [
            ("a: 1", json!({"a": 1})),
            ("a: -1.5e3", json!({"a": -1500.0})),
            ("a: '1'", json!({"a": "1"})),
            ("200: yes", json!({"200": "yes"})),
            ("a: ~", json!({"a": null})),
            ("a: [true, 0x10, 1.2.3]", json!({"a": [true, 16, "1.2.3"]})),
            ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
            ("a: 2026-01-31", json!({"a": "2026-01-31"})),
        ] {
            assert_eq!(read(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_would_hide_something_is_refused_with_its_line() {
        for (text, told) in [
            (
                "a: 1\na: 2",
                "line 2: the key \"a\" stands here a second time",
            ),
            ("a: 1\n---\nb: 2", "line 2: a second document starts here"),
            (
                "a: &x [*x]",
                "line 1: this alias stands inside what it names",
            ),
            ("[a]: 1", "line 1: a key must be a text"),
        ] {
            let error = read(text).map_err(|e| format!("{}{}", e.place, e.problem));
            assert_eq!(error, Err(told.to_owned()), "{text}");
        }
        assert!(read("").is_err() && read("a: [").is_err());
    }

    #[test]
    fn documents_are_told_apart_and_keep_their_lines() {
        let text = "# a list\n---\na: 1\n---\n\n--- # the last\nb: |\n  ---\n";
        let parts = yaml_parts(text).unwrap();
        let told: Vec<_> = parts.iter().map(|p| (p.first_line, &p.value)).collect();
        assert_eq!(told, [(2, &json!({"a": 1})), (6, &json!({"b": "---\n"}))]);
        let error = yaml_parts("a: 1\n---\nb: 1\nb: 2\n").unwrap_err();
        assert_eq!(error.place, DocumentPlace::Line(4));
    }

    #[test]
    fn a_bomb_of_aliases_and_a_deep_text_stop() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let above = level - 1;
            bomb.push_str(&format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{above}"); 8].join(", ")
            ));
        }
        assert!(read(&bomb).is_err());
        assert!(read(&format!("a: {}", "[".repeat(200))).is_err());
    }
}
