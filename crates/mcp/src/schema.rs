//! Shapes of arguments with as few words as say it: an agent pays for each.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

/// Keys that say nothing that a caller needs.
const NEEDLESS: [&str; 6] = [
    "$schema", "title", "format", "default", "minimum", "maximum",
];

/// The JSON Schema of a tool's arguments.
pub(crate) fn of<A: JsonSchema>() -> Map<String, Value> {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = SchemaGenerator::new(settings).into_root_schema_for::<A>();
    match lean(schema.to_value()) {
        Value::Object(mut shape) => {
            // The name of the Rust type says what the tool's description says.
            shape.remove("description");
            shape
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn lean(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.into_iter().filter(|(key, value)| {
                // A property may be called as a needless key is; its value is a shape then.
                !NEEDLESS.contains(&key.as_str()) || value.is_object()
            });
            let mut kept: Map<String, Value> =
                kept.map(|(key, value)| (key, lean(value))).collect();
            if let Some(types) = kept.get_mut("type") {
                *types = without_null(types.take());
            }
            Value::Object(kept)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(lean).collect()),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}

/// What is optional is left out, not null.
fn without_null(types: Value) -> Value {
    let Value::Array(mut types) = types else {
        return types;
    };
    types.retain(|one| one != "null");
    match types.len() {
        1 => types.swap_remove(0),
        _ => Value::Array(types),
    }
}
