//! Reads who votes, from the `quorum` table of a policy.

use adjutant_domain::{RoleName, Subject};

use crate::evaluator::Evaluator;
use crate::policy::QuorumPolicy;
use crate::toml_keys::{InvalidPolicy, Keys, Text};

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
    if quorum.evaluators && quorum.subject != Subject::candidate() {
        return Err(keys.invalid("evaluators look at the candidate: leave out subject, or them"));
    }
    Ok(quorum)
}

/// Those that are named, else those that there are evaluators for.
fn roles(keys: &Keys<'_>) -> Result<Vec<RoleName>, InvalidPolicy> {
    let named = keys.texts("roles")?;
    if !keys.names().contains(&"roles") {
        let executives = Evaluator::ALL.map(|evaluator| evaluator.role().parse());
        return executives
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|cause| keys.invalid(cause));
    }
    if named.is_empty() {
        return Err(keys.invalid("roles lists nobody, so there could never be a quorum"));
    }
    named.iter().map(Text::read).collect()
}
