//! The JSON of the gates there are.

use adjutant_app::{Home, KnownGate, Origin};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct GateJson {
    name: String,
    title: String,
    criteria: usize,
    /// `built-in`, or the file.
    origin: String,
}

impl GateJson {
    pub fn of(gate: &KnownGate, home: &Home) -> Self {
        Self {
            name: gate.name.to_string(),
            title: gate.title.clone(),
            criteria: gate.criteria,
            origin: origin(&gate.origin, home),
        }
    }
}

/// Where a policy is written, in words; a file as it is seen from the current folder.
pub fn origin(origin: &Origin, home: &Home) -> String {
    match origin {
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::File(path) => {
            let within = path.strip_prefix(&home.folder).unwrap_or(path);
            within.display().to_string()
        }
    }
}
