//! `adjutant role`: listing, showing.

use adjutant_app::{FoundRole, Origin, known_roles, role_named};
use adjutant_wire::RoleJson;
use adjutant_work::Role;

use super::find_home;
use crate::arguments::{Format, FormatArguments, RoleCommand, ShowRoleArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn run(command: RoleCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        RoleCommand::List(format) => list(format, settings),
        RoleCommand::Show(arguments) => show(&arguments, settings),
    }
}

fn list(format: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let known = known_roles(&find_home(settings)?)?;
    match format.format {
        Format::Json => {
            let json: Vec<RoleJson<'_>> = known.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let mut rows = vec![["role", "from", "scope"].map(str::to_owned).to_vec()];
            rows.extend(known.iter().map(|found| {
                // The first sentence tells enough in a list.
                let scope = found.role.scope.split_inclusive(". ").next();
                vec![
                    found.role.name.to_string(),
                    place(found),
                    scope.unwrap_or_default().trim().to_owned(),
                ]
            }));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

/// The file's name: there is one file of settings.
fn place(found: &FoundRole) -> String {
    match &found.origin {
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::File(path) => adjutant_outbound::files::name_of(path),
    }
}

fn show(arguments: &ShowRoleArguments, settings: &Settings) -> Result<Exit, Failure> {
    let found = role_named(&find_home(settings)?, &arguments.role)?;
    match arguments.format.format {
        Format::Json => streams::print_json(&RoleJson::from(&found))?,
        Format::Human => streams::print(&told(&found.role))?,
    }
    Ok(Exit::Done)
}

fn told(role: &Role) -> String {
    let names = |kinds: &[adjutant_work::TaskKind]| kinds.iter().map(|it| it.to_string()).collect();
    let globs = |globs: &[adjutant_work::PathGlob]| globs.iter().map(|it| it.to_string()).collect();
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
