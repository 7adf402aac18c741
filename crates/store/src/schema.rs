//! The schema's history. Numbers only grow; a migration that was released never changes.

use crate::StoreError;

/// Every migration, in order; the first is number 1.
pub(crate) const MIGRATIONS: [&str; 14] = [
    include_str!("../migrations/0001_evidence_and_decisions.sql"),
    include_str!("../migrations/0002_tasks.sql"),
    include_str!("../migrations/0003_agents.sql"),
    include_str!("../migrations/0004_north_stars_and_routines.sql"),
    include_str!("../migrations/0005_role_of_a_claim.sql"),
    include_str!("../migrations/0006_votes.sql"),
    include_str!("../migrations/0007_directives.sql"),
    include_str!("../migrations/0008_rollouts.sql"),
    include_str!("../migrations/0009_incidents.sql"),
    include_str!("../migrations/0010_access.sql"),
    include_str!("../migrations/0011_announcements.sql"),
    include_str!("../migrations/0012_evidence_by_artifact.sql"),
    include_str!("../migrations/0013_delivered_before.sql"),
    include_str!("../migrations/0014_build_of_a_decision.sql"),
];

/// The schema that this program knows.
pub(crate) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// What says which schema a database has.
pub(crate) const APPLIED: &str = "SELECT COALESCE(MAX(number), 0) FROM migration";

/// Nobody who knows less than a database holds may write to it: what they leave out would be missed.
pub(crate) fn check_known(found: i64) -> Result<(), StoreError> {
    if found > KNOWN {
        return Err(StoreError::SchemaTooNew {
            found,
            known: KNOWN,
        });
    }
    Ok(())
}

/// Every table, in the order in which they were made: each refers only to those before it.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    let lines = MIGRATIONS.iter().flat_map(|sql| sql.lines());
    lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
}
