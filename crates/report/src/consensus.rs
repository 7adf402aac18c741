//! Risk and votes beside a decision, for a terminal and as tables.

use adjutant_gate::{
    Ballot, CompositeRisk, FactorResult, Joint, Quorum, QuorumStanding, RiskStanding, Vote, Voter,
};

use crate::deployment::{Cell, Grid};
use crate::standing::{NO_DATA_AVAILABLE, sentence};
use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};
use crate::{number, risk};

/// What a voter says that has not voted.
const NOT_VOTED: &str = "no vote";
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
    for stranger in without_voice(quorum) {
        lines.extend(detail("note", &stranger, terminal));
    }
    lines
}

/// What a voter says, and who filled its ballot in.
fn said(voter: &Voter) -> String {
    match &voter.vote {
        Some(vote) => format!("{} ({})", vote.counted(), vote.source),
        None => NOT_VOTED.to_owned(),
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
fn because(vote: &Vote) -> String {
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

/// How the risk stands, in a sentence.
pub(crate) fn risk_sentence(risk: &CompositeRisk) -> String {
    format!(
        "Composite risk: {}, score {}.",
        risk.standing(),
        risk::ends(risk.score)
    )
}

/// The factors of a risk: where they lie, what they follow from.
pub(crate) fn risk_grid(risk: &CompositeRisk) -> Grid {
    let row = |factor: &FactorResult| {
        let weight = number::plain(f64::from(factor.weight_tenths) / 10.0);
        let sources = factor
            .observed
            .iter()
            .map(|value| format!("{} = {}", value.what, risk::told(&value.measured)));
        vec![
            Cell::Words(factor.factor.to_string()),
            Cell::Number(weight),
            Cell::Number(risk::ends(factor.level)),
            Cell::Words(factor.validity.to_string()),
            Cell::Words(factor.reason.clone()),
            Cell::Sources(or_no_data(sources.collect())),
        ]
    };
    Grid {
        heads: &["Factor", "Weight", "Level", "Validity", "Why", "Observed"],
        rows: risk.factors.iter().map(row).collect(),
    }
}

/// How the votes stand, in a sentence.
pub(crate) fn votes_sentence(quorum: &Quorum) -> String {
    let says = |ballot: Ballot| {
        let voters = quorum.voters.iter();
        let counted = voters
            .filter_map(|voter| voter.vote.as_ref())
            .map(Vote::counted);
        counted.filter(|counted| *counted == ballot).count()
    };
    format!(
        "Votes: {}. Of {} voters: GO {}, NO-GO {}, ABSTAIN {}; two thirds of all are needed.",
        quorum.standing,
        quorum.voters.len(),
        says(Ballot::Go),
        says(Ballot::NoGo),
        says(Ballot::Abstain),
    )
}

/// The voters: who says what, why, and on which evidence.
pub(crate) fn votes_grid(quorum: &Quorum) -> Grid {
    let row = |voter: &Voter| {
        let (class, by) = match &voter.vote {
            None => ("open", "nobody".to_owned()),
            Some(vote) => (class(vote), vote.source.to_string()),
        };
        let counted = voter.vote.as_ref().map(Vote::counted);
        let says = counted.map_or_else(|| NOT_VOTED.to_owned(), |ballot| ballot.to_string());
        let cited = voter.vote.iter().flat_map(|vote| &vote.evidence);
        vec![
            Cell::Words(voter.role.to_string()),
            Cell::Standing(says, class),
            Cell::Words(by),
            Cell::Words(why(voter, quorum)),
            Cell::Sources(or_no_data(cited.map(ToString::to_string).collect())),
        ]
    };
    Grid {
        heads: &["Role", "Vote", "By", "Why", "Evidence"],
        rows: quorum.voters.iter().map(row).collect(),
    }
}

fn class(vote: &Vote) -> &'static str {
    match vote.counted() {
        Ballot::Go => "good",
        Ballot::Abstain => "open",
        Ballot::NoGo => "bad",
    }
}

fn or_no_data(sources: Vec<String>) -> Vec<String> {
    if sources.is_empty() {
        vec![NO_DATA_AVAILABLE.to_owned()]
    } else {
        sources
    }
}

/// What would change a risk that is not low, or a quorum that is not for GO, an action each.
pub(crate) fn actions(joint: &Joint) -> Vec<String> {
    let mut actions = vec![];
    let risk = joint.risk.iter();
    for risk in risk.filter(|risk| risk.standing() != RiskStanding::Low) {
        let weighing = risk.factors.iter().filter(|factor| factor.weighs());
        actions.extend(weighing.map(|factor| {
            let because = sentence(&factor.reason);
            format!("Lower the risk of the {}: {because}", factor.factor)
        }));
    }
    let quorum = joint.quorum.iter();
    for quorum in quorum.filter(|quorum| quorum.standing != QuorumStanding::Go) {
        actions.extend(quorum.voters.iter().filter_map(|voter| match &voter.vote {
            Some(vote) if vote.counted() == Ballot::Go => None,
            Some(vote) => {
                let because = sentence(&because(vote));
                Some(format!("Convince {}: {because}", voter.role))
            }
            None => Some(format!("Ask {} for its vote: `adjutant vote`.", voter.role)),
        }));
    }
    actions
}

/// Votes of roles without a voice, a sentence each.
pub(crate) fn without_voice(quorum: &Quorum) -> Vec<String> {
    let votes = quorum.not_counted.iter();
    votes
        .map(|vote| {
            format!(
                "{} has no voice: its {} is not counted.",
                vote.role, vote.ballot
            )
        })
        .collect()
}

/// All that is to be said about a voter's vote, in one line.
fn why(voter: &Voter, quorum: &Quorum) -> String {
    let all = details(voter, quorum);
    let told = all.iter().filter(|(label, _)| *label != "evidence");
    let told = told.map(|(label, text)| match *label {
        "why" => text.clone(),
        label => format!("{label}: {text}"),
    });
    told.collect::<Vec<_>>().join("; ")
}
