//! Reads the `[role.NAME]` tables of a settings text.

use std::collections::BTreeMap;

use adjutant_domain::RoleName;
use serde::Deserialize;
use toml::Spanned;

use super::{Boundaries, Role, Territory, preset};

/// A `[role.NAME]` table that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidRole {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// Other tables of the settings have readers of their own.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    role: BTreeMap<Spanned<String>, RoleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    /// A preset from which everything is taken that this table does not say.
    like: Option<Spanned<RoleName>>,
    scope: Option<String>,
    deliverables: Option<Vec<String>>,
    definition_of_done: Option<Vec<String>>,
    owns: Option<Territory>,
    boundaries: Option<Boundaries>,
    key_questions: Option<Vec<String>>,
    prompt: Option<String>,
}

/// The roles of a settings text, by name. A text without any has none.
///
/// # Errors
/// When the text is not TOML, or a role says too little, or something that is not a role's.
pub fn read_roles(text: &str) -> Result<Vec<Role>, InvalidRole> {
    let settings: Settings = toml::from_str(text).map_err(|error| InvalidRole {
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    settings
        .role
        .into_iter()
        .map(|(name, table)| read_role(text, &name, table))
        .collect()
}

fn read_role(text: &str, name: &Spanned<String>, table: RoleTable) -> Result<Role, InvalidRole> {
    let invalid = |at: usize, problem: String| InvalidRole {
        line: line_at(text, at),
        problem,
    };
    let start = name.span().start;
    let model = match &table.like {
        None => None,
        Some(like) => Some(preset(like.get_ref()).ok_or_else(|| {
            let problem = format!(
                "there is no preset {}; see adjutant role list",
                like.get_ref()
            );
            invalid(like.span().start, problem)
        })?),
    };
    let base = match model {
        Some(model) => model?,
        None => Role {
            name: name
                .get_ref()
                .parse()
                .map_err(|error| invalid(start, format!("{error}")))?,
            scope: String::new(),
            deliverables: vec![],
            definition_of_done: vec![],
            owns: Territory::default(),
            boundaries: Boundaries::default(),
            key_questions: vec![],
            prompt: String::new(),
        },
    };
    let role = Role {
        name: name
            .get_ref()
            .parse()
            .map_err(|error| invalid(start, format!("{error}")))?,
        scope: table.scope.unwrap_or(base.scope),
        deliverables: table.deliverables.unwrap_or(base.deliverables),
        definition_of_done: table.definition_of_done.unwrap_or(base.definition_of_done),
        owns: table.owns.unwrap_or(base.owns),
        boundaries: table.boundaries.unwrap_or(base.boundaries),
        key_questions: table.key_questions.unwrap_or(base.key_questions),
        prompt: table.prompt.unwrap_or(base.prompt),
    };
    let name = &role.name;
    if role.scope.trim().is_empty() {
        return Err(invalid(start, format!("role.{name}.scope is missing")));
    }
    if role.definition_of_done.is_empty() {
        let problem = format!("role.{name}.definition_of_done is missing");
        return Err(invalid(start, problem));
    }
    Ok(role)
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_takes_from_its_preset_what_it_does_not_say() {
        let text = "\
[gate.mine]
title = \"another reader's\"

[role.tester]
like = \"qa-evals-docs\"
boundaries = { paths = [\"api/**\"], kinds = [\"infra\"] }

[role.painter]
scope = \"Paints.\"
definition_of_done = [\"It is dry.\"]
";
        let roles = read_roles(text).unwrap();
        let preset = preset(&"qa-evals-docs".parse().unwrap()).unwrap().unwrap();
        assert_eq!(roles[1].name.as_str(), "tester");
        assert_eq!(roles[1].scope, preset.scope);
        assert_eq!(roles[1].boundaries.paths[0].as_str(), "api/**");
        assert_eq!(roles[0].scope, "Paints.");
        assert_eq!(read_roles("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, told) in [
            (
                "\n[role.a]\nscope = \"x\"\n",
                "line 2: role.a.definition_of_done is missing",
            ),
            (
                "[role.a]\ndefinition_of_done = [\"x\"]\n",
                "line 1: role.a.scope is missing",
            ),
            (
                "[role.a]\n\nlike = \"nobody\"\n",
                "line 3: there is no preset nobody; see adjutant role list",
            ),
            (
                "[role.a]\nscope = \"x\"\nlikes = \"y\"\n",
                "line 3: unknown field `likes`, expected one of `like`, `scope`, `deliverables`, \
                 `definition_of_done`, `owns`, `boundaries`, `key_questions`, `prompt`",
            ),
            (
                "[role.a]\nscope = \"x\"\nboundaries.paths = [\"/etc\"]\n",
                "line 3: \"/etc\" is not a path pattern: it must be relative to the top of the \
                 repository",
            ),
            (
                "[role.a]\nboundaries.kinds = [\"chore\"]\n",
                "line 2: unknown variant `chore`, expected one of `feature`, `fix`, `refactor`, \
                 `docs`, `test`, `infra`, `experiment`, `operations`, `review`",
            ),
            (
                "[role.\"two words\"]\nscope = \"x\"\n",
                "line 1: role \"two words\" is not a name: use 1 to 200 letters, digits or any \
                 of . _ - @ : / + ( ) , = %",
            ),
        ] {
            assert_eq!(read_roles(text).unwrap_err().to_string(), told);
        }
    }
}
