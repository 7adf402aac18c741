//! From a gate's own verdict, the risk and the votes to one verdict. `docs/gates.md` prints the
//! rule.

use adjutant_domain::{Digest, RoleName, Subject, Verdict};
use serde::{Deserialize, Serialize};

use crate::evaluate::{Case, OwnAnswer};
use crate::evaluator::{self, Looked};
use crate::policy::{Policy, QuorumPolicy};
use crate::quorum::{Ballot, Quorum, QuorumStanding, Vote, VoteSource, Voter, count_votes};
use crate::risk::{CompositeRisk, FactorResult, RiskStanding, assess_risk};

/// What a verdict follows from, where the policy asks for more than criteria and triggers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// What criteria and triggers alone say. The verdict is never laxer.
    pub own: Verdict,
    /// The composite risk, where the policy asks for it.
    pub risk: Option<CompositeRisk>,
    /// The votes, where the policy asks for them.
    pub quorum: Option<Quorum>,
}

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
    let by_risk = risk.map_or(Verdict::Go, allowed_by_risk);
    let by_quorum = quorum.map_or(Verdict::Go, allowed_by_quorum);
    stricter(stricter(gate, by_risk), by_quorum)
}

fn allowed_by_risk(risk: RiskStanding) -> Verdict {
    match risk {
        RiskStanding::Low => Verdict::Go,
        RiskStanding::Medium => Verdict::ShadowOnly,
        RiskStanding::High | RiskStanding::Undecided => Verdict::PauseAndFix,
        RiskStanding::Veto => Verdict::Reject,
    }
}

fn allowed_by_quorum(quorum: QuorumStanding) -> Verdict {
    match quorum {
        QuorumStanding::Go => Verdict::Go,
        QuorumStanding::NoQuorum => Verdict::PauseAndFix,
        QuorumStanding::NoGo => Verdict::Reject,
    }
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

impl Joint {
    /// Risk and votes beside a gate's own answer; `None` when the policy asks for neither.
    pub(crate) fn of(policy: &Policy, own: &OwnAnswer, case: &Case<'_>) -> Option<Self> {
        if !policy.risk && policy.quorum.is_none() {
            return None;
        }
        let risk = assess_risk(case, policy.stale_after_ms);
        let looked = Looked {
            policy,
            own,
            risk: &risk,
            case,
        };
        let quorum = policy.quorum.as_ref().map(|asked| held(asked, &looked));
        Some(Self {
            own: own.verdict,
            quorum,
            risk: policy.risk.then_some(risk),
        })
    }

    /// The verdict of all together.
    pub(crate) fn verdict(&self) -> Verdict {
        joint_verdict(
            self.own,
            self.risk.as_ref().map(CompositeRisk::standing),
            self.quorum.as_ref().map(|quorum| quorum.standing),
        )
    }

    /// The gate's own reasons with those of risk and votes: what made the verdict stricter stands
    /// first, what agrees stands last.
    pub(crate) fn reasons(&self, own: Vec<String>, policy: &Policy) -> Vec<String> {
        let verdict = self.verdict();
        let by_risk = self
            .risk
            .iter()
            .map(|risk| (allowed_by_risk(risk.standing()), risk_reason(risk)));
        let by_quorum = self.quorum.iter().map(|quorum| {
            let reason = quorum_reason(quorum, policy);
            (allowed_by_quorum(quorum.standing), reason)
        });
        let decides = |(allowed, _): &(Verdict, String)| *allowed == verdict && self.own != verdict;
        let (first, last): (Vec<_>, Vec<_>) = by_risk.chain(by_quorum).partition(decides);
        let sentence = |(_, reason): (Verdict, String)| reason;
        (first.into_iter().map(sentence))
            .chain(own)
            .chain(last.into_iter().map(sentence))
            .collect()
    }
}

/// Counts the votes about the subject: those of people that are not stale; for roles without one,
/// that of the evaluator.
fn held(asked: &QuorumPolicy, looked: &Looked<'_>) -> Quorum {
    let artifacts = artifacts(asked, looked.case);
    let about = looked
        .case
        .votes
        .iter()
        .filter(|vote| vote.subject == asked.subject);
    let (fresh, stale): (Vec<&Vote>, Vec<&Vote>) =
        about.partition(|vote| vote.is_fresh(&artifacts));
    let evaluated = asked
        .roles
        .iter()
        .filter(|_| asked.evaluators)
        .filter_map(|role| evaluator::vote(role, looked));
    let of = |source: VoteSource| {
        let is_of = move |vote: &&&Vote| vote.source == source;
        fresh.iter().filter(is_of).map(|vote| (*vote).clone())
    };
    // The evaluators' votes of now say what those that were kept could say.
    let kept = of(VoteSource::Evaluator).filter(|_| !asked.evaluators);
    let votes: Vec<Vote> = kept
        .chain(evaluated)
        .chain(of(VoteSource::Person))
        .collect();
    Quorum {
        stale: stale.into_iter().cloned().collect(),
        ..count_votes(&asked.roles, &votes)
    }
}

/// What there is about the subject of the votes.
pub(crate) fn artifacts(asked: &QuorumPolicy, case: &Case<'_>) -> Vec<Digest> {
    let of_subject = case
        .evidence
        .iter()
        .filter(|given| given.subject == asked.subject);
    of_subject.map(|given| given.artifact).collect()
}

fn risk_reason(risk: &CompositeRisk) -> String {
    let standing = risk.standing();
    let against: Vec<String> = risk
        .factors
        .iter()
        .filter(|factor| factor.weighs() && standing != RiskStanding::Low)
        .map(factor_reason)
        .collect();
    let because = if against.is_empty() {
        String::new()
    } else {
        format!(": {}", against.join("; "))
    };
    format!("The composite risk is {standing}{because}.")
}

fn factor_reason(factor: &FactorResult) -> String {
    format!("{}: {}", factor.factor, factor.reason.trim_end_matches('.'))
}

fn quorum_reason(quorum: &Quorum, policy: &Policy) -> String {
    let (all, go) = (quorum.voters.len(), says(quorum, Ballot::Go));
    match quorum.standing {
        QuorumStanding::Go => format!("The votes say GO: {go} of {all}."),
        QuorumStanding::NoGo => {
            let no_go = says(quorum, Ballot::NoGo);
            let because = doubts(quorum, policy);
            format!("The votes say NO-GO: {no_go} of {all}; {because}.")
        }
        QuorumStanding::NoQuorum => {
            let because = doubts(quorum, policy);
            format!("There is no quorum: {go} of {all} say GO; {because}.")
        }
    }
}

fn says(quorum: &Quorum, ballot: Ballot) -> usize {
    let counted = |voter: &&Voter| voter.vote.as_ref().map(Vote::counted) == Some(ballot);
    quorum.voters.iter().filter(counted).count()
}

/// What each voter that does not say GO says.
fn doubts(quorum: &Quorum, policy: &Policy) -> String {
    let doubts = quorum.voters.iter().filter_map(|voter| {
        let role = &voter.role;
        match &voter.vote {
            Some(vote) if vote.counted() == Ballot::Go => None,
            Some(vote) => {
                let because = vote.because.trim_end_matches('.');
                Some(format!("{role} says {}: {because}", vote.counted()))
            }
            None => Some(unvoted(role, quorum, policy)),
        }
    });
    doubts.collect::<Vec<_>>().join("; ")
}

fn unvoted(role: &RoleName, quorum: &Quorum, policy: &Policy) -> String {
    let is_stale = quorum.stale.iter().any(|vote| vote.role == *role);
    let has = if is_stale {
        "voted before newer evidence came"
    } else {
        "has not voted"
    };
    let subject = policy.quorum.as_ref().map(|asked| &asked.subject);
    let subject = subject.map_or("SUBJECT", Subject::as_str);
    let gate = &policy.name;
    format!("{role} {has}, run `adjutant vote --gate {gate} --role {role} --for {subject}`")
}
