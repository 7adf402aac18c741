//! `execution_progress_update.md`.

use adjutant_work::directive::{CriterionStanding, DirectiveProgress, DirectivesProgress};

use super::{cited, elapsed, ending, status, summary, told};
use crate::markup::markdown_cell;
use crate::number;

/// What an empty cell holds.
const NOTHING: &str = "–";

/// The progress as a document for the planning team.
pub fn markdown(progress: &DirectivesProgress) -> String {
    let mut text = format!(
        "# Execution progress\n\n`{}` at {}: {}\n",
        progress.file,
        progress.at,
        summary(progress)
    );
    text.push_str(
        "| Action | Priority | Owner | Status | Result | Evidence | Elapsed | Expected |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for one in &progress.directives {
        text.push_str(&row(one, progress));
    }
    for one in &progress.directives {
        text.push_str(&criteria(one));
    }
    if !progress.refused.is_empty() {
        text.push_str("\n## Refused\n\nThese cannot be carried out; the others go on.\n\n");
        text.push_str("| Place | Action | Problem |\n|---|---|---|\n");
    }
    for refused in &progress.refused {
        let id = refused.id.as_ref().map_or(NOTHING, |id| id.as_str());
        text.push_str(&format!(
            "| `{}` | {} | {} |\n",
            refused.pointer,
            markdown_cell(id),
            markdown_cell(&refused.problem)
        ));
    }
    text
}

fn row(one: &DirectiveProgress, progress: &DirectivesProgress) -> String {
    let directive = &one.directive;
    let evidence: Vec<String> = ending(one)
        .iter()
        .flat_map(|(_, record)| &record.evidence)
        .map(|evidence| markdown_cell(&cited(evidence)))
        .collect();
    let cells = [
        format!("`{}` {}", directive.id, markdown_cell(&directive.title)),
        directive.priority.name().to_owned(),
        directive.owner.to_string(),
        status(one).to_owned(),
        told(one).map_or_else(|| NOTHING.to_owned(), |told| markdown_cell(&told)),
        or_nothing(evidence.join("<br>")),
        elapsed(one, progress.at).map_or_else(
            || NOTHING.to_owned(),
            |elapsed| format!("{} s", number::plain(elapsed.as_secs_f64())),
        ),
        one.expected
            .map_or_else(|| NOTHING.to_owned(), |at| at.to_string()),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn or_nothing(text: String) -> String {
    if text.is_empty() {
        NOTHING.to_owned()
    } else {
        text
    }
}

fn criteria(one: &DirectiveProgress) -> String {
    let Some((_, record)) = ending(one) else {
        return String::new();
    };
    let mut text = format!("\n## {}\n\n", one.directive.id);
    for judged in &record.criteria {
        let standing = match judged.standing {
            CriterionStanding::Met => "met",
            CriterionStanding::Missed => "missed",
            CriterionStanding::NoData => "NO DATA AVAILABLE",
        };
        text.push_str(&format!(
            "- {}: **{standing}**, {}\n",
            markdown_cell(&judged.text),
            markdown_cell(&judged.because)
        ));
    }
    if record.criteria.is_empty() {
        text.push_str("It was not carried out; its success criteria were not looked at.\n");
    }
    text
}
