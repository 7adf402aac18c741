//! Gates: how they stand, a vote, a report.

use adjutant_app::{DecisionRecord, FilledBallot, VoteRequest, Voting};
use adjutant_domain::{Digest, GateName};
use adjutant_gate::Ballot;
use adjutant_outbound::clock;
use adjutant_report::deployment::{self, Deployment};
use adjutant_report::wire::GateAnswer;
use adjutant_store::Store;
use adjutant_wire::{DecisionJson, Failure, GateJson, VoteJson};
use adjutant_work::access::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Declined, told};
use crate::room::Pace;
use crate::tool::{Errand, ToolRow, named, optional, tool};

pub(super) fn tools() -> Vec<ToolRow> {
    vec![
        tool::<GateArguments>(
            (
                "gate_status",
                "The gates and how each was decided last; for one gate every criterion with interval and \
                 reason.",
            ),
            (Right::Read, Pace::Reads),
            |errand, arguments| Box::pin(status(errand, arguments)),
        ),
        tool::<VoteArguments>(
            (
                "vote",
                "Votes for your role: may the candidate go? Without a ballot the role's evaluator votes.",
            ),
            (Right::Vote, Pace::Writes),
            |errand, arguments| Box::pin(vote(errand, arguments)),
        ),
        tool::<ReportArguments>(
            (
                "report",
                "The deployment report of a gate's last decision, as Markdown; every number cites its \
                 source.",
            ),
            (Right::Read, Pace::Reads),
            |errand, arguments| Box::pin(report(errand, arguments)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GateArguments {
    gate: Option<String>,
}

/// A gate in the list.
#[derive(Serialize)]
struct GateStandingJson {
    #[serde(flatten)]
    gate: GateJson,
    /// The last decision; nothing was ever decided without one.
    decided: Option<DecisionJson>,
}

async fn status(errand: Errand<'_>, arguments: GateArguments) -> Answer {
    match optional::<GateName>(arguments.gate.as_deref())? {
        Some(gate) => {
            let (_, record) = last_record(errand.store, &gate).await?;
            told(&GateAnswer::from(&record.decision))
        }
        None => list(errand).await,
    }
}

async fn list(errand: Errand<'_>) -> Answer {
    let home = errand.home();
    let mut standings = Vec::new();
    for known in adjutant_app::known_gates(home, None).map_err(Failure::from)? {
        let last = adjutant_app::last_decision(errand.store, &known.name).await?;
        standings.push(GateStandingJson {
            gate: GateJson::of(&known, home),
            decided: last.as_ref().map(Into::into),
        });
    }
    told(&standings)
}

/// The record of the last decision of a gate.
async fn last_record(store: &Store, gate: &GateName) -> Result<(Digest, DecisionRecord), Declined> {
    let last = adjutant_app::last_decision(store, gate).await?;
    let last = last.ok_or_else(|| {
        Failure::no_data(
            format!("the gate {gate} has decided nothing"),
            format!("adjutant gate {gate} asks it about the evidence."),
        )
    })?;
    let record = DecisionRecord::open(store, last.record).map_err(Failure::from)?;
    Ok((last.record, record))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VoteArguments {
    /// A subject such as candidate, or the record of a decision.
    about: String,
    /// Default release.
    gate: Option<String>,
    /// GO, NO-GO or ABSTAIN.
    #[schemars(with = "Option<String>")]
    ballot: Option<Ballot>,
    /// Needed with a ballot.
    #[serde(default)]
    because: String,
    /// What a GO rests on: runs, or numbers of evidence.
    #[serde(default)]
    evidence: Vec<String>,
}

async fn vote(errand: Errand<'_>, arguments: VoteArguments) -> Answer {
    let role = errand.caller.role()?;
    let gate: GateName = named(arguments.gate.as_deref().unwrap_or("release"))?;
    let policy = adjutant_app::find_policy(errand.home(), None, &gate).map_err(Failure::from)?;
    let request = VoteRequest {
        policy: &policy,
        role: &role,
        about: &arguments.about,
        ballot: filled(&arguments)?,
    };
    let voting = adjutant_app::cast_vote(errand.store, &request, clock::now()).await;
    match voting.map_err(Failure::from)? {
        Voting::Cast { vote, .. } => told(&VoteJson::cast(&vote)),
        Voting::Refused(refusal) => Err((&refusal).into()),
    }
}

fn filled(arguments: &VoteArguments) -> Result<FilledBallot<'_>, Declined> {
    let because = arguments.because.trim();
    let evidence = arguments.evidence.as_slice();
    match arguments.ballot {
        None if because.is_empty() && evidence.is_empty() => Ok(FilledBallot::ByEvaluator),
        None => Err(Declined::usage(
            "an evaluator says itself why, and from which evidence",
            "Leave out because and evidence, or give a ballot.",
        )),
        Some(Ballot::Go) if evidence.is_empty() => Err(Declined::usage(
            "a GO names what it rests on",
            "Name the runs in evidence.",
        )),
        Some(_) if because.is_empty() => {
            Err(Declined::usage("a vote needs words", "Say why in because."))
        }
        Some(ballot) => Ok(FilledBallot::ByPerson {
            ballot,
            because,
            evidence,
        }),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportArguments {
    /// Default release.
    gate: Option<String>,
}

async fn report(errand: Errand<'_>, arguments: ReportArguments) -> Answer {
    let gate: GateName = named(arguments.gate.as_deref().unwrap_or("release"))?;
    report_of(errand.store, &gate).await
}

/// The report of a gate's last decision.
pub(crate) async fn report_of(store: &Store, gate: &GateName) -> Answer {
    let (record, opened) = last_record(store, gate).await?;
    let facts = opened.facts(store, &opened.decision);
    Ok(deployment::markdown(Deployment {
        decision: &opened.decision,
        record,
        facts: &facts.map_err(Failure::from)?,
    }))
}
