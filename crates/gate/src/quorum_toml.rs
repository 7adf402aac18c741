//! Reads who votes, from the `quorum` table of a policy.

use adjutant_domain::{RoleName, Subject};

use crate::policy::QuorumPolicy;
use crate::policy_toml::InvalidPolicy;
use crate::toml_keys::{Keys, Text};

/// The roles that vote where the policy names none.
const EXECUTIVE_ROLES: [&str; 3] = [
    "infra-performance-monitor",
    "quality-safety-officer",
    "ai-operations-engineer",
];

pub(crate) fn read(
    keys: &Keys<'_>,
    warnings: &mut Vec<String>,
) -> Result<QuorumPolicy, InvalidPolicy> {
    let subject = keys.text("subject")?.map(|text| text.read()).transpose()?;
    let quorum = QuorumPolicy {
        subject: subject.unwrap_or_else(Subject::candidate),
        roles: roles(keys)?,
        evaluators: keys.boolean("evaluators")?.unwrap_or(false),
    };
    warnings.extend(keys.unknown());
    Ok(quorum)
}

fn roles(keys: &Keys<'_>) -> Result<Vec<RoleName>, InvalidPolicy> {
    let named = keys.texts("roles")?;
    if !keys.names().contains(&"roles") {
        let executives = EXECUTIVE_ROLES.iter().map(|role| role.parse());
        return executives
            .collect::<Result<_, _>>()
            .map_err(|cause| keys.invalid(cause));
    }
    if named.is_empty() {
        return Err(keys.invalid("roles lists nobody, so there could never be a quorum"));
    }
    named.iter().map(Text::read).collect()
}
