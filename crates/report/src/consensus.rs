//! Risk and votes beside a decision, for a terminal and as Markdown tables.

use adjutant_gate::{
    Ballot, CompositeRisk, FactorResult, Joint, Quorum, QuorumStanding, Vote, Voter,
};

use crate::markup::markdown_cell as cell;
use crate::standing::NO_DATA_AVAILABLE;
use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};
use crate::{cite, number, risk};

/// Where the details of a voter start.
const DETAIL_INDENT: usize = 14;

/// Risk and votes for a terminal, each below its heading.
pub(crate) fn human(joint: &Joint, terminal: Terminal) -> Vec<String> {
    let heading = |title: &str| terminal.paint(Ink::Faint, title);
    let mut lines = vec![format!(
        "{}  {}",
        heading("  CRITERIA AND TRIGGERS ALONE"),
        joint.own
    )];
    lines.push(String::new());
    if let Some(risk) = &joint.risk {
        lines.push(heading("  RISK"));
        lines.extend(risk::lines(risk, terminal));
        lines.push(String::new());
    }
    if let Some(quorum) = &joint.quorum {
        lines.push(heading("  VOTES"));
        lines.extend(votes(quorum, terminal));
        lines.push(String::new());
    }
    lines
}

fn votes(quorum: &Quorum, terminal: Terminal) -> Vec<String> {
    let ink = match quorum.standing {
        QuorumStanding::Go => Ink::Good,
        QuorumStanding::NoQuorum => Ink::Undecided,
        QuorumStanding::NoGo => Ink::Bad,
    };
    let mut lines = vec![terminal.paint(ink, &quorum.standing.to_string())];
    for voter in &quorum.voters {
        let (mark, ink) = match voter.vote.as_ref().map(Vote::counted) {
            Some(Ballot::Go) => ("✓", Ink::Good),
            Some(Ballot::NoGo) => ("✗", Ink::Bad),
            Some(Ballot::Abstain) | None => ("○", Ink::Undecided),
        };
        let title = format!("{mark} {}  {}", voter.role, said(voter));
        lines.push(terminal.paint(ink, &title));
        for (label, text) in details(voter, quorum) {
            lines.extend(detail(label, &text, terminal));
        }
    }
    for vote in &quorum.not_counted {
        let text = format!(
            "{} has no voice: its {} is not counted",
            vote.role, vote.ballot
        );
        lines.extend(detail("note", &text, terminal));
    }
    lines
}

/// What a voter says, and who filled its ballot in.
pub(crate) fn said(voter: &Voter) -> String {
    match &voter.vote {
        Some(vote) => format!("{} ({})", vote.counted(), vote.source),
        None => "no vote".to_owned(),
    }
}

/// Why a voter says what it says, a label and a sentence each.
fn details(voter: &Voter, quorum: &Quorum) -> Vec<(&'static str, String)> {
    let mut details = vec![];
    match &voter.vote {
        Some(vote) => {
            details.push(("why", because(vote)));
            details.extend(
                vote.evidence
                    .iter()
                    .map(|cited| ("evidence", cited.to_string())),
            );
        }
        None => details.push(("why", NO_DATA_AVAILABLE.to_owned())),
    }
    let replaced = voter
        .replaced
        .iter()
        .map(|old| ("replaces", in_place_of(old)));
    details.extend(replaced);
    let stale = quorum.stale.iter().filter(|old| old.role == voter.role);
    details.extend(stale.map(|old| ("stale", outdated(old))));
    details
}

/// Its words; a GO without evidence counts as an abstention.
pub(crate) fn because(vote: &Vote) -> String {
    if vote.counted() == vote.ballot {
        vote.because.clone()
    } else {
        format!("{} (a GO that names no evidence)", vote.because)
    }
}

fn in_place_of(vote: &Vote) -> String {
    format!("{} of the {}: {}", vote.ballot, vote.source, vote.because)
}

fn outdated(vote: &Vote) -> String {
    format!(
        "its {} of {} was cast before newer evidence: {}",
        vote.ballot, vote.at, vote.because
    )
}

fn detail(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let label = left(&format!("    {label}"), DETAIL_INDENT);
    let width = terminal.width().saturating_sub(columns(&label));
    let indent = " ".repeat(columns(&label));
    let lines = wrap(&clean(text), width).into_iter().enumerate();
    lines
        .map(|(at, line)| match at {
            0 => format!("{}{line}", terminal.paint(Ink::Faint, &label)),
            _ => format!("{indent}{line}"),
        })
        .collect()
}

/// The factors of a risk: what they are, where they lie, what they follow from.
pub(crate) fn risk_table(risk: &CompositeRisk) -> String {
    let mut text = String::from(
        "| Factor | Weight | Level | Observed | Validity | Why |\n|---|---:|---:|---|---|---|\n",
    );
    for factor in &risk.factors {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            factor.factor,
            weight(factor),
            risk::ends(factor.level),
            cell(&observed(factor)),
            factor.validity,
            cell(&factor.reason),
        ));
    }
    text
}

/// The weight of a factor, of all one.
pub(crate) fn weight(factor: &FactorResult) -> String {
    number::plain(f64::from(factor.weight_tenths) / 10.0)
}

/// What a factor follows from, with its sources.
pub(crate) fn observed(factor: &FactorResult) -> String {
    if factor.observed.is_empty() {
        return NO_DATA_AVAILABLE.to_owned();
    }
    let values = factor.observed.iter();
    let values = values.map(|value| format!("{} = {}", value.what, risk::told(&value.measured)));
    values.collect::<Vec<_>>().join("; ")
}

/// The voters: who says what, why, and on which evidence.
pub(crate) fn votes_table(quorum: &Quorum) -> String {
    let mut text = String::from("| Role | Vote | Why | Evidence |\n|---|---|---|---|\n");
    for voter in &quorum.voters {
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            cell(voter.role.as_str()),
            said(voter),
            cell(&why(voter, quorum)),
            cell(&evidence(voter)),
        ));
    }
    text
}

/// All that is to be said about a voter's vote, in one line.
pub(crate) fn why(voter: &Voter, quorum: &Quorum) -> String {
    let all = details(voter, quorum);
    let told = all.iter().filter(|(label, _)| *label != "evidence");
    let told = told.map(|(label, text)| match *label {
        "why" => text.clone(),
        label => format!("{label} {text}"),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// What a vote rests on, in one line.
pub(crate) fn evidence(voter: &Voter) -> String {
    let cited: Vec<_> = voter.vote.iter().flat_map(|vote| &vote.evidence).collect();
    if cited.is_empty() {
        NO_DATA_AVAILABLE.to_owned()
    } else {
        cite::listed(&cited)
    }
}
