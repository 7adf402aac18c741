//! A version that was taken back may be tried again once the rollout's gate has judged that very
//! build anew: later than it was blocked, and from something that was measured later.

use adjutant_domain::{Digest, GateName, Timestamp, Verdict};
use adjutant_formats::Format;
use adjutant_store::{Store, StoredDecision};

use super::{OrderRefusal, RolloutError, RolloutRequest, lift_version};
use crate::DecisionRecord;

/// Lifts the block of a version where the gate says so.
pub(super) async fn lift_by_gate(
    store: &Store,
    request: &RolloutRequest,
    version: Digest,
    now: Timestamp,
) -> Result<(), RolloutError> {
    let last = store.last_service_event(&request.service).await?;
    let desired = last.map(|last| last.record.desired);
    let block = desired
        .as_ref()
        .and_then(|desired| desired.block_of(version));
    let Some(block) = block else {
        return Ok(());
    };
    let gate = &request.plan.gate;
    let Some(decision) = lifting_decision(store, gate, version, block.at).await? else {
        return Ok(());
    };
    let because = format!(
        "{gate} says {} about it since {} (decision {})",
        decision.verdict,
        decision.decided_at,
        decision.record.short()
    );
    match lift_version(store, &request.service, version, &because, now).await? {
        // Somebody else was quicker: what they left is read next.
        Ok(_)
        | Err(
            OrderRefusal::Late
            | OrderRefusal::NotBlocked
            | OrderRefusal::NoRollout
            | OrderRefusal::Phase(_)
            | OrderRefusal::NoEarlierVersion
            | OrderRefusal::UnderWay(_)
            | OrderRefusal::Blocked(_),
        ) => Ok(()),
    }
}

/// The gate's last decision about a version, when it is GO and rests on something newer than `since`.
async fn lifting_decision(
    store: &Store,
    gate: &GateName,
    version: Digest,
    since: Timestamp,
) -> Result<Option<StoredDecision>, RolloutError> {
    let last = DecisionRecord::last_about::<RolloutError>(store, gate, version).await?;
    let Some((decision, record)) = last else {
        return Ok(None);
    };
    // The work is counted whenever a gate decides: that measures nothing.
    let mut measured = record
        .inputs
        .iter()
        .filter(|input| input.format != Format::TaskProgress.name());
    let is_new = decision.decided_at > since && measured.any(|input| input.taken_at > since);
    Ok((decision.verdict == Verdict::Go && is_new).then_some(decision))
}
