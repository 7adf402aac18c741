//! The OpenAPI 3.1 document, made from the table of operations and the shapes that they name.

use axum::http::Method;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::operation::{Answers, Operation};
use crate::problem::Problem;

/// What every operation may answer with instead.
const PROBLEMS: [(&str, &str); 12] = [
    ("400", "The request cannot be read."),
    ("401", "No token, or one that opens nothing."),
    (
        "403",
        "The token may not do that, or a page of another site asked.",
    ),
    ("404", "There is nothing of that name."),
    ("408", "The request did not arrive in time."),
    (
        "409",
        "Refused, undecided, or no data: the hint says what to do.",
    ),
    ("413", "The body is too long."),
    ("415", "The body is not JSON."),
    ("421", "The server does not answer to that name."),
    (
        "422",
        "The request is understood, and cannot be carried out as it is.",
    ),
    ("507", "The disk is full."),
    ("503", "Too many requests wait, or the server is stopping."),
];

/// The document, with a final newline.
pub(crate) fn document(operations: &[Operation]) -> String {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut answers = SchemaGenerator::new(settings);
    let settings = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut asked = SchemaGenerator::new(settings);
    let problem = answers.subschema_for::<Problem>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let described = describe(operation, &mut asked, &mut answers, &problem);
        let path = paths
            .entry(format!("/api/v1{}", operation.path))
            .or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let mut schemas = answers.take_definitions(true);
    schemas.extend(asked.take_definitions(true));
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Adjutant",
            "version": "1",
            "description": "Hands out work, accepts it with evidence, ships it in stages. Every \
                            answer is what the command line prints with --format json.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    });
    // Whether a map keeps its order depends on a feature that any crate may turn on.
    document.sort_all_objects();
    format!("{document:#}\n")
}

fn describe(
    operation: &Operation,
    asked: &mut SchemaGenerator,
    answers: &mut SchemaGenerator,
    problem: &Value,
) -> Value {
    let mut parameters: Vec<Value> = path_parameters(operation.path);
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query(asked).to_value()));
    }
    let is_write = operation.method == Method::POST;
    if is_write {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A repeated request under the same key gets the first answer.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 150, "pattern": "^[A-Za-z0-9._-]+$" },
        }));
    }
    let mut responses = Map::new();
    let content = match operation.answers {
        Answers::Json(shape) => json!({ "application/json": { "schema": shape(answers) } }),
        Answers::Other(media) => json!({ media: {} }),
    };
    responses.insert(
        operation.status.to_string(),
        json!({ "description": "Done.", "content": content }),
    );
    for (status, description) in PROBLEMS {
        responses.insert(
            status.to_owned(),
            json!({
                "description": description,
                "content": { "application/problem+json": { "schema": problem } },
            }),
        );
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": format!("Needs the right to {}.", operation.right.name()),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": body(asked) } },
        });
    }
    described
}

fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "string", "minLength": 1 },
            })
        })
        .collect()
}

/// A parameter for each property of a query's shape.
fn query_parameters(shape: Value) -> Vec<Value> {
    let Some(properties) = shape.get("properties").and_then(Value::as_object) else {
        return vec![];
    };
    let required = |name: &str| {
        let required = shape.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|one| one == name))
    };
    properties
        .iter()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let description = schema
                .as_object_mut()
                .and_then(|schema| schema.remove("description"));
            json!({
                "name": name, "in": "query", "required": required(name),
                "description": description, "schema": schema,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_checked_in_document_is_the_generated_one() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
        if option_env!("ADJUTANT_WRITE_SCHEMAS").is_some() {
            std::fs::write(&file, crate::openapi()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&file).unwrap();
        assert!(
            checked_in == crate::openapi(),
            "write the generated text over schemas/openapi.json: \
             ADJUTANT_WRITE_SCHEMAS=1 cargo test -p adjutant-api openapi"
        );
    }
}
