//! Rows of JSON objects, one a line. Lines of a program look alike, so the text between the
//! values of a line is remembered as a [`Shape`] and the next line is compared with it; a line
//! that fits no shape is read by serde_json. Both roads accept the same lines.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::row_error::RowError;
use super::shape::Shape;
use super::table::{Table, Target};
use super::{refusal, shape};
use crate::FormatError;

/// How many shapes are remembered: a success and a failure, each with and without one more key.
const SHAPES_MAX: usize = 4;

/// What is known of an NDJSON file besides its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct NdjsonRows {
    /// Shapes of lines read, the one that fitted last first.
    shapes: Vec<Shape>,
}

impl NdjsonRows {
    /// Reads whole rows into `table` and counts the lines they take in `lines`. Every line of
    /// `text` is whole, so all of it is read.
    pub(super) fn read(
        &mut self,
        text: &str,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
    ) -> Result<usize, Box<RowError>> {
        let bytes = text.as_bytes();
        let mut at = 0;
        self.shapes.iter_mut().for_each(Shape::restart);
        while at < bytes.len() {
            if let Some(shape) = self.shapes.first_mut() {
                at = shape.read_alike(text, at, table, lines, row_bytes_max);
                if at == bytes.len() {
                    break;
                }
            }
            let line = *lines + 1;
            let next = match self.read_similar(text, at, table, line) {
                Some(next) => next,
                None => self.read_other(text, at, table, line)?,
            };
            // The line end itself is not counted.
            if next - at - 1 > row_bytes_max {
                let error = refusal::line_too_long(line, row_bytes_max);
                return Err(RowError::boxed(at, at, error));
            }
            at = next;
            *lines = line;
        }
        Ok(at)
    }

    /// Reads a line that has the shape of an earlier one; the place after it.
    fn read_similar(
        &mut self,
        text: &str,
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Option<usize> {
        for index in 0..self.shapes.len() {
            if let Some(next) = self.shapes[index].read(text, start, table, line) {
                if index > 0 {
                    self.shapes.swap(0, index);
                }
                return Some(next);
            }
            table.take_row_back();
        }
        None
    }

    /// Reads any line; the place after it.
    fn read_other(
        &mut self,
        text: &str,
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Result<usize, Box<RowError>> {
        let rest = &text[start..];
        let next = start + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let content = &text[start..next];
        if !content.trim_ascii().is_empty() {
            self.read_object(content, table, line)
                .map_err(|error| RowError::boxed(start, start, error))?;
        }
        Ok(next)
    }

    fn read_object(
        &mut self,
        content: &str,
        table: &mut Table,
        line: u64,
    ) -> Result<(), FormatError> {
        let Members(members) = serde_json::from_str(content.trim_ascii_end())
            .map_err(|error| refusal::not_an_object(line, &without_line(&error)))?;
        let mut targets = Vec::with_capacity(members.len());
        for (at, (name, value)) in members.iter().enumerate() {
            if members[..at].iter().any(|(before, _)| before == name) {
                return Err(refusal::repeated_key(line, name));
            }
            let target = table.target_of(name, line)?;
            push(target, value.get(), table, line)?;
            targets.push(target);
        }
        let filled = targets
            .iter()
            .filter(|&&target| target != Target::Ignored)
            .count();
        table.end_row(filled == table.width(), line)?;
        let values = members.iter().map(|(_, value)| value.get());
        if let Some(shape) = Shape::of(content, values, &targets) {
            self.shapes.truncate(SHAPES_MAX - 1);
            self.shapes.insert(0, shape);
        }
        Ok(())
    }
}

fn push(target: Target, value: &str, table: &mut Table, line: u64) -> Result<(), FormatError> {
    match value.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(value)
                .map_err(|error| refusal::not_an_object(line, &without_line(&error)))?;
            table.push_word(target, &text, line)
        }
        Some(b'n') => table.push_missing(target, line),
        Some(first) if shape::starts_number(*first) => table.push_text(target, value, line),
        Some(_) | None => table.push_word(target, value, line),
    }
}

/// The error in words, with its column but without "line 1", which would be misread.
fn without_line(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let what = words.split(" at line ").next().unwrap_or_default();
    match error.column() {
        0 => what.to_owned(),
        column => format!("{what} (column {column})"),
    }
}

/// The members of an object in the order of the text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
