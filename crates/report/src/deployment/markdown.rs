//! The deployment report as Markdown.

use adjutant_gate::{Decision, IntegrationRow};

use super::contents::{Contents, NothingRecorded};
use super::grid::Grid;
use super::{CLOSING_WORDS, Deployment, integration};
use crate::consensus::{risk_grid, votes_grid, votes_sentence, without_voice};
use crate::gate::{criteria_table, triggers_table};
use crate::markup::{markdown as safe, markdown_cell as cell};
use crate::standing::NO_DATA_AVAILABLE;

/// The report as Markdown. Its last line is the final verdict.
pub fn markdown(deployment: Deployment<'_>) -> String {
    let decision = deployment.decision;
    let contents = Contents::of(deployment);
    let mut text = format!("# Deployment report: gate `{}`\n\n", decision.gate);
    section(
        &mut text,
        "DEPLOYMENT SUMMARY",
        &paragraph(&contents.summary),
    );
    section(
        &mut text,
        "SLO STATUS TABLE",
        &slo(decision, &contents.open),
    );
    section(
        &mut text,
        "SAFETY GATE STATUS",
        &safety(decision, &contents.safety),
    );
    section(
        &mut text,
        "INTEGRATION COMPATIBILITY MATRIX",
        &compatibility(&deployment.facts.integration),
    );
    section(&mut text, "TEAM CONSENSUS", &consensus(decision));
    section(
        &mut text,
        "EXECUTION PROGRESS",
        &match integration::progress(deployment.facts).as_slice() {
            [] => missing(NothingRecorded::Progress),
            grids => grids.iter().map(Grid::markdown).collect(),
        },
    );
    section(
        &mut text,
        "FINAL VERDICT",
        &final_verdict(decision, &contents),
    );
    let note: String = contents
        .relay_note
        .iter()
        .map(|line| paragraph(line))
        .collect();
    section(&mut text, "RELAY NOTE", &note);
    text.push_str(&format!(
        "**{CLOSING_WORDS}** [{}] {}\n",
        decision.verdict,
        safe(&contents.closing_reason)
    ));
    text
}

fn missing(what: NothingRecorded) -> String {
    format!("**{NO_DATA_AVAILABLE}.** {}\n\n", safe(what.reason()))
}

fn compatibility(rows: &[IntegrationRow]) -> String {
    let mut text = match rows {
        [] => missing(NothingRecorded::Compatibility),
        rows => integration::matrix(rows).markdown(),
    };
    let more = [integration::beside(rows), integration::unanswered(rows)].concat();
    if !more.is_empty() {
        text.push_str(&list(&more));
    }
    text
}

fn consensus(decision: &Decision) -> String {
    let Some(quorum) = decision
        .joint
        .as_ref()
        .and_then(|joint| joint.quorum.as_ref())
    else {
        return missing(NothingRecorded::Consensus);
    };
    let mut text = paragraph(&votes_sentence(quorum));
    text.push_str(&votes_grid(quorum).markdown());
    let strangers = without_voice(quorum);
    if !strangers.is_empty() {
        text.push_str(&list(&strangers));
    }
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    text.push_str(&format!("## {title}\n\n{body}"));
}

fn paragraph(text: &str) -> String {
    format!("{}\n\n", safe(text))
}

fn list(items: &[String]) -> String {
    let lines: String = items
        .iter()
        .map(|item| format!("- {}\n", safe(item)))
        .collect();
    format!("{lines}\n")
}

fn slo(decision: &Decision, open: &[String]) -> String {
    if decision.criteria.is_empty() {
        return format!("**{NO_DATA_AVAILABLE}.** The gate has no criteria.\n\n");
    }
    let mut text = criteria_table(&decision.criteria);
    text.push('\n');
    if !open.is_empty() {
        text.push_str(&format!("What would change it:\n\n{}", list(open)));
    }
    text
}

fn safety(decision: &Decision, sentences: &[String]) -> String {
    let mut text = format!("**{}**\n\n", decision.verdict);
    text.push_str(&paragraph(&sentences.join(" ")));
    if !decision.triggers.is_empty() {
        text.push_str(&triggers_table(&decision.triggers));
        text.push('\n');
    }
    if let Some(risk) = decision
        .joint
        .as_ref()
        .and_then(|joint| joint.risk.as_ref())
    {
        text.push_str(&risk_grid(risk).markdown());
    }
    text
}

fn final_verdict(decision: &Decision, contents: &Contents) -> String {
    let mut text = format!("**{}**\n\n", decision.verdict);
    text.push_str(&format!(
        "### Justification\n\n{}",
        list(&contents.justification)
    ));
    text.push_str(&format!(
        "### Next actions\n\n{}",
        list(&contents.next_actions)
    ));
    text.push_str(&format!(
        "### Risk mitigation\n\n{}",
        list(&contents.risk_mitigation)
    ));
    text.push_str("### Evidence summary\n\n");
    if decision.inputs.is_empty() {
        text.push_str(&format!(
            "**{NO_DATA_AVAILABLE}.** No artifact was read.\n\n"
        ));
        return text;
    }
    text.push_str("| Subject | Run | File | Taken at | SHA-256 |\n|---|---|---|---|---|\n");
    for input in &decision.inputs {
        text.push_str(&format!(
            "| {} | {} | {} | {} | `{}` |\n",
            cell(input.subject.as_str()),
            cell(input.run.as_str()),
            cell(&input.file),
            input.taken_at,
            input.artifact
        ));
    }
    text.push('\n');
    text
}
