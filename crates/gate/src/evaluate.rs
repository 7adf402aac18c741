//! The gate itself: policy x evidence x history x now -> decision. Pure; the same inputs give the
//! same decision, digit by digit.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::{
    Confidence, CriterionId, Digest, Evidence, Outcome, Subject, Timestamp, Validity, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::decision::{CriterionResult, Decision, Input, Needed, TriggerResult};
use crate::joint::Joint;
use crate::policy::{Criterion, Policy, Trigger, TriggerCondition};
use crate::prepared::{Answer, Prepared, prepare};
use crate::quorum::Vote;
use crate::statistic::Statistic;
use crate::trend::trend;
use crate::verdict::{Alarm, Standing, Weight, verdict};
use crate::words;

/// Everything a decision depends on besides the policy.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What was measured.
    pub evidence: &'a [Evidence],
    /// Sources that were named and could not be read, or were empty.
    pub failures: &'a [SourceFailure],
    /// Earlier decisions of the same gate, oldest first.
    pub history: &'a [PastDecision],
    /// Reasons given with the call, for criteria whose policy allows one.
    pub reasons: &'a BTreeMap<CriterionId, String>,
    /// Votes of roles, oldest first.
    pub votes: &'a [Vote],
    /// When the decision is made.
    pub now: Timestamp,
}

/// A source that was named and gave no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFailure {
    /// Whose evidence it should have been.
    pub subject: Subject,
    /// What was named: a file or a URL, without folders.
    pub what: String,
    /// The error, with its remedy, without a full stop at its end.
    pub why: String,
    /// Whether it could be read and held nothing.
    pub empty: bool,
}

/// What is kept of an earlier decision, for trends and for confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastDecision {
    /// When.
    pub decided_at: Timestamp,
    /// Its answers.
    pub criteria: Vec<PastCriterion>,
    /// The artifacts it read.
    pub artifacts: Vec<Digest>,
}

/// One answer of an earlier decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastCriterion {
    /// Which criterion.
    pub id: CriterionId,
    /// The observed value, in the criterion's unit.
    pub observed: Option<f64>,
    /// Whether the evidence could answer.
    pub validity: Validity,
    /// What it answered.
    pub outcome: Outcome,
}

impl From<&Decision> for PastDecision {
    fn from(decision: &Decision) -> Self {
        Self {
            decided_at: decision.decided_at,
            criteria: decision
                .criteria
                .iter()
                .map(|result| PastCriterion {
                    id: result.id.clone(),
                    observed: result.observed.as_ref().map(|observed| observed.value()),
                    validity: result.validity,
                    outcome: result.outcome,
                })
                .collect(),
            artifacts: decision.inputs.iter().map(|input| input.artifact).collect(),
        }
    }
}

/// How much of a decision is computed. What is judged is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Everything a report shows.
    Full,
    /// Without each arm's own interval, which the self-test does not look at.
    Judged,
}

/// Decides: every criterion, every trigger, and the verdict that follows from them.
pub fn decide(policy: &Policy, case: &Case<'_>) -> Decision {
    decide_in(Detail::Full, policy, case)
}

pub(crate) fn decide_in(detail: Detail, policy: &Policy, case: &Case<'_>) -> Decision {
    let own = own_answer(detail, policy, case);
    let joint = match detail {
        Detail::Full => Joint::of(policy, &own, case),
        Detail::Judged => None,
    };
    let reasons = reasons(policy, &own, case);
    Decision {
        gate: policy.name.clone(),
        decided_at: case.now,
        verdict: joint.as_ref().map_or(own.verdict, Joint::verdict),
        reasons: match &joint {
            Some(joint) => joint.reasons(reasons, policy),
            None => reasons,
        },
        criteria: own.criteria,
        triggers: own.triggers,
        inputs: case.evidence.iter().map(input).collect(),
        joint,
    }
}

/// What criteria and triggers alone say.
pub(crate) struct OwnAnswer {
    pub(crate) verdict: Verdict,
    pub(crate) criteria: Vec<CriterionResult>,
    pub(crate) standings: Vec<Standing>,
    pub(crate) triggers: Vec<TriggerResult>,
}

pub(crate) fn own_answer(detail: Detail, policy: &Policy, case: &Case<'_>) -> OwnAnswer {
    let prepared: Vec<Prepared<'_>> = policy
        .criteria
        .iter()
        .map(|criterion| prepare(&criterion.ask, criterion.demand, policy.seed, case))
        .collect();
    let answers = answers(detail, policy, &prepared);
    let criteria: Vec<CriterionResult> = policy
        .criteria
        .iter()
        .zip(answers)
        .map(|(criterion, answer)| result(policy, criterion, answer, case))
        .collect();
    let standings: Vec<Standing> = policy
        .criteria
        .iter()
        .zip(&criteria)
        .zip(&prepared)
        .map(|((criterion, result), prepared)| standing(criterion, result, prepared, case))
        .collect();
    let (triggers, alarms): (Vec<TriggerResult>, Vec<Alarm>) = policy
        .triggers
        .iter()
        .map(|trigger| triggered(policy, trigger, &standings, case))
        .unzip();
    let every_source_was_read = case.failures.is_empty();
    OwnAnswer {
        verdict: verdict(&standings, &alarms, policy.undecided, every_source_was_read),
        criteria,
        standings,
        triggers,
    }
}

/// Every criterion's answer. Families are answered by Holm's procedure: with `m` members still
/// undecided each is asked at an error of `1/m`; whoever is decided leaves, and the rest is asked
/// again.
fn answers(detail: Detail, policy: &Policy, prepared: &[Prepared<'_>]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = policy
        .criteria
        .iter()
        .zip(prepared)
        .map(|(criterion, prepared)| prepared.answer(criterion.ask.confidence, detail))
        .collect();
    let families: BTreeSet<&String> = policy.criteria.iter().flat_map(|c| &c.holm).collect();
    for family in families {
        let mut undecided: Vec<usize> = (0..answers.len())
            .filter(|&at| policy.criteria[at].holm.as_ref() == Some(family))
            .collect();
        while !undecided.is_empty() {
            let members = undecided.len();
            for &at in &undecided {
                let level = shared(policy.criteria[at].ask.confidence, members);
                answers[at] = prepared[at].answer(level, detail);
            }
            undecided.retain(|&at| answers[at].outcome == Outcome::Inconclusive);
            if undecided.len() == members {
                break;
            }
        }
    }
    answers
}

/// The confidence of one of several members that share an error.
fn shared(confidence: Confidence, members: usize) -> Confidence {
    let level = |level: f64| 1.0 - (1.0 - level) / members as f64;
    match confidence {
        Confidence::TwoSided(given) => Confidence::TwoSided(level(given)),
        Confidence::OneSided(given) => Confidence::OneSided(level(given)),
    }
}

fn result(
    policy: &Policy,
    criterion: &Criterion,
    answer: Answer,
    case: &Case<'_>,
) -> CriterionResult {
    let given = case.reasons.get(&criterion.id).map(|reason| reason.trim());
    let blocks = answer.validity == Validity::Valid && answer.outcome != Outcome::Pass;
    let bypass = given.filter(|reason| criterion.reason_allowed && blocks && !reason.is_empty());
    let observed = answer.observed.as_ref().map(|observed| observed.value());
    let command = answer
        .needed
        .command
        .map(|flags| format!("adjutant gate {} {flags}", policy.name));
    CriterionResult {
        id: criterion.id.clone(),
        target: words::target(&criterion.ask, &criterion.demand),
        accepted: answer.accepted,
        required: criterion.required,
        trend: trend(
            &criterion.id,
            &criterion.ask,
            &criterion.demand,
            observed,
            case.history,
        ),
        observed: answer.observed,
        confidence: answer.confidence,
        arms: answer.arms,
        method: answer.method,
        validity: answer.validity,
        outcome: answer.outcome,
        reason: answer.reason,
        bypass: bypass.map(str::to_owned),
        needed: Needed {
            command,
            ..answer.needed
        },
    }
}

fn standing(
    criterion: &Criterion,
    result: &CriterionResult,
    prepared: &Prepared<'_>,
    case: &Case<'_>,
) -> Standing {
    let failed_before = |last: &PastDecision| {
        let failed = last.criteria.iter().any(|past| {
            past.id == criterion.id
                && past.validity == Validity::Valid
                && past.outcome == Outcome::Fail
        });
        let is_new = prepared
            .artifacts()
            .iter()
            .any(|artifact| !last.artifacts.contains(artifact));
        failed && is_new
    };
    Standing {
        required: criterion.required,
        validity: result.validity,
        outcome: result.outcome,
        weight: if result.bypass.is_some() {
            Weight::Lifted
        } else if criterion.confirm && !case.history.last().is_some_and(failed_before) {
            Weight::Unconfirmed
        } else {
            Weight::Full
        },
        live: is_live(&criterion.ask.statistic),
    }
}

/// Whether mirrored traffic is what it watches, so that it must pass before traffic is mirrored.
fn is_live(statistic: &Statistic) -> bool {
    match statistic {
        Statistic::Quantile { .. } | Statistic::ErrorRate | Statistic::Throughput => true,
        Statistic::Mean { measure } => measure.as_str().starts_with("latency"),
        Statistic::Ndcg { .. }
        | Statistic::ComplianceAtOne
        | Statistic::AblationDrop
        | Statistic::Correlation
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => false,
    }
}

fn triggered(
    policy: &Policy,
    trigger: &Trigger,
    standings: &[Standing],
    case: &Case<'_>,
) -> (TriggerResult, Alarm) {
    let (alarm, reason) = match &trigger.condition {
        TriggerCondition::AnyFails => {
            let alarm = any_fails(standings);
            let reason = match alarm.fired {
                Some(true) => "a required criterion fails for sure",
                Some(false) => "every required criterion passes",
                None => "no required criterion fails for sure, and not all pass",
            };
            (alarm, reason.to_owned())
        }
        TriggerCondition::Holds { ask, demand } => {
            let answer =
                prepare(ask, *demand, policy.seed, case).answer(ask.confidence, Detail::Judged);
            let fired = match (answer.validity, answer.outcome) {
                (Validity::Valid, Outcome::Pass) => Some(true),
                (Validity::Valid, Outcome::Fail) => Some(false),
                (_, _) => None,
            };
            let reason = match fired {
                Some(true) => "the whole interval says so".to_owned(),
                Some(false) => "the whole interval says the opposite".to_owned(),
                None if answer.validity == Validity::Valid => "the interval holds both".to_owned(),
                None => format!("{}: {}", answer.validity, answer.reason),
            };
            let live = is_live(&ask.statistic);
            (
                Alarm {
                    fired,
                    validity: answer.validity,
                    live,
                },
                reason,
            )
        }
    };
    let result = TriggerResult {
        id: trigger.id.clone(),
        condition: words::condition(&trigger.condition),
        fired: alarm.fired,
        reason,
    };
    (result, alarm)
}

fn any_fails(standings: &[Standing]) -> Alarm {
    let required = || standings.iter().filter(|standing| standing.required);
    let open = || required().filter(|standing| !standing.passes());
    let fired = if required().any(|standing| standing.fails()) {
        Some(true)
    } else if open().count() == 0 {
        Some(false)
    } else {
        None
    };
    let invalid = open()
        .map(|standing| standing.validity)
        .find(|v| *v != Validity::Valid);
    Alarm {
        fired,
        validity: invalid.unwrap_or(Validity::Valid),
        live: open().any(|standing| standing.live),
    }
}

/// Why the verdict is what it is, the weightiest first.
fn reasons(policy: &Policy, own: &OwnAnswer, case: &Case<'_>) -> Vec<String> {
    let mut weighed: Vec<(u8, String)> = own
        .criteria
        .iter()
        .zip(&own.standings)
        .filter_map(|(result, standing)| weigh(result, *standing))
        .collect();
    for trigger in &own.triggers {
        let (id, reason) = (&trigger.id, &trigger.reason);
        match trigger.fired {
            Some(true) => weighed.push((1, format!("Trigger {id} fires: {reason}."))),
            Some(false) => {}
            None => weighed.push((6, format!("Trigger {id} cannot be told: {reason}."))),
        }
    }
    for failure in case.failures {
        let (subject, what, why) = (&failure.subject, &failure.what, &failure.why);
        weighed.push((
            2,
            format!("Evidence {what} for {subject} was not read: {why}."),
        ));
    }
    for id in case.reasons.keys() {
        let criterion = policy.criteria.iter().find(|criterion| criterion.id == *id);
        let problem = match criterion {
            None => "this gate has no such criterion",
            Some(criterion) if !criterion.reason_allowed => "its policy allows none",
            Some(_) => continue,
        };
        weighed.push((
            7,
            format!("The reason given for {id} lifts nothing: {problem}."),
        ));
    }
    if weighed.iter().all(|(weight, _)| *weight > 6) {
        weighed.push((0, "Every required criterion passes.".to_owned()));
    }
    weighed.sort_by_key(|(weight, _)| *weight);
    weighed.into_iter().map(|(_, reason)| reason).collect()
}

/// A sentence about a criterion that does not simply pass, and its weight.
fn weigh(result: &CriterionResult, standing: Standing) -> Option<(u8, String)> {
    let (id, why) = (&result.id, &result.reason);
    if let Some(reason) = &result.bypass {
        return Some((
            8,
            format!("{id} does not pass ({why}); lifted by the recorded reason: {reason}"),
        ));
    }
    let optional = if standing.required {
        ""
    } else {
        " (not required)"
    };
    let weight = |required: u8| if standing.required { required } else { 9 };
    match (standing.validity, standing.outcome) {
        (Validity::Valid, Outcome::Pass) => None,
        (Validity::Valid, Outcome::Fail) if standing.weight == Weight::Unconfirmed => Some((
            weight(3),
            format!("{id} fails{optional}: {why}; a second run must confirm it before it rejects."),
        )),
        (Validity::Valid, Outcome::Fail) => {
            Some((weight(0), format!("{id} fails{optional}: {why}.")))
        }
        (Validity::Valid, Outcome::Inconclusive) => {
            Some((weight(5), format!("{id} is undecided{optional}: {why}.")))
        }
        (validity, _) => Some((
            weight(4),
            format!("{id} has no answer{optional}, {validity}: {why}."),
        )),
    }
}

fn input(evidence: &Evidence) -> Input {
    Input {
        subject: evidence.subject.clone(),
        run: evidence.run.clone(),
        artifact: evidence.artifact,
        file: evidence.file.clone(),
        taken_at: evidence.taken_at,
    }
}
