//! The JSON of roles, and their text.

use adjutant_app::{FoundRole, Origin};
use adjutant_work::{PathGlob, Role, TaskKind};
use schemars::JsonSchema;
use serde::Serialize;

/// A role and where it is written.
#[derive(Serialize, JsonSchema)]
pub struct RoleJson<'a> {
    /// `built-in`, or the file.
    origin: String,
    #[serde(flatten)]
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

/// A role as Markdown.
pub fn role_text(role: &Role) -> String {
    let names = |kinds: &[TaskKind]| kinds.iter().map(|it| it.to_string()).collect();
    let globs = |globs: &[PathGlob]| globs.iter().map(|it| it.to_string()).collect();
    let sections: [(&str, Vec<String>); 8] = [
        ("Deliverables", role.deliverables.clone()),
        ("Definition of done", role.definition_of_done.clone()),
        ("Its own files", globs(&role.owns.paths)),
        ("Its own kinds of change", names(&role.owns.kinds)),
        ("Must not touch", globs(&role.boundaries.paths)),
        ("Makes no changes of kind", names(&role.boundaries.kinds)),
        ("Must not", role.boundaries.notes.clone()),
        ("Key questions", role.key_questions.clone()),
    ];
    let mut text = format!("# {}\n\n{}\n", role.name, role.scope);
    for (title, points) in sections.iter().filter(|(_, points)| !points.is_empty()) {
        text.push_str(&format!("\n## {title}\n\n"));
        for point in points {
            text.push_str(&format!("- {point}\n"));
        }
    }
    if !role.prompt.trim().is_empty() {
        text.push_str(&format!("\n## Prompt\n\n{}\n", role.prompt.trim()));
    }
    text
}
