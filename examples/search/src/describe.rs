//! The service described in OpenAPI, as `GET /openapi.json` serves it.

use serde_json::{Value, json};

use crate::rank::Version;
use crate::serve::{QUERY_BYTES_MAX, RESULTS_DEFAULT, RESULTS_MAX};

/// The description of one version.
#[must_use]
pub fn openapi(version: Version) -> Value {
    let refusal = |description: &str| {
        answer(
            description,
            &json!({"$ref": "#/components/schemas/Refusal"}),
        )
    };
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Search of an invented shop", "version": version.name()},
        "paths": {
            "/search": {"get": {
                "operationId": "search",
                "parameters": [
                    {
                        "name": "q", "in": "query", "required": true,
                        "description": format!("The words to look for, at most {QUERY_BYTES_MAX} bytes."),
                        "schema": {"type": "string", "minLength": 1}
                    },
                    {
                        "name": "k", "in": "query",
                        "description": "How many results at most.",
                        "schema": {
                            "type": "integer", "minimum": 1, "maximum": RESULTS_MAX,
                            "default": RESULTS_DEFAULT
                        }
                    }
                ],
                "responses": {
                    "200": answer("The best products first.", &json!({"$ref": "#/components/schemas/Answer"})),
                    "400": refusal("The question cannot be read."),
                    "500": refusal("A picture cannot be read.")
                }
            }},
            "/healthz": {"get": {
                "operationId": "health",
                "responses": {"200": answer("It serves.", &json!({"$ref": "#/components/schemas/Health"}))}
            }}
        },
        "components": {"schemas": schemas()}
    })
}

fn answer(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn schemas() -> Value {
    json!({
        "Answer": object(&["version", "query", "results"], &json!({
            "version": {"type": "string"},
            "query": {"type": "string"},
            "results": {
                "type": "array", "maxItems": RESULTS_MAX,
                "items": {"$ref": "#/components/schemas/Hit"}
            }
        })),
        "Hit": object(&["id", "title", "score"], &json!({
            "id": {"type": "string"},
            "title": {"type": "string"},
            "score": {"type": "number", "exclusiveMinimum": 0}
        })),
        "Refusal": object(&["error"], &json!({"error": {"type": "string"}})),
        "Health": object(&["status", "version"], &json!({
            "status": {"type": "string", "const": "ok"},
            "version": {"type": "string"}
        }))
    })
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}
