//! Built-in voters: for each executive role a function from evidence to a vote with its reasons.
//! Whoever lacks data abstains, and names the command that would produce it. `docs/gates.md` says
//! what each looks at.

use adjutant_domain::{Citation, Measured, Outcome, RoleName, Validity};

use crate::evaluate::{Case, Detail, OwnAnswer, own_answer};
use crate::evaluator_asks as asks;
use crate::joint::artifacts;
use crate::policy::{Ask, Policy};
use crate::prepared::{Answer, prepare};
use crate::quorum::{Ballot, Vote, VoteSource};
use crate::risk::{CompositeRisk, RiskFactor, RiskStanding, assess_risk};
use crate::risk_asks::{self, Asked};

/// A role that the program can vote for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evaluator {
    /// Stability of the environment, latency, resources.
    InfraPerformance,
    /// Compliance, objectives, readiness to roll back.
    QualitySafety,
    /// Risk and contract.
    AiOperations,
}

/// What an evaluator looks at.
pub(crate) struct Looked<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) own: &'a OwnAnswer,
    pub(crate) risk: &'a CompositeRisk,
    pub(crate) case: &'a Case<'a>,
}

/// One thing that was looked at.
struct Ground {
    what: &'static str,
    says: Ballot,
    because: String,
    sources: Vec<Citation>,
}

impl Evaluator {
    pub(crate) const ALL: [Self; 3] = [
        Self::InfraPerformance,
        Self::QualitySafety,
        Self::AiOperations,
    ];

    /// The role that it votes for.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::InfraPerformance => "infra-performance-monitor",
            Self::QualitySafety => "quality-safety-officer",
            Self::AiOperations => "ai-operations-engineer",
        }
    }

    fn grounds(self, looked: &Looked<'_>) -> Vec<Ground> {
        match self {
            Self::InfraPerformance => vec![
                asked("environment", &[asks::environment()], None, looked),
                asked("latency", &[risk_asks::p95()], None, looked),
                asked(
                    "resources",
                    &asks::resources(),
                    Some(asks::RESOURCES_REMEDY),
                    looked,
                ),
            ],
            Self::QualitySafety => vec![
                asked("compliance", &[risk_asks::compliance()], None, looked),
                objectives(looked),
                rollback(looked),
            ],
            Self::AiOperations => vec![contract(looked.risk), risk(looked.risk)],
        }
    }
}

/// The vote that the evidence gives a role; `None` for a role without an evaluator, and where the
/// policy asks for no votes.
pub fn evaluate(policy: &Policy, case: &Case<'_>, role: &RoleName) -> Option<Vote> {
    let own = own_answer(Detail::Judged, policy, case);
    let looked = Looked {
        policy,
        own: &own,
        risk: &assess_risk(case, policy.stale_after_ms),
        case,
    };
    vote(role, &looked)
}

pub(crate) fn vote(role: &RoleName, looked: &Looked<'_>) -> Option<Vote> {
    let quorum = looked.policy.quorum.as_ref()?;
    let mut all = Evaluator::ALL.into_iter();
    let grounds = all
        .find(|evaluator| evaluator.role() == role.as_str())?
        .grounds(looked);
    // The strictest ground decides.
    let ballot = grounds.iter().map(|ground| ground.says).max()?;
    let decisive = grounds.iter().filter(|ground| ground.says == ballot);
    let because: Vec<String> = decisive
        .map(|ground| format!("{}: {}", ground.what, ground.because))
        .collect();
    let mut evidence: Vec<Citation> = vec![];
    for source in grounds.into_iter().flat_map(|ground| ground.sources) {
        if !evidence.contains(&source) {
            evidence.push(source);
        }
    }
    Some(Vote {
        subject: quorum.subject.clone(),
        role: role.clone(),
        ballot,
        because: because.join("; "),
        evidence,
        seen: artifacts(quorum, looked.case),
        decision: None,
        source: VoteSource::Evaluator,
        at: looked.case.now,
    })
}

/// A ground of one or more questions: those that have evidence must hold, and one must have some.
fn asked(
    what: &'static str,
    questions: &[Asked],
    remedy: Option<&str>,
    looked: &Looked<'_>,
) -> Ground {
    let answers: Vec<(&Asked, Answer)> = questions
        .iter()
        .map(|question| (question, answer(question, looked)))
        .collect();
    let has_data = |(_, answer): &&(&Asked, Answer)| answer.validity != Validity::NoData;
    let known = answers.iter().filter(has_data).count();
    let weighed = || {
        let counts = |one: &&(&Asked, Answer)| known == 0 || has_data(one);
        answers.iter().filter(counts)
    };
    let says = weighed().map(|(_, answer)| ballot(answer)).max();
    let says = says.unwrap_or(Ballot::Abstain);
    let because: Vec<String> = weighed()
        .filter(|(_, answer)| ballot(answer) == says)
        .map(|(question, answer)| told(question, says, answer))
        .collect();
    let command = weighed().find_map(|(_, answer)| answer.needed.command.as_ref());
    let next = match (says, remedy, command) {
        (Ballot::Abstain, Some(remedy), _) => format!(", {remedy}"),
        (Ballot::Abstain, None, Some(flags)) => {
            format!(", run `adjutant gate {} {flags}`", looked.policy.name)
        }
        (Ballot::Abstain, None, None) | (Ballot::Go | Ballot::NoGo, _, _) => String::new(),
    };
    let observed = weighed().map(|(_, answer)| answer.observed.as_ref());
    Ground {
        what,
        says,
        because: because.join(", ") + &next,
        sources: observed.flat_map(sources).collect(),
    }
}

fn answer(question: &Asked, looked: &Looked<'_>) -> Answer {
    let ask = Ask {
        stale_after_ms: looked.policy.stale_after_ms,
        ..question.ask.clone()
    };
    prepare(&ask, question.demand, looked.policy.seed, looked.case)
        .answer(ask.confidence, Detail::Judged)
}

fn ballot(answer: &Answer) -> Ballot {
    match (answer.validity, answer.outcome) {
        (Validity::Valid, Outcome::Pass) => Ballot::Go,
        (Validity::Valid, Outcome::Fail) => Ballot::NoGo,
        (_, _) => Ballot::Abstain,
    }
}

fn told(question: &Asked, says: Ballot, answer: &Answer) -> String {
    let words = &question.words;
    let reason = answer.reason.trim_end_matches('.');
    match says {
        Ballot::Go => format!("{words} is accepted"),
        Ballot::NoGo => format!("{words} is not accepted, {reason}"),
        Ballot::Abstain if answer.validity == Validity::Valid => {
            format!("{words} is undecided ({reason})")
        }
        Ballot::Abstain => format!("{words} has no answer, {} ({reason})", answer.validity),
    }
}

fn sources(measured: Option<&Measured>) -> Vec<Citation> {
    measured.map_or_else(Vec::new, |measured| measured.sources().to_vec())
}

/// Whether the gate's required criteria hold.
fn objectives(looked: &Looked<'_>) -> Ground {
    let required = || {
        let both = looked.own.criteria.iter().zip(&looked.own.standings);
        both.filter(|(_, standing)| standing.required)
    };
    let named = |ids: Vec<String>, words: &str| format!("{} {words}", ids.join(", "));
    let failing: Vec<String> = required()
        .filter(|(_, standing)| standing.fails())
        .map(|(result, _)| result.id.to_string())
        .collect();
    let open: Vec<String> = required()
        .filter(|(_, standing)| !standing.passes())
        .map(|(result, _)| result.id.to_string())
        .collect();
    let (says, because) = match (failing.is_empty(), open.is_empty()) {
        (false, _) => (Ballot::NoGo, named(failing, "not kept")),
        (true, false) => {
            let command = required().find_map(|(result, standing)| {
                let command = result.needed.command.as_ref();
                command.filter(|_| !standing.passes())
            });
            let next = command.map_or_else(String::new, |run| format!(", run `{run}`"));
            (Ballot::Abstain, named(open, "not decided") + &next)
        }
        (true, true) => (Ballot::Go, "every required criterion is kept".to_owned()),
    };
    let observed = required().map(|(result, _)| result.observed.as_ref());
    Ground {
        what: "objectives",
        says,
        because,
        sources: observed.flat_map(sources).collect(),
    }
}

/// Whether the candidate would be taken back: there are triggers, all can be told, none fires.
fn rollback(looked: &Looked<'_>) -> Ground {
    let triggers = &looked.own.triggers;
    let fired = triggers.iter().find(|trigger| trigger.fired == Some(true));
    let unknown = triggers.iter().find(|trigger| trigger.fired.is_none());
    let (says, because) = match (fired, unknown) {
        (Some(fired), _) => (Ballot::NoGo, format!("trigger {} fires", fired.id)),
        (None, Some(unknown)) => {
            let because = format!("trigger {} cannot be told: {}", unknown.id, unknown.reason);
            (Ballot::Abstain, because)
        }
        (None, None) if triggers.is_empty() => (
            Ballot::Abstain,
            format!(
                "nothing would take the candidate back, add [[gate.{}.triggers]] to the policy",
                looked.policy.name
            ),
        ),
        (None, None) => (
            Ballot::Go,
            "every trigger can be told and none fires".to_owned(),
        ),
    };
    Ground {
        what: "rollback",
        says,
        because,
        sources: vec![],
    }
}

/// Whether a change of the contract breaks somebody.
fn contract(risk: &CompositeRisk) -> Ground {
    let schema = risk
        .factors
        .iter()
        .find(|found| found.factor == RiskFactor::Schema);
    Ground {
        what: "schema",
        says: match risk.veto {
            Some(true) => Ballot::NoGo,
            Some(false) => Ballot::Go,
            None => Ballot::Abstain,
        },
        because: schema.map_or_else(String::new, |schema| schema.reason.clone()),
        sources: factor_sources(risk, Some(RiskFactor::Schema)),
    }
}

/// Whether the composite risk is low.
fn risk(risk: &CompositeRisk) -> Ground {
    let standing = risk.standing();
    let unknown = risk
        .factors
        .iter()
        .filter(|found| found.validity != Validity::Valid);
    let unknown: Vec<String> = unknown
        .map(|found| format!("{}: {}", found.factor, found.reason))
        .collect();
    let (says, because) = match standing {
        RiskStanding::Low => (Ballot::Go, standing.to_string()),
        RiskStanding::Medium => (
            Ballot::Abstain,
            format!("{standing}, mirror traffic to it first"),
        ),
        RiskStanding::Undecided => (
            Ballot::Abstain,
            format!("{standing}, {}", unknown.join("; ")),
        ),
        RiskStanding::High | RiskStanding::Veto => (Ballot::NoGo, standing.to_string()),
    };
    Ground {
        what: "risk",
        says,
        because,
        sources: factor_sources(risk, None),
    }
}

/// The sources of one factor, or of all.
fn factor_sources(risk: &CompositeRisk, which: Option<RiskFactor>) -> Vec<Citation> {
    let factors = risk.factors.iter();
    let meant = factors.filter(|found| which.is_none_or(|which| found.factor == which));
    let values = meant.flat_map(|found| &found.observed);
    values
        .flat_map(|value| value.measured.sources().to_vec())
        .collect()
}
