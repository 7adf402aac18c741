//! A prompt for each role: what an agent in it is for, and how its day goes.

use adjutant_app::Home;
use adjutant_domain::RoleName;
use adjutant_wire::{Failure, role_text};

use crate::answer::Answer;

/// How a day goes, whatever the role.
const DAY: &str = "Work in this role, with the tools of adjutant: now, then claim. Work on the claimed task \
    only, and heartbeat while you do. What lies outside the role goes to another one by hand_off. Commit, \
    then complete.";

/// The prompt of a role.
pub(crate) fn of_role(home: &Home, name: &str) -> Answer {
    let name: RoleName = name.parse()?;
    let found = adjutant_app::role_named(home, &name).map_err(Failure::from)?;
    Ok(format!("{}\n{DAY}\n", role_text(&found.role)))
}
