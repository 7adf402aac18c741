//! The roles there are: those of the settings, and the presets that come with the program.

use std::path::PathBuf;

use adjutant_domain::RoleName;
use adjutant_work::{InvalidRole, PRESETS, Role, read_roles};

use crate::filing::read_text;
use crate::{Home, IntakeError, Origin};

/// A role and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRole {
    /// The role.
    pub role: Role,
    /// Where it is written.
    pub origin: Origin,
}

/// Roles that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// The settings cannot be read.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// The settings' roles cannot be followed.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong.
        problem: InvalidRole,
    },
    /// A preset cannot be read, which its own tests exclude.
    #[error("a preset is broken: {0}")]
    BrokenPreset(InvalidRole),
    /// Neither the settings nor the presets have it.
    #[error("there is no role {name}; known are {}", known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: RoleName,
        /// Those there are.
        known: Vec<String>,
    },
}

/// The role of this name: from the settings, else from the presets.
///
/// # Errors
/// When there is none, or the settings cannot be read or followed.
pub fn role_named(home: &Home, name: &RoleName) -> Result<FoundRole, RolesError> {
    let mut roles = known_roles(home)?;
    match roles.iter().position(|found| found.role.name == *name) {
        Some(at) => Ok(roles.swap_remove(at)),
        None => Err(RolesError::Unknown {
            name: name.clone(),
            known: roles.iter().map(|it| it.role.name.to_string()).collect(),
        }),
    }
}

/// Every role: one in the settings hides a preset of the same name.
///
/// # Errors
/// When the settings cannot be read or followed.
pub fn known_roles(home: &Home) -> Result<Vec<FoundRole>, RolesError> {
    let mut known: Vec<FoundRole> = Vec::new();
    if let Some(path) = &home.settings {
        let roles = read_roles(&read_text(path)?).map_err(|problem| RolesError::Invalid {
            path: path.clone(),
            problem,
        })?;
        known.extend(roles.into_iter().map(|role| FoundRole {
            role,
            origin: Origin::File(path.clone()),
        }));
    }
    for role in presets()? {
        if known.iter().all(|found| found.role.name != role.name) {
            let origin = Origin::BuiltIn;
            known.push(FoundRole { role, origin });
        }
    }
    Ok(known)
}

/// The roles that a configuration's text and the presets define together.
///
/// # Errors
/// When the text cannot be read.
pub(crate) fn roles_of(settings: &str) -> Result<Vec<Role>, InvalidRole> {
    let mut roles = read_roles(settings)?;
    for (_, text) in PRESETS {
        for role in read_roles(text)? {
            if roles.iter().all(|known| known.name != role.name) {
                roles.push(role);
            }
        }
    }
    Ok(roles)
}

fn presets() -> Result<Vec<Role>, RolesError> {
    roles_of("").map_err(RolesError::BrokenPreset)
}
