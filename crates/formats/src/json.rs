//! A JSON document whose every part knows its place, so that an error can name it.
//!
//! Nesting is bounded by serde_json (128 levels). Nothing here knows a format.

use serde_json::Value;

use crate::{FormatError, Place, text};

const REMEDY_WHOLE_FILE: &str = "Give the whole file as the tool wrote it.";

/// Parses a whole document.
///
/// # Errors
/// When the bytes are empty, not UTF-8, not JSON, cut off, or nested too deep.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, FormatError> {
    serde_json::from_str(text::decode(bytes)?).map_err(|error| {
        let problem = if error.is_eof() {
            "the JSON ends too early; the file is cut off".to_owned()
        } else {
            format!("this is not JSON that can be read: {error}")
        };
        FormatError::new(Place::Line(error.line() as u64), problem, REMEDY_WHOLE_FILE)
    })
}

/// One value of a document, with its JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: String,
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(crate) fn root(value: &'a Value) -> Self {
        Self {
            value,
            pointer: String::new(),
        }
    }

    /// The member `key` of an object; `None` when it is missing or null.
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Node {
            value,
            pointer: format!("{}/{}", self.pointer, escape(key)),
        })
    }

    /// The member `key` of an object.
    ///
    /// # Errors
    /// When it is missing or null.
    pub(crate) fn need(&self, key: &str) -> Result<Node<'a>, FormatError> {
        self.get(key)
            .ok_or_else(|| self.wrong(format!("`{key}` is missing"), REMEDY_WHOLE_FILE))
    }

    /// The elements of an array.
    ///
    /// # Errors
    /// When it is not an array.
    pub(crate) fn items(&self) -> Result<impl Iterator<Item = Node<'a>> + use<'a>, FormatError> {
        let items = self.value.as_array().ok_or_else(|| self.not("an array"))?;
        let pointer = self.pointer.clone();
        Ok(items.iter().enumerate().map(move |(index, value)| Node {
            value,
            pointer: format!("{pointer}/{index}"),
        }))
    }

    /// The members of an object.
    ///
    /// # Errors
    /// When it is not an object.
    pub(crate) fn members(
        &self,
    ) -> Result<impl Iterator<Item = (&'a str, Node<'a>)> + use<'a>, FormatError> {
        let members = self
            .value
            .as_object()
            .ok_or_else(|| self.not("an object"))?;
        let pointer = self.pointer.clone();
        Ok(members.iter().map(move |(key, value)| {
            let pointer = format!("{pointer}/{}", escape(key));
            (key.as_str(), Node { value, pointer })
        }))
    }

    /// A text.
    ///
    /// # Errors
    /// When it is not a text.
    pub(crate) fn text(&self) -> Result<&'a str, FormatError> {
        self.value.as_str().ok_or_else(|| self.not("a text"))
    }

    /// A number.
    ///
    /// # Errors
    /// When it is not a number.
    pub(crate) fn number(&self) -> Result<f64, FormatError> {
        self.value.as_f64().ok_or_else(|| self.not("a number"))
    }

    /// A whole number, 0 or more.
    ///
    /// # Errors
    /// When it is not one.
    pub(crate) fn count(&self) -> Result<u64, FormatError> {
        self.value
            .as_u64()
            .ok_or_else(|| self.not("a whole number of 0 or more"))
    }

    /// An error about this value.
    pub(crate) fn wrong(
        &self,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> FormatError {
        let place = if self.pointer.is_empty() {
            Place::Whole
        } else {
            Place::Pointer(self.pointer.clone())
        };
        FormatError::new(place, problem, remedy)
    }

    fn not(&self, wanted: &str) -> FormatError {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.wrong(
            format!("{wanted} is needed here, but this is {found}"),
            REMEDY_WHOLE_FILE,
        )
    }
}

/// A key as one step of a JSON pointer (RFC 6901).
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_finds_its_value_again() {
        let document = parse(br#"{"a/b":{"~c":[1,[2,3]]}}"#).unwrap();
        let node = Node::root(&document)
            .need("a/b")
            .unwrap()
            .need("~c")
            .unwrap();
        let last = node.items().unwrap().last().unwrap();
        assert_eq!(last.pointer, "/a~1b/~0c/1");
        assert_eq!(document.pointer(&last.pointer), Some(last.value));
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_line() {
        let deep = "[".repeat(1_000_000);
        for (text, line, words) in [
            ("{\n\"a\": 1,\n", 3, "cut off"),
            ("{\"a\":\n NaN}", 2, "not JSON"),
            ("{}\n{}", 2, "not JSON"),
            (deep.as_str(), 1, "recursion limit"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.place, Place::Line(line), "{error}");
            assert!(error.problem.contains(words), "{error}");
        }
    }

    #[test]
    fn a_missing_or_wrong_member_is_named() {
        let document = parse(br#"{"a":{"b":null,"c":-1}}"#).unwrap();
        let a = Node::root(&document).need("a").unwrap();
        for (error, words) in [
            (a.need("b").unwrap_err(), "/a: `b` is missing"),
            (
                a.need("c").unwrap().count().unwrap_err(),
                "/a/c: a whole number of 0 or more is needed here, but this is a number",
            ),
            (
                a.text().unwrap_err(),
                "/a: a text is needed here, but this is an object",
            ),
        ] {
            assert_eq!(error.to_string(), words);
        }
    }
}
