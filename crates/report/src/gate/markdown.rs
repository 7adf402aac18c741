//! A decision as Markdown: for a pull request comment or a job summary.

use adjutant_domain::{Measured, Subject};
use adjutant_gate::{CriterionResult, Decision, Joint, TriggerResult};

use crate::cite;
use crate::consensus;
use crate::deployment::{fired, needed};
use crate::markup::{markdown as safe, markdown_cell as cell};
use crate::number;
use crate::standing::{self, NO_DATA_AVAILABLE, Standing};

/// The decision as Markdown, with a final newline.
pub fn markdown(decision: &Decision) -> String {
    let mut text = format!(
        "## Gate `{}`: {}\n\n{}\n\n",
        decision.gate,
        decision.verdict,
        standing::meaning(decision.verdict)
    );
    for reason in &decision.reasons {
        text.push_str(&format!("- {}\n", safe(reason)));
    }
    if !decision.reasons.is_empty() {
        text.push('\n');
    }
    text.push_str(&criteria_table(&decision.criteria));
    let open: Vec<String> = decision
        .criteria
        .iter()
        .filter_map(what_would_change)
        .collect();
    if !open.is_empty() {
        text.push_str(&format!("\n### What would change it\n\n{}", open.concat()));
    }
    if !decision.triggers.is_empty() {
        text.push_str("\n### Rollback triggers\n\n");
        text.push_str(&triggers_table(&decision.triggers));
    }
    if let Some(joint) = &decision.joint {
        text.push_str(&beside(joint));
    }
    text.push_str(&format!("\nDecided at {}.\n", decision.decided_at));
    text
}

/// Risk and votes, where they were asked.
fn beside(joint: &Joint) -> String {
    let mut text = format!("\nCriteria and triggers alone say {}.\n", joint.own);
    if let Some(risk) = &joint.risk {
        let sentence = consensus::risk_sentence(risk);
        let table = consensus::risk_grid(risk).markdown();
        text.push_str(&format!("\n### Risk\n\n{sentence}\n\n{}", table.trim_end()));
        text.push('\n');
    }
    if let Some(quorum) = &joint.quorum {
        let sentence = consensus::votes_sentence(quorum);
        let table = consensus::votes_grid(quorum).markdown();
        text.push_str(&format!(
            "\n### Votes\n\n{sentence}\n\n{}",
            table.trim_end()
        ));
        text.push('\n');
    }
    text
}

/// The table of criteria: SLO, target, observed, interval, status, trend, evidence.
pub(crate) fn criteria_table(criteria: &[CriterionResult]) -> String {
    let mut text = String::from(
        "| SLO | Target | Observed | CI95 | Status | Trend | Evidence |\n\
         |---|---|---:|---|---|---|---|\n",
    );
    for criterion in criteria {
        let standing = Standing::of(criterion);
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} {} | {} | {} |\n",
            criterion.id,
            cell(&criterion.target),
            cell(&observed(criterion)),
            cell(&interval(criterion)),
            standing.mark(),
            standing::words(criterion),
            standing::trend(&criterion.trend),
            cell(&evidence(criterion)),
        ));
    }
    text
}

/// The table of rollback triggers.
pub(crate) fn triggers_table(triggers: &[TriggerResult]) -> String {
    let mut text = String::from("| Trigger | Fires when | State | Why |\n|---|---|---|---|\n");
    for trigger in triggers {
        text.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            trigger.id,
            cell(&trigger.condition),
            fired(trigger),
            cell(&trigger.reason)
        ));
    }
    text
}

/// The observed value, or that there is none.
pub(crate) fn observed(criterion: &CriterionResult) -> String {
    criterion
        .observed
        .as_ref()
        .map_or_else(|| NO_DATA_AVAILABLE.to_owned(), number::measured)
}

/// The interval, with its level where that is not 95 %.
pub(crate) fn interval(criterion: &CriterionResult) -> String {
    let Some(interval) = criterion
        .observed
        .as_ref()
        .and_then(number::measured_interval)
    else {
        return "none".to_owned();
    };
    let name = number::interval_name(criterion.confidence);
    if name == "CI95" || interval == number::EXACT {
        interval
    } else {
        format!("{interval} ({name})")
    }
}

/// Every value of the criterion with its source and sample size, in one line.
pub(crate) fn evidence(criterion: &CriterionResult) -> String {
    let sources = evidence_items(criterion);
    if sources.is_empty() {
        NO_DATA_AVAILABLE.to_owned()
    } else {
        sources.join("; ")
    }
}

/// Every value of the criterion with its source and sample size.
pub(crate) fn evidence_items(criterion: &CriterionResult) -> Vec<String> {
    let of_arms = criterion.arms.iter().map(evidence_of_arm);
    let is_an_arm = |observed: &Measured| criterion.arms.iter().any(|(_, arm)| arm == observed);
    let of_observed = criterion
        .observed
        .iter()
        .filter(|observed| !is_an_arm(observed))
        .map(|observed| {
            format!(
                "{}, n = {}",
                cite::cited(observed),
                number::count(observed.n())
            )
        });
    of_observed.chain(of_arms).collect()
}

/// The value of one arm with its source and sample size.
pub(crate) fn evidence_of_arm((subject, measured): &(Subject, Measured)) -> String {
    let n = number::count(measured.n());
    format!("{subject} {}, n = {n}", cite::cited(measured))
}

fn what_would_change(criterion: &CriterionResult) -> Option<String> {
    let standing = Standing::of(criterion);
    if standing == Standing::Pass {
        return None;
    }
    let mut text = format!(
        "- `{}`: {}",
        criterion.id,
        safe(&standing::sentence(&criterion.reason))
    );
    for sentence in standing::bypass(criterion)
        .into_iter()
        .chain(needed(criterion))
    {
        text.push(' ');
        text.push_str(&safe(&sentence));
    }
    text.push('\n');
    Some(text)
}
