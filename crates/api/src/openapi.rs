//! The OpenAPI 3.1 document, made from the table of operations and the shapes that they name.

use adjutant_rollout::FlaggerHook;
use axum::http::Method;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::operation::{Answers, Operation};
use crate::problem::Problem;

type MayAnswer = fn(&Operation) -> bool;

/// What an operation may answer with instead, and which ones may.
const PROBLEMS: [(&str, &str, MayAnswer); 13] = [
    ("400", "The request cannot be read.", any),
    ("401", "No token, or one that opens nothing.", any),
    (
        "403",
        "The token may not do that, or a page of another site asked.",
        any,
    ),
    ("404", "There is nothing of that name.", names_something),
    ("408", "The request did not arrive in time.", has_body),
    (
        "409",
        "Refused, undecided, or no data: the hint says what to do.",
        any,
    ),
    ("413", "The body is too long.", has_body),
    ("415", "The body is not JSON.", has_body),
    ("421", "The server does not answer to that name.", any),
    (
        "422",
        "The request is understood, and cannot be carried out as it is.",
        any,
    ),
    ("431", "The head of the request is too long.", any),
    (
        "503",
        "Too many requests wait, or the server is stopping.",
        any,
    ),
    ("507", "The disk is full.", any),
];

fn any(_operation: &Operation) -> bool {
    true
}

fn has_body(operation: &Operation) -> bool {
    operation.body.is_some()
}

fn names_something(operation: &Operation) -> bool {
    operation.path.contains('{') || operation.query.is_some() || has_body(operation)
}

const JSON: &str = "application/json";

/// A SHA-256.
const DIGEST: &str = "^[0-9a-fA-F]{64}$";

/// A name of ours; letters are those of any alphabet.
const NAME: &str = r"^[\p{L}\p{N}._@:/+(),=%-]+$";

/// Each half of the document has its own shapes: what is asked leaves out more than what is answered.
struct Shapes {
    asked: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Shapes {
    fn new() -> Self {
        let placed = |settings: SchemaSettings| {
            let place = |settings: &mut SchemaSettings| {
                settings.definitions_path = "/components/schemas".into();
            };
            settings.with(place).into_generator()
        };
        Self {
            asked: placed(SchemaSettings::draft2020_12().for_deserialize()),
            answers: placed(SchemaSettings::draft2020_12().for_serialize()),
        }
    }

    /// All of them. A name that both halves use, for shapes that differ, is another one where it is asked.
    fn into_definitions(mut self, paths: &mut Map<String, Value>) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        let asked = self.asked.take_definitions(true);
        let differing: Vec<String> = asked
            .iter()
            .filter(|(name, shape)| all.get(*name).is_some_and(|answer| answer != *shape))
            .map(|(name, _)| name.clone())
            .collect();
        let operations = paths.values_mut().filter_map(Value::as_object_mut);
        for body in operations.flat_map(|methods| {
            let methods = methods.values_mut();
            methods.filter_map(|operation| operation.get_mut("requestBody"))
        }) {
            call_asked(body, &differing);
        }
        for (name, mut shape) in asked {
            call_asked(&mut shape, &differing);
            let is_differing = differing.contains(&name);
            all.insert(
                if is_differing {
                    asked_name(&name)
                } else {
                    name
                },
                shape,
            );
        }
        all
    }
}

fn asked_name(name: &str) -> String {
    format!("{name}Asked")
}

/// Has references to these shapes lead to those that are asked.
fn call_asked(value: &mut Value, differing: &[String]) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some((place, name)) = reference.rsplit_once('/')
                && differing.iter().any(|one| one == name)
            {
                *reference = format!("{place}/{}", asked_name(name));
            }
            for inner in object.values_mut() {
                call_asked(inner, differing);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|inner| call_asked(inner, differing)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The document, with a final newline.
pub(crate) fn document(operations: &[Operation]) -> String {
    let mut shapes = Shapes::new();
    let problem = shapes.answers.subschema_for::<Problem>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let described = describe(operation, &mut shapes, &problem);
        let path = paths
            .entry(format!("/api/v1{}", operation.path))
            .or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let definitions = shapes.into_definitions(&mut paths);
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
            "schemas": definitions,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    });
    // Whether a map keeps its order depends on a feature that any crate may turn on.
    document.sort_all_objects();
    format!("{document:#}\n")
}

fn describe(operation: &Operation, shapes: &mut Shapes, problem: &Value) -> Value {
    let mut parameters: Vec<Value> = path_parameters(operation.path);
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query(&mut shapes.asked).to_value()));
    }
    parameters.extend(header_parameter(operation));
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": format!("Needs the right to {}.", operation.right.name()),
        "parameters": parameters,
        "responses": responses(operation, shapes, problem),
    });
    if let Some(body) = operation.body {
        described["requestBody"] = json!({
            "required": true,
            "content": { JSON: { "schema": body(&mut shapes.asked) } },
        });
    }
    described
}

fn responses(operation: &Operation, shapes: &mut Shapes, problem: &Value) -> Map<String, Value> {
    let content = match operation.answers {
        Answers::Json(shape) => json!({ JSON: { "schema": shape(&mut shapes.answers) } }),
        Answers::Other(media) => media
            .iter()
            .map(|media| ((*media).to_owned(), json!({})))
            .collect(),
        Answers::Events => json!({ "text/event-stream": {} }),
    };
    let headers = answer_headers(operation);
    let done = json!({ "description": "Done.", "content": content, "headers": headers });
    let mut responses = Map::new();
    responses.insert(operation.status.to_string(), done);
    if operation.is_tagged() {
        let unchanged = json!({ "description": "Nothing changed.", "headers": tag_header() });
        responses.insert("304".to_owned(), unchanged);
    }
    for (status, description, may_answer) in PROBLEMS {
        if may_answer(operation) {
            let content = json!({ "application/problem+json": { "schema": problem } });
            let told = json!({ "description": description, "content": content });
            responses.insert(status.to_owned(), told);
        }
    }
    responses
}

fn tag_header() -> Value {
    json!({ "ETag": {
        "description": "Changes with the answer.",
        "required": true,
        "schema": { "type": "string", "pattern": "^\"[0-9a-f]{32}\"$" },
    } })
}

fn answer_headers(operation: &Operation) -> Value {
    let mut headers = if operation.is_tagged() {
        tag_header()
    } else {
        json!({})
    };
    if operation.method == Method::POST {
        headers["Idempotency-Replayed"] = json!({
            "description": "The answer was given before, under the same key.",
            "schema": { "const": "true" },
        });
    }
    if operation.is_paged {
        headers["Link"] = json!({
            "description": "Where the list goes on; missing at its end.",
            "schema": { "type": "string", "pattern": "^<\\?after=[^>]+>; rel=\"next\"$" },
        });
    }
    headers
}

fn header_parameter(operation: &Operation) -> Option<Value> {
    if operation.method == Method::POST {
        return Some(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A repeated request under the same key gets the first answer.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 150, "pattern": "^[A-Za-z0-9._-]+$" },
        }));
    }
    operation.is_tagged().then(|| {
        json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "Tags of answers that are known: an unchanged answer is 304.",
            "schema": { "type": "string", "maxLength": 1_000, "pattern": "^[ -~]*$" },
        })
    })
}

fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = path_schema(name);
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect()
}

/// What stands in such a place of a path.
fn path_schema(name: &str) -> Value {
    match name {
        "digest" | "record" => json!({ "type": "string", "pattern": DIGEST }),
        "task" => json!({ "type": "string", "pattern": "^([Tt]-)?[1-9][0-9]{0,17}$" }),
        "vote" => json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX }),
        "incident" => json!({
            "type": "string", "pattern": r"^[\p{L}\p{N}._@:/+(),=%-]+:[1-9][0-9]{0,17}$",
            "maxLength": 220,
        }),
        "format" => json!({ "enum": ["markdown", "innovation", "html", "json"] }),
        "hook" => json!({ "enum": FlaggerHook::ALL.map(FlaggerHook::name) }),
        _ => json!({ "type": "string", "pattern": NAME, "minLength": 1, "maxLength": 200 }),
    }
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
            without_null(&mut schema);
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

/// What may be left out of a query is never written as null.
fn without_null(schema: &mut Value) {
    let Some(Value::Array(types)) = schema.get_mut("type") else {
        return;
    };
    types.retain(|one| one != "null");
    if let [only] = types.as_slice() {
        schema["type"] = only.clone();
    }
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
