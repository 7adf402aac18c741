//! The JSON of roles.

use adjutant_app::{FoundRole, Origin};
use adjutant_work::Role;
use schemars::JsonSchema;
use serde::Serialize;

/// A role and where it is written.
#[derive(Serialize, JsonSchema)]
pub struct RoleJson<'a> {
    /// `built-in`, or the file.
    origin: String,
    #[serde(flatten)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    role: &'a Role,
}

impl<'a> From<&'a FoundRole> for RoleJson<'a> {
    fn from(found: &'a FoundRole) -> Self {
        let role = &found.role;
        let origin = origin(found);
        Self { origin, role }
    }
}

fn origin(found: &FoundRole) -> String {
    match &found.origin {
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::File(path) => path.display().to_string(),
    }
}
