//! A JSON or YAML text as a value. A key that stands twice is refused: one of the two would be
//! compared and the other not.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{Unreadable, text, yaml};

/// Reads a JSON text, or else a YAML text.
///
/// # Errors
/// When it is neither, or one of the bounds is passed.
pub fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let text = text(bytes)?;
    if text.trim_start().starts_with(['{', '[', '"']) {
        // A flow mapping of YAML starts with a brace too; it is read when the JSON reader fails.
        match read_json(text) {
            Ok(value) => Ok(value),
            Err(error) => yaml::read(text).map_err(|_not_yaml_either| error),
        }
    } else {
        yaml::read(text)
    }
}

fn read_json(text: &str) -> Result<Value, Unreadable> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Unique
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| {
            let problem = format!("this is not JSON: {error}");
            Unreadable::at_line(error.line(), problem, "Mend the JSON.")
        })
}

/// Any JSON value in which every key stands once.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is too large"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Unique)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} stands here a second time"
                )));
            }
            let value = entries.next_value_seed(Unique)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_line() {
        let error = read(b"{\"a\": 1,\n \"a\": 2}").map_err(|error| error.place.to_string());
        assert_eq!(error, Err("line 2: ".to_owned()));
    }

    #[test]
    fn json_yaml_and_flow_yaml_are_read() {
        for text in [
            "{\"a\": [1]}",
            "a:\n  - 1",
            "{a: [1]}",
            "\u{feff}{\"a\": [1]}",
        ] {
            assert_eq!(
                read(text.as_bytes()),
                Ok(serde_json::json!({"a": [1]})),
                "{text}"
            );
        }
        assert!(read(b"\xff").is_err() && read(b"{\"a\": 1} x").is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
