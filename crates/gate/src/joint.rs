//! From a gate's own verdict, the risk and the votes to one verdict. `docs/gates.md` prints the
//! rule.

use adjutant_domain::Verdict;

use crate::quorum::QuorumStanding;
use crate::risk::RiskStanding;

/// The verdict of everything that was asked; `None` is what the policy does not ask for.
///
/// The first row that fits: a gate that rejects, a veto or a NO-GO of the quorum rejects; then
/// whatever is undecided, a high risk or a missing quorum pauses; then a gate that says shadow, or
/// a medium risk, goes to shadow; only what is left goes.
pub fn joint_verdict(
    gate: Verdict,
    risk: Option<RiskStanding>,
    quorum: Option<QuorumStanding>,
) -> Verdict {
    let by_risk = match risk {
        None | Some(RiskStanding::Low) => Verdict::Go,
        Some(RiskStanding::Medium) => Verdict::ShadowOnly,
        Some(RiskStanding::High | RiskStanding::Undecided) => Verdict::PauseAndFix,
        Some(RiskStanding::Veto) => Verdict::Reject,
    };
    let by_quorum = match quorum {
        None | Some(QuorumStanding::Go) => Verdict::Go,
        Some(QuorumStanding::NoQuorum) => Verdict::PauseAndFix,
        Some(QuorumStanding::NoGo) => Verdict::Reject,
    };
    stricter(stricter(gate, by_risk), by_quorum)
}

/// The one that lets less through.
fn stricter(one: Verdict, other: Verdict) -> Verdict {
    let strictness = |verdict: Verdict| match verdict {
        Verdict::Go => 0,
        Verdict::ShadowOnly => 1,
        Verdict::PauseAndFix => 2,
        Verdict::Reject => 3,
    };
    if strictness(one) >= strictness(other) {
        one
    } else {
        other
    }
}
