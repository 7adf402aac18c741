//! Claiming a task: the store decides, the work tree remembers.

use adjutant_domain::Timestamp;
use adjutant_store::{Holder, Store};
use adjutant_work::{Claim, ClaimRequest, Target};

use crate::holding::{HoldingError, remember_holder};
use crate::{Home, pauses, role_named};

/// Claims a task, or renews the lease on it; the work tree remembers what was won. What the
/// north-star gates pause is not handed out. An agent that is known claims in its own role unless
/// it names another.
///
/// # Errors
/// When the settings cannot be followed, or the store or the lease file cannot be written. What
/// was won without being remembered is told by the store when the agent asks again.
pub async fn claim(
    store: &Store,
    home: &Home,
    request: &ClaimRequest,
    now: Timestamp,
) -> Result<Claim, HoldingError> {
    let request = claim_terms(store, home, request, now).await?;
    let claim = store.claim(&request, now).await?;
    if let Claim::Won(won) = &claim {
        let holder = Holder {
            task: won.task.id,
            epoch: won.lease.epoch,
            agent: won.lease.owner.clone(),
        };
        remember_holder(home, &holder)?;
    }
    Ok(claim)
}

/// A request with all that its answer depends on: the pauses, and the role of an agent that is
/// known. Who asks from another machine has no work tree here that could remember the claim.
///
/// # Errors
/// When the settings cannot be followed, or the store cannot be read.
pub async fn claim_terms(
    store: &Store,
    home: &Home,
    request: &ClaimRequest,
    now: Timestamp,
) -> Result<ClaimRequest, HoldingError> {
    let mut request = request.clone();
    request.pauses.extend(pauses(store, home, now).await?);
    if request.role.is_none() && !matches!(request.target, Target::Renewal(..)) {
        let agents = store.agents().await?;
        if let Some(agent) = agents.iter().find(|agent| agent.name == request.agent) {
            request.role = Some(role_named(home, &agent.role)?.role);
        }
    }
    Ok(request)
}
