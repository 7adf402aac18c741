//! How far directives are: reported back as Markdown, and told on a terminal.

mod markdown;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use adjutant_domain::{DirectiveId, Timestamp};
use adjutant_rollout::RecoveryProof;
use adjutant_work::directive::{
    CriterionStanding, DirectiveOutcome, DirectiveProgress, DirectiveRecord, DirectiveStanding,
    DirectivesProgress, UsedEvidence,
};

pub use markdown::markdown;

use crate::rollout::{length, refusal};
use crate::wire::{CriterionOfDirective, DirectiveAnswer, ProgressAnswer, RefusedAnswer};

/// How long a recovery of each deployment takes at worst, or why nobody knows.
pub type WorstCases<E> = BTreeMap<DirectiveId, Result<RecoveryProof, E>>;

/// The progress as JSON, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no progress causes.
pub fn json(progress: &DirectivesProgress) -> Result<String, serde_json::Error> {
    written(&answer(progress))
}

/// What would be carried out, as JSON, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no progress causes.
pub fn planned_json<E>(
    progress: &DirectivesProgress,
    worst_cases: &WorstCases<E>,
) -> Result<String, serde_json::Error> {
    let mut answer = answer(progress);
    for (planned, one) in answer.directives.iter_mut().zip(&progress.directives) {
        let proof = worst_cases.get(&one.directive.id);
        let proof = proof.and_then(|known| known.as_ref().ok());
        planned.worst_case_ms = proof.and_then(RecoveryProof::total_ms);
    }
    written(&answer)
}

fn written(answer: &ProgressAnswer) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(answer).map(|text| text + "\n")
}

fn answer(progress: &DirectivesProgress) -> ProgressAnswer {
    ProgressAnswer {
        file: progress.file.clone(),
        at: progress.at.to_string(),
        directives: progress
            .directives
            .iter()
            .map(|one| answer_of(one, progress.at))
            .collect(),
        refused: progress
            .refused
            .iter()
            .map(|refused| RefusedAnswer {
                id: refused.id.as_ref().map(ToString::to_string),
                pointer: refused.pointer.clone(),
                problem: refused.problem.clone(),
            })
            .collect(),
    }
}

fn answer_of(one: &DirectiveProgress, now: Timestamp) -> DirectiveAnswer {
    let record = ending(one).map(|(_, record)| record);
    let judged = record.iter().flat_map(|record| &record.criteria);
    let evidence = record.iter().flat_map(|record| &record.evidence);
    DirectiveAnswer {
        id: one.directive.id.to_string(),
        title: one.directive.title.clone(),
        kind: one.directive.action.kind().name().to_owned(),
        priority: one.directive.priority.name().to_owned(),
        owner: one.directive.owner.to_string(),
        status: status(one).to_owned(),
        attempt: one.last.as_ref().map(|last| last.attempt),
        result: told(one),
        evidence: evidence.map(cited).collect(),
        criteria: judged
            .map(|judged| CriterionOfDirective {
                text: judged.text.clone(),
                standing: judged.standing.into(),
                because: judged.because.clone(),
            })
            .collect(),
        elapsed_s: elapsed(one, now).map(|elapsed| elapsed.as_secs_f64()),
        expected: one.expected.map(|at| at.to_string()),
        worst_case_ms: None,
    }
}

/// The progress for a terminal, a line each.
pub fn human(progress: &DirectivesProgress) -> String {
    lines(progress, |_| String::new())
}

/// What would be carried out, for a terminal, a line each.
pub fn planned<E: Display>(progress: &DirectivesProgress, worst_cases: &WorstCases<E>) -> String {
    lines(progress, |id| {
        worst_cases.get(id).map_or_else(String::new, worst_case)
    })
}

fn lines(progress: &DirectivesProgress, beside: impl Fn(&DirectiveId) -> String) -> String {
    let mut text = String::new();
    for one in &progress.directives {
        let directive = &one.directive;
        let line = format!("{:<14} {} {}", status(one), directive.id, directive.title);
        text.push_str(&line);
        if let Some(told) = told(one) {
            text.push_str(&format!(": {told}"));
        }
        text.push_str(&beside(&directive.id));
        text.push('\n');
    }
    for refused in &progress.refused {
        let line = format!(
            "{:<14} {}: {}\n",
            "REFUSED", refused.pointer, refused.problem
        );
        text.push_str(&line);
    }
    text.push_str(&summary(progress));
    text
}

fn worst_case<E: Display>(known: &Result<RecoveryProof, E>) -> String {
    match known {
        Ok(proof) => match (proof.permit(), proof.total_ms()) {
            (Ok(()), Some(ms)) => format!("; worst-case recovery {}", length(ms)),
            (Ok(()), None) => "; worst-case recovery NO DATA AVAILABLE".to_owned(),
            (Err(why), _) => format!("; worst-case recovery refused: {}", refusal(&why)),
        },
        Err(why) => format!("; worst-case recovery NO DATA AVAILABLE: {why}"),
    }
}

/// How many directives there are of each status, on one line.
fn summary(progress: &DirectivesProgress) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let statuses = progress.directives.iter().map(status);
    for status in statuses.chain(progress.refused.iter().map(|_| "REFUSED")) {
        match counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    if counts.is_empty() {
        return "no directives\n".to_owned();
    }
    format!("{}\n", counts.join(", "))
}

/// The word for how a directive stands.
fn status(progress: &DirectiveProgress) -> &'static str {
    match progress.standing {
        DirectiveStanding::Ended(DirectiveOutcome::Done) => "DONE",
        DirectiveStanding::Ended(DirectiveOutcome::Unproven) => "UNPROVEN",
        DirectiveStanding::Ended(DirectiveOutcome::Failed) => "FAILED",
        DirectiveStanding::Begun { .. } => "RUNNING",
        DirectiveStanding::Pending if progress.expected.is_none() => "BLOCKED",
        DirectiveStanding::Pending => "PENDING",
    }
}

/// What came of a directive, or what it waits for.
fn told(progress: &DirectiveProgress) -> Option<String> {
    if let Some((_, record)) = ending(progress) {
        let missed = record
            .criteria
            .iter()
            .filter(|judged| judged.standing == CriterionStanding::Missed)
            .map(|judged| format!("; missed: {}", judged.text));
        return Some(record.result.clone() + &missed.collect::<String>());
    }
    if progress.waits_for.is_empty() {
        return None;
    }
    let names: Vec<&str> = progress.waits_for.iter().map(|id| id.as_str()).collect();
    Some(format!("waits for {}", names.join(", ")))
}

fn ending(progress: &DirectiveProgress) -> Option<(Timestamp, &DirectiveRecord)> {
    let last = progress.last.as_ref()?;
    let (at, record) = last.ending.as_ref()?;
    match progress.standing {
        DirectiveStanding::Ended(_) => Some((*at, record)),
        DirectiveStanding::Begun { .. } | DirectiveStanding::Pending => None,
    }
}

/// How long a directive took, or has taken so far.
fn elapsed(progress: &DirectiveProgress, now: Timestamp) -> Option<Duration> {
    let last = progress.last.as_ref()?;
    let until = match progress.standing {
        DirectiveStanding::Ended(_) => ending(progress)?.0,
        DirectiveStanding::Begun { .. } => now,
        DirectiveStanding::Pending => return None,
    };
    let millis = until.unix_millis() - last.began_at.unix_millis();
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

/// What a directive left, cited.
fn cited(evidence: &UsedEvidence) -> String {
    match evidence {
        UsedEvidence::Run {
            subject,
            run,
            artifact,
        } => format!("{subject} @ {run} (sha256 {})", artifact.short()),
        UsedEvidence::Record { what, artifact } => format!("{what} (sha256 {})", artifact.short()),
        UsedEvidence::File { path, digest } => format!("{path} (sha256 {})", digest.short()),
    }
}
