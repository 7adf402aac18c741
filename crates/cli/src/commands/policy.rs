//! The policy that a command is about.

use std::path::Path;

use adjutant_app::{FoundPolicy, Home, Origin};
use adjutant_domain::GateName;

use crate::failure::Failure;
use crate::{settings, streams};

/// The policy that is asked, after saying what is odd about its text.
pub(super) fn policy_of(
    home: &Home,
    name: &GateName,
    file: Option<&Path>,
) -> Result<FoundPolicy, Failure> {
    let found = adjutant_app::find_policy(home, file, name)?;
    if let Origin::File(path) = &found.origin {
        for warning in settings::unknown_keys(&found.text)
            .iter()
            .chain(&found.warnings)
        {
            streams::warn(&format!("{}: {warning}", path.display()));
        }
    }
    Ok(found)
}
