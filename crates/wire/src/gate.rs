//! The JSON of the gates there are.

use adjutant_app::{FoundPolicy, Home, KnownGate, Origin};
use adjutant_store::StoredDecision;
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

/// The policy of a gate.
#[derive(Serialize, JsonSchema)]
pub struct GatePolicyJson<'a> {
    name: &'a str,
    title: &'a str,
    /// `built-in`, or the file.
    origin: String,
    /// The text that defines it, as TOML.
    text: &'a str,
}

impl<'a> GatePolicyJson<'a> {
    /// As it is found.
    pub fn of(found: &'a FoundPolicy, home: &Home) -> Self {
        Self {
            name: found.policy.name.as_str(),
            title: &found.policy.title,
            origin: origin(&found.origin, home),
            text: &found.text,
        }
    }
}

/// A decision as it is listed.
#[derive(Serialize, JsonSchema)]
pub struct DecisionJson {
    id: i64,
    gate: String,
    decided_at: String,
    verdict: String,
    /// The digest of its record.
    record: String,
}

impl From<&StoredDecision> for DecisionJson {
    fn from(stored: &StoredDecision) -> Self {
        Self {
            id: stored.id,
            gate: stored.gate.to_string(),
            decided_at: stored.decided_at.to_string(),
            verdict: stored.verdict.to_string(),
            record: stored.record.to_string(),
        }
    }
}
