//! The sentences of the deployment report, the same for Markdown, HTML and JSON. A text between
//! backticks is code; everything else is plain. Does not lay anything out.

use adjutant_domain::Verdict;
use adjutant_gate::{CriterionResult, Decision, Learning, Needed, TriggerResult};

use super::Deployment;
use crate::consensus::{self, risk_sentence, votes_sentence};
use crate::number;
use crate::standing::{self, Counts, NO_DATA_AVAILABLE, Standing, sentence};

/// The summary is read by people in a hurry.
pub(crate) const SUMMARY_WORDS_MAX: usize = 200;

/// The report's sentences.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    /// At most [`SUMMARY_WORDS_MAX`] words.
    pub(crate) summary: String,
    /// Why the criteria that did not pass did not, and what would change them.
    pub(crate) open: Vec<String>,
    /// The gate and its criteria in one sentence each.
    pub(crate) safety: Vec<String>,
    /// Why this verdict.
    pub(crate) justification: Vec<String>,
    /// What to do next, in order.
    pub(crate) next_actions: Vec<String>,
    /// What limits the harm.
    pub(crate) risk_mitigation: Vec<String>,
    /// What the next person needs to know.
    pub(crate) relay_note: Vec<String>,
    /// The verdict's reason in one line.
    pub(crate) closing_reason: String,
}

/// A section that nothing is recorded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NothingRecorded {
    Compatibility,
    Consensus,
    Progress,
}

impl NothingRecorded {
    /// What is missing, and what would fill the section.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Compatibility => {
                "No answer of a check before traffic was given to the gate, as evidence about the \
                 candidate:"
            }
            Self::Consensus => {
                "The gate's policy asks for no votes. Add a `quorum` table to it, then ask the gate \
                 again."
            }
            Self::Progress => {
                "The store had no task when the gate decided. File one with `adjutant task add`, \
                 then ask the gate again."
            }
        }
    }
}

impl Contents {
    /// The sentences about a decision.
    pub(crate) fn of(deployment: Deployment<'_>) -> Self {
        let decision = deployment.decision;
        Self {
            summary: summary(decision),
            open: open(decision),
            safety: safety(decision),
            justification: justification(decision),
            next_actions: next_actions(decision),
            risk_mitigation: risk_mitigation(decision),
            relay_note: relay_note(deployment),
            closing_reason: closing_reason(decision),
        }
    }
}

fn summary(decision: &Decision) -> String {
    let opening = format!(
        "{}. {} Gate `{}` decided at {}. {}",
        decision.verdict,
        standing::meaning(decision.verdict),
        decision.gate,
        decision.decided_at,
        safety(decision).join(" "),
    );
    let closing = "Every number names its run, file and place.";
    let mut text = opening;
    for reason in &decision.reasons {
        if words(&text) + words(reason) + words(closing) > SUMMARY_WORDS_MAX {
            break;
        }
        text.push(' ');
        text.push_str(&sentence(reason));
    }
    format!("{text} {closing}")
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn safety(decision: &Decision) -> Vec<String> {
    let counts = Counts::of(decision);
    let mut sentences = vec![format!(
        "Criteria: {} pass, {} fail, {} inconclusive, {} without an answer.",
        counts.pass, counts.fail, counts.inconclusive, counts.no_answer
    )];
    let fired = decision.triggers.iter().filter(|t| t.fired == Some(true));
    let unknown = decision.triggers.iter().filter(|t| t.fired.is_none());
    sentences.push(if decision.triggers.is_empty() {
        "The policy declares no rollback trigger.".to_owned()
    } else {
        format!(
            "Rollback triggers: {} of {} fired, {} cannot be told.",
            fired.count(),
            decision.triggers.len(),
            unknown.count()
        )
    });
    if let Some(joint) = &decision.joint {
        sentences.push(format!("Criteria and triggers alone say {}.", joint.own));
        sentences.extend(joint.risk.as_ref().map(risk_sentence));
        sentences.extend(joint.quorum.as_ref().map(votes_sentence));
    }
    sentences
}

fn open(decision: &Decision) -> Vec<String> {
    decision
        .criteria
        .iter()
        .filter(|criterion| Standing::of(criterion) != Standing::Pass)
        .map(|criterion| {
            let mut text = format!(
                "`{}` {}: {}",
                criterion.id,
                standing::words(criterion),
                sentence(&criterion.reason)
            );
            for more in standing::bypass(criterion)
                .into_iter()
                .chain(needed(criterion))
            {
                text.push(' ');
                text.push_str(&more);
            }
            text
        })
        .collect()
}

/// What would change a criterion's answer, a sentence each.
pub(crate) fn needed(criterion: &CriterionResult) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(distance(criterion));
    if let Some(more) = more_samples(&criterion.needed) {
        sentences.push(format!("Needs {more}."));
    }
    if let Some(command) = &criterion.needed.command {
        sentences.push(format!("Run `{command}`."));
    }
    sentences
}

/// How far the deciding end of the interval is from the limit.
fn distance(criterion: &CriterionResult) -> Option<String> {
    let (distance, observed) = (criterion.needed.distance?, criterion.observed.as_ref()?);
    let size = number::distance(distance.abs(), observed.interval(), observed.unit());
    Some(if distance >= 0.0 {
        format!("The interval clears the limit by {size}.")
    } else {
        format!("The interval passes the limit by {size}.")
    })
}

fn more_samples(needed: &Needed) -> Option<String> {
    let minutes = needed.minutes.map(|minutes| {
        format!(
            "about {} minutes at the observed rate",
            minutes_text(minutes)
        )
    });
    match (needed.samples, minutes) {
        (Some(samples), Some(minutes)) => Some(format!(
            "about {} more samples an arm, {minutes}",
            number::count(samples)
        )),
        (Some(samples), None) => Some(format!(
            "about {} more samples an arm",
            number::count(samples)
        )),
        (None, Some(minutes)) => Some(minutes),
        (None, None) => None,
    }
}

/// Minutes as people plan them: two significant digits are as much as a forecast is worth.
fn minutes_text(minutes: f64) -> String {
    if minutes >= 10.0 {
        number::plain(minutes.ceil())
    } else {
        number::plain((minutes * 10.0).ceil() / 10.0)
    }
}

fn justification(decision: &Decision) -> Vec<String> {
    if decision.reasons.is_empty() {
        return vec![standing::meaning(decision.verdict).to_owned()];
    }
    decision
        .reasons
        .iter()
        .map(|reason| sentence(reason))
        .collect()
}

fn next_actions(decision: &Decision) -> Vec<String> {
    let mut actions = Vec::new();
    for trigger in decision.triggers.iter().filter(|t| t.fired == Some(true)) {
        actions.push(format!(
            "Take the candidate back wherever it serves, because trigger `{}` fired: {}",
            trigger.id,
            sentence(&trigger.reason)
        ));
    }
    for criterion in decision.criteria.iter().filter(|c| !standing::is_lifted(c)) {
        match Standing::of(criterion) {
            Standing::Pass => {}
            Standing::Fail => actions.push(format!(
                "Mend `{}`: {}",
                criterion.id,
                sentence(&criterion.reason)
            )),
            Standing::Inconclusive | Standing::NoAnswer(_) => actions.push(decide(criterion)),
        }
    }
    for trigger in decision.triggers.iter().filter(|t| t.fired.is_none()) {
        actions.push(format!(
            "Find out whether trigger `{}` fires: {}",
            trigger.id,
            sentence(&trigger.reason)
        ));
    }
    actions.extend(decision.joint.iter().flat_map(consensus::actions));
    actions.push(match decision.verdict {
        Verdict::Go => "Ship the candidate and keep the rollback triggers in sight.".to_owned(),
        Verdict::ShadowOnly => format!(
            "Mirror traffic to the candidate, then ask again: `adjutant gate {}`.",
            decision.gate
        ),
        Verdict::PauseAndFix => format!("Then ask again: `adjutant gate {}`.", decision.gate),
        Verdict::Reject => format!(
            "Keep the baseline. Ask again with a mended candidate: `adjutant gate {}`.",
            decision.gate
        ),
    });
    actions
}

fn decide(criterion: &CriterionResult) -> String {
    let needed = needed(criterion);
    if needed.is_empty() {
        format!("Decide `{}`: {}", criterion.id, sentence(&criterion.reason))
    } else {
        format!("Decide `{}`. {}", criterion.id, needed.join(" "))
    }
}

fn risk_mitigation(decision: &Decision) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.push(match decision.verdict {
        Verdict::Go => "The baseline stays ready to take all traffic back.".to_owned(),
        Verdict::ShadowOnly => "The candidate answers mirrored traffic only.".to_owned(),
        Verdict::PauseAndFix | Verdict::Reject => {
            "The candidate serves nobody while this verdict stands.".to_owned()
        }
    });
    if decision.triggers.is_empty() {
        sentences.push(
            "The policy declares no rollback trigger, so nothing would take the candidate back \
             by itself."
                .to_owned(),
        );
    }
    for criterion in &decision.criteria {
        if let Some(bypass) = standing::bypass(criterion) {
            sentences.push(format!("`{}`: {bypass}", criterion.id));
        }
    }
    for trigger in &decision.triggers {
        sentences.push(format!(
            "Roll back when {} (`{}`, {}).",
            trigger.condition.trim_end_matches('.'),
            trigger.id,
            fired(trigger)
        ));
    }
    sentences
}

/// A trigger's state in words.
pub(crate) fn fired(trigger: &TriggerResult) -> &'static str {
    match trigger.fired {
        Some(true) => "fired",
        Some(false) => "not fired",
        None => "cannot be told",
    }
}

fn relay_note(deployment: Deployment<'_>) -> Vec<String> {
    let decision = deployment.decision;
    let undecided: Vec<String> = decision
        .criteria
        .iter()
        .filter(|criterion| Standing::of(criterion).is_undecided())
        .map(|criterion| format!("`{}`", criterion.id))
        .collect();
    let open = if undecided.is_empty() {
        "Nothing is left undecided.".to_owned()
    } else {
        format!("Left undecided: {}.", undecided.join(", "))
    };
    let mut note = vec![
        format!(
            "Gate `{}` answered {} from {} artifacts. {open}",
            decision.gate,
            decision.verdict,
            decision.inputs.len()
        ),
        learned(&deployment.facts.learnings),
    ];
    note.extend(deployment.facts.artifact.as_ref().map(|judged| {
        format!(
            "The candidate is the build `{}`, SHA-256 {}.",
            judged.file, judged.digest
        )
    }));
    note.push(
        "To check this report, run `adjutant verify` on its file: that reopens the artifacts, \
         recomputes the decision and compares every digit."
            .to_owned(),
    );
    note.extend(without_data(deployment));
    note.push(format!("Decision record: `sha256:{}`", deployment.record));
    note
}

fn learned(learnings: &[Learning]) -> String {
    if learnings.is_empty() {
        return "No learning is validated: no comparison has its whole interval above zero."
            .to_owned();
    }
    let named: Vec<String> = learnings
        .iter()
        .map(|learning| format!("`{}`", learning.criterion))
        .collect();
    format!(
        "Validated learnings, with their runs in `innovation_report.md`: {}.",
        named.join(", ")
    )
}

/// The sections that nothing is recorded for.
fn without_data(deployment: Deployment<'_>) -> Option<String> {
    let facts = deployment.facts;
    let joint = deployment.decision.joint.as_ref();
    let has_votes = joint.is_some_and(|joint| joint.quorum.is_some());
    let sections = [
        (facts.integration.is_empty(), "the compatibility matrix"),
        (!has_votes, "the consensus"),
        (
            facts.tasks.is_empty() && facts.directives.is_empty(),
            "the progress",
        ),
    ];
    let missing = sections.into_iter().filter(|(is_missing, _)| *is_missing);
    let named: Vec<&str> = missing.map(|(_, section)| section).collect();
    (!named.is_empty()).then(|| format!("{NO_DATA_AVAILABLE} for {}.", named.join(", ")))
}

fn closing_reason(decision: &Decision) -> String {
    let because = decision.reasons.first().map_or_else(
        || standing::meaning(decision.verdict).to_owned(),
        |reason| sentence(reason),
    );
    let one_line: Vec<&str> = because.split_whitespace().collect();
    one_line.join(" ")
}
