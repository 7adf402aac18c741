//! Writes a value as YAML: block style, every text in double quotes as JSON writes it, so that no
//! text is taken for a number, a date or a truth value.

use serde_json::Value;

/// A value as a YAML text that reads back as the same value, with a final newline.
pub fn write_yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut text),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => text.push_str(&format!("{value}\n")),
    }
    text
}

/// A table or a list that is not empty; the first line is indented by the caller's own place.
fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                text.push_str(&format!("{indent}{}:", key_text(key)));
                inner(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                text.push_str(&format!("{indent}-"));
                inner(item, depth, text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn inner(value: &Value, depth: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_block {
        text.push('\n');
        block(value, depth + 1, text);
    } else {
        text.push_str(&format!(" {value}\n"));
    }
}

/// A key, in quotes unless it is a plain word that YAML takes for nothing else.
fn key_text(key: &str) -> String {
    const OTHER_MEANINGS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_other = OTHER_MEANINGS.contains(&key.to_ascii_lowercase().as_str());
    if starts && is_word && !is_other {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_and_lists_are_blocks_and_texts_are_quoted() {
        let value = json!({"kind": "SLO", "on": "yes", "list": [1, [], {"a-b": "x\ny"}]});
        assert_eq!(
            write_yaml(&value),
            "kind: \"SLO\"\nlist:\n  - 1\n  - []\n  -\n    \"a-b\": \"x\\ny\"\n\"on\": \"yes\"\n"
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~äß\n\t]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_the_same_value(value in any_value()) {
            let wrapped = json!({ "value": value });
            let text = write_yaml(&wrapped);
            prop_assert_eq!(crate::read(text.as_bytes()), Ok(wrapped), "{}", text);
        }
    }
}
