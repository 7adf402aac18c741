//! A TOML text as a value, and the lines of its places.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Unreadable;

/// A TOML text that was read.
#[derive(Debug, Clone)]
pub struct TomlText<'t> {
    text: &'t str,
    /// Its tables as one value; dates are texts.
    pub value: Value,
}

/// Reads a TOML text.
///
/// # Errors
/// When it is not TOML.
pub fn read_toml(text: &str) -> Result<TomlText<'_>, Unreadable> {
    let value = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        let problem = format!("this is not TOML: {}", error.message());
        Unreadable::at_line(line, problem, "Mend the TOML.")
    })?;
    Ok(TomlText { text, value })
}

impl TomlText<'_> {
    /// The line, counted from 1, of the deepest part of a JSON pointer that the text has.
    pub fn line_of(&self, pointer: &str) -> usize {
        let Ok(root) = DeTable::parse(self.text) else {
            return 1;
        };
        let mut steps = pointer.split('/').skip(1).map(unescaped);
        let mut at = 0;
        let mut value: Option<&Spanned<DeValue<'_>>> = None;
        let first = steps.next();
        if let Some((key, found)) = first.as_ref().and_then(|step| entry(root.get_ref(), step)) {
            at = key;
            value = Some(found);
        }
        for step in steps {
            let next = value.and_then(|value| match value.get_ref() {
                DeValue::Table(table) => entry(table, &step),
                DeValue::Array(items) => {
                    let item = items.get(step.parse::<usize>().ok()?)?;
                    Some((item.span().start, item))
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => None,
            });
            let Some((start, found)) = next else { break };
            at = start;
            value = Some(found);
        }
        line_at(self.text, at)
    }
}

/// Where the key stands, and its value.
fn entry<'v>(table: &'v DeTable<'v>, key: &str) -> Option<(usize, &'v Spanned<DeValue<'v>>)> {
    let found = table
        .iter()
        .find(|(name, _)| name.get_ref().as_ref() == key);
    found.map(|(name, value)| (name.span().start, value))
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_the_line_of_its_deepest_part() {
        let text = "a = 1\n[b]\nc = [\n  { d = 2 },\n  { d = 3 },\n]\n\n[b.\"x/y\"]\nz = 4\n";
        let read = read_toml(text).unwrap();
        assert_eq!(read.value.pointer("/b/c/1/d"), Some(&3.into()));
        for (pointer, line) in [
            ("", 1),
            ("/b", 2),
            ("/b/c/1", 5),
            ("/b/c/1/none", 5),
            ("/b/x~1y/z", 9),
        ] {
            assert_eq!(read.line_of(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_line() {
        let error = read_toml("a = 1\na = 2\n").map(|read| read.value);
        assert_eq!(
            error.map_err(|error| error.place),
            Err(crate::DocumentPlace::Line(2))
        );
    }
}
