//! `adjutant role`: listing, showing.

use adjutant_app::{FoundRole, Origin, known_roles, role_named};
use adjutant_wire::{RoleJson, role_text};

use crate::arguments::{Format, FormatArguments, RoleCommand, ShowRoleArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
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
        Format::Human => streams::print(&role_text(&found.role))?,
    }
    Ok(Exit::Done)
}
