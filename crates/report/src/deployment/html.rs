//! The deployment report as one HTML page without scripts and without requests: light and dark,
//! for a screen, a phone and paper.

use adjutant_domain::Verdict;
use adjutant_gate::{CriterionResult, Decision, IntegrationRow, TriggerResult};

use super::contents::{Contents, NothingRecorded, fired};
use super::grid::Grid;
use super::picture::picture;
use super::{CLOSING_WORDS, Deployment, integration};
use crate::consensus::{risk_grid, votes_grid, votes_sentence, without_voice};
use crate::gate::{evidence_items, interval, observed};
use crate::markup::{html as safe, xml};
use crate::standing::{self, NO_DATA_AVAILABLE, Standing};

const STYLE: &str = include_str!("report.css");

/// The report as an HTML page.
pub fn html(deployment: Deployment<'_>) -> String {
    let decision = deployment.decision;
    let contents = Contents::of(deployment);
    let sections = [
        (
            "DEPLOYMENT SUMMARY",
            format!("<p class=\"lead\">{}</p>", safe(&contents.summary)),
        ),
        ("SLO STATUS TABLE", slo(decision, &contents.open)),
        ("SAFETY GATE STATUS", safety(decision, &contents.safety)),
        (
            "INTEGRATION COMPATIBILITY MATRIX",
            compatibility(&deployment.facts.integration),
        ),
        ("TEAM CONSENSUS", consensus(decision)),
        (
            "EXECUTION PROGRESS",
            match integration::progress(deployment.facts).as_slice() {
                [] => missing(NothingRecorded::Progress),
                grids => grids.iter().map(Grid::html).collect(),
            },
        ),
        ("FINAL VERDICT", final_verdict(decision, &contents)),
        ("RELAY NOTE", relay_note(decision, &contents)),
    ];
    let body: String = sections
        .iter()
        .map(|(title, body)| format!("<section>\n<h2>{title}</h2>\n{body}\n</section>\n"))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{verdict}: gate {gate}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<p class=\"kind\">Deployment report</p>\n\
         <h1>Gate <code>{gate}</code></h1>\n\
         <p class=\"verdict {class}\"><strong>{verdict}</strong> <span>{meaning}</span></p>\n\
         <p class=\"when\">Decided at <time>{when}</time></p>\n</header>\n\
         <main>\n{body}</main>\n</body>\n</html>\n",
        verdict = decision.verdict,
        gate = xml(decision.gate.as_str()),
        class = verdict_class(decision.verdict),
        meaning = standing::meaning(decision.verdict),
        when = decision.decided_at,
    )
}

fn missing(what: NothingRecorded) -> String {
    format!("{}<p>{}</p>", nothing(), safe(what.reason()))
}

fn compatibility(rows: &[IntegrationRow]) -> String {
    let mut text = match rows {
        [] => missing(NothingRecorded::Compatibility),
        rows => integration::matrix(rows).html(),
    };
    let more = [integration::beside(rows), integration::unanswered(rows)].concat();
    if !more.is_empty() {
        text.push_str(&format!("\n{}", list(&more)));
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
    let sentence = safe(&votes_sentence(quorum));
    let mut text = format!("<p>{sentence}</p>\n{}", votes_grid(quorum).html());
    let strangers = without_voice(quorum);
    if !strangers.is_empty() {
        text.push_str(&format!("\n{}", list(&strangers)));
    }
    text
}

fn nothing() -> String {
    format!("<p class=\"nothing\"><strong>{NO_DATA_AVAILABLE}</strong></p>")
}

fn list(items: &[String]) -> String {
    let items: String = items
        .iter()
        .map(|item| format!("<li>{}</li>\n", safe(item)))
        .collect();
    format!("<ul>\n{items}</ul>")
}

fn slo(decision: &Decision, open: &[String]) -> String {
    if decision.criteria.is_empty() {
        return format!("{}<p>The gate has no criteria.</p>", nothing());
    }
    let rows: String = decision.criteria.iter().map(slo_row).collect();
    let mut text = format!(
        "<table class=\"slo\">\n<thead><tr><th>SLO</th><th>Target</th><th>Observed</th>\
         <th>CI95</th><th>Status</th><th>Trend</th><th>Evidence</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>"
    );
    if !open.is_empty() {
        text.push_str(&format!("\n<h3>What would change it</h3>\n{}", list(open)));
    }
    text
}

fn slo_row(criterion: &CriterionResult) -> String {
    let standing = Standing::of(criterion);
    let sources = evidence_items(criterion);
    let evidence = if sources.is_empty() {
        NO_DATA_AVAILABLE.to_owned()
    } else {
        let cites = sources
            .iter()
            .map(|source| format!("<cite>{}</cite>", xml(source)));
        cites.collect::<Vec<String>>().join("\n")
    };
    format!(
        "<tr>\n<th scope=\"row\"><code>{id}</code></th>\n\
         <td data-label=\"Target\">{target}</td>\n\
         <td data-label=\"Observed\" class=\"number{missing}\">{observed}</td>\n\
         <td data-label=\"CI95\" class=\"number\">{interval}{picture}</td>\n\
         <td data-label=\"Status\"><span class=\"status {class}\">{mark}&nbsp;{words}</span></td>\n\
         <td data-label=\"Trend\" class=\"trend\">{trend}</td>\n\
         <td data-label=\"Evidence\" class=\"evidence\">{evidence}</td>\n</tr>\n",
        id = xml(criterion.id.as_str()),
        target = safe(&criterion.target),
        missing = if criterion.observed.is_none() {
            " missing"
        } else {
            ""
        },
        observed = xml(&observed(criterion)),
        interval = xml(&interval(criterion)),
        picture = picture(criterion).unwrap_or_default(),
        class = standing_class(standing),
        mark = standing.mark(),
        words = standing::words(criterion),
        trend = standing::trend(&criterion.trend),
    )
}

fn safety(decision: &Decision, sentences: &[String]) -> String {
    let mut text = format!(
        "<p><span class=\"status {}\">{}</span></p>\n<p>{}</p>",
        verdict_class(decision.verdict),
        decision.verdict,
        safe(&sentences.join(" "))
    );
    if !decision.triggers.is_empty() {
        text.push_str(&triggers(&decision.triggers));
    }
    if let Some(risk) = decision
        .joint
        .as_ref()
        .and_then(|joint| joint.risk.as_ref())
    {
        text.push_str(&format!("\n{}", risk_grid(risk).html()));
    }
    text
}

fn triggers(triggers: &[TriggerResult]) -> String {
    let mut text = String::from(
        "\n<table class=\"triggers\">\n<thead><tr><th>Trigger</th><th>Fires when</th>\
         <th>State</th><th>Why</th></tr></thead>\n<tbody>\n",
    );
    for trigger in triggers {
        let class = match trigger.fired {
            Some(true) => "bad",
            Some(false) => "good",
            None => "open",
        };
        text.push_str(&format!(
            "<tr>\n<th scope=\"row\"><code>{}</code></th>\n<td data-label=\"Fires when\">{}</td>\n\
             <td data-label=\"State\"><span class=\"status {class}\">{}</span></td>\n\
             <td data-label=\"Why\">{}</td>\n</tr>\n",
            xml(trigger.id.as_str()),
            safe(&trigger.condition),
            fired(trigger),
            safe(&trigger.reason)
        ));
    }
    text.push_str("</tbody>\n</table>");
    text
}

fn final_verdict(decision: &Decision, contents: &Contents) -> String {
    let mut text = format!(
        "<p><span class=\"status {}\">{}</span></p>\n",
        verdict_class(decision.verdict),
        decision.verdict
    );
    for (title, items) in [
        ("Justification", &contents.justification),
        ("Next actions", &contents.next_actions),
        ("Risk mitigation", &contents.risk_mitigation),
    ] {
        text.push_str(&format!("<h3>{title}</h3>\n{}\n", list(items)));
    }
    text.push_str("<h3>Evidence summary</h3>\n");
    if decision.inputs.is_empty() {
        text.push_str(&format!("{}<p>No artifact was read.</p>", nothing()));
        return text;
    }
    text.push_str(
        "<table class=\"inputs\">\n<thead><tr><th>Subject</th><th>Run</th><th>File</th>\
         <th>Taken at</th><th>SHA-256</th></tr></thead>\n<tbody>\n",
    );
    for input in &decision.inputs {
        text.push_str(&format!(
            "<tr>\n<th scope=\"row\">{}</th>\n<td data-label=\"Run\">{}</td>\n\
             <td data-label=\"File\">{}</td>\n<td data-label=\"Taken at\">{}</td>\n\
             <td data-label=\"SHA-256\" class=\"digest\">{}</td>\n</tr>\n",
            xml(input.subject.as_str()),
            xml(input.run.as_str()),
            xml(&input.file),
            input.taken_at,
            input.artifact
        ));
    }
    text.push_str("</tbody>\n</table>");
    text
}

fn relay_note(decision: &Decision, contents: &Contents) -> String {
    let paragraphs: String = contents
        .relay_note
        .iter()
        .map(|paragraph| format!("<p>{}</p>\n", safe(paragraph)))
        .collect();
    format!(
        "{paragraphs}<p class=\"closing {}\"><strong>{CLOSING_WORDS}</strong> [{}] {}</p>",
        verdict_class(decision.verdict),
        decision.verdict,
        safe(&contents.closing_reason)
    )
}

fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "good",
        Verdict::ShadowOnly | Verdict::PauseAndFix => "open",
        Verdict::Reject => "bad",
    }
}

fn standing_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Pass => "good",
        Standing::Fail => "bad",
        Standing::Inconclusive | Standing::NoAnswer(_) => "open",
    }
}
