//! Claiming a task, and what its holder does with it.

use adjutant_app::{CompleteRequest, Completion, HandedOff, HandsOn, Portion, SaidHolder};
use adjutant_domain::{Epoch, ObjectId, TaskId};
use adjutant_outbound::clock;
use adjutant_store::Holder;
use adjutant_wire::{Failure, HandedOffJson, ProvenJson, WonJson};
use adjutant_work::access::Right;
use adjutant_work::boundary::Outside;
use adjutant_work::{
    CHECKING_LEASE_MILLIS, Claim, ClaimRequest, OnOverlap, PartialHandoff, PathGlob, Refusal, Role,
    Target, TaskKind, lease_millis,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, Declined, told};
use crate::caller::ToolCaller;
use crate::room::Pace;
use crate::tool::{Errand, ToolRow, named, optional, tool};

pub(super) fn tools() -> Vec<ToolRow> {
    vec![
        tool::<ClaimRequest>(
            (
                "claim",
                "Claims a task, the best ready one unless you name it. Answers with what it asks for \
                 and the epoch that later calls carry.",
            ),
            (Right::Work, Pace::Writes),
            |errand, request| Box::pin(claim(errand, request)),
        )
        .after::<ClaimArguments>(|errand, arguments| Box::pin(requested(errand, arguments))),
        tool::<HeartbeatArguments>(
            (
                "heartbeat",
                "Renews your lease. Call it before the deadline while you work.",
            ),
            (Right::Work, Pace::Writes),
            |errand, arguments| Box::pin(heartbeat(errand, arguments)),
        ),
        tool::<CompleteArguments>(
            (
                "complete",
                "Commit first. Runs the task's checks on the commit in a fresh work tree; passing, they \
                 are its proof. Takes minutes.",
            ),
            (Right::Work, Pace::Acts),
            |errand, arguments| Box::pin(complete(errand, arguments)),
        ),
        tool::<HandOffArguments>(
            (
                "hand_off",
                "Hands your task, or with keep a part of it, to the role it belongs to.",
            ),
            (Right::Work, Pace::Writes),
            |errand, arguments| Box::pin(hand_off(errand, arguments)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimArguments {
    /// Such as T-17.
    task: Option<String>,
    /// Default 900.
    lease_seconds: Option<u32>,
    /// Take it although a held task declares the same files.
    #[serde(default)]
    advisory: bool,
}

/// What is asked for, with the terms of the settings: for a work tree here, whoever claims reads them.
async fn requested(errand: Errand<'_>, arguments: ClaimArguments) -> Answer {
    let (agent, role) = errand.caller.agent()?;
    let role = role.map(|role| adjutant_app::role_named(errand.home(), &role));
    let role: Option<Role> = role
        .transpose()
        .map_err(Failure::from)?
        .map(|found| found.role);
    let task = optional::<TaskId>(arguments.task.as_deref())?;
    let request = ClaimRequest {
        agent,
        role,
        target: task.map_or(Target::Next, Target::Task),
        lease_millis: lease_millis(arguments.lease_seconds).map_err(Failure::from)?,
        on_overlap: if arguments.advisory {
            OnOverlap::Warn
        } else {
            OnOverlap::Refuse
        },
        pauses: vec![],
        key: None,
    };
    let (store, home, now) = (errand.store, errand.home(), clock::now());
    match errand.caller {
        ToolCaller::Here { .. } => told(&request),
        ToolCaller::Remote(_) => {
            let terms = adjutant_app::claim_terms(store, home, &request, now).await;
            told(&terms.map_err(Failure::from)?)
        }
    }
}

/// A work tree here remembers what was won in it; one elsewhere cannot.
async fn claim(errand: Errand<'_>, request: ClaimRequest) -> Answer {
    let (store, home, now) = (errand.store, errand.home(), clock::now());
    let claim = match errand.caller {
        ToolCaller::Here { .. } => adjutant_app::claim(store, home, &request, now).await,
        ToolCaller::Remote(_) => store.claim(&request, now).await.map_err(Into::into),
    };
    match claim.map_err(Failure::from)? {
        Claim::Won(won) => told(&WonJson::from(won.as_ref())),
        Claim::Refused(Refusal::OutOfBounds {
            task,
            role,
            because,
        }) => {
            let belongs_to = adjutant_app::belongs_to(store, home, task, &role).await;
            let outside = Outside {
                role,
                because,
                belongs_to: belongs_to.map_err(Failure::from)?,
            };
            Err(stopped(task, outside))
        }
        Claim::Refused(refused) => Err((&refused).into()),
    }
}

/// The claim that a call is about.
fn holder(errand: Errand<'_>, task: Option<&str>, epoch: Option<i64>) -> Result<Holder, Declined> {
    let said = SaidHolder {
        task: optional(task)?,
        epoch: epoch.map(Epoch::from_number),
        agent: Some(errand.caller.agent()?.0),
    };
    let found = match (errand.caller, &said) {
        (ToolCaller::Here { .. }, _)
        | (
            ToolCaller::Remote(_),
            SaidHolder {
                task: Some(_),
                epoch: Some(_),
                ..
            },
        ) => adjutant_app::find_holder(errand.home(), &said).map_err(Failure::from)?,
        (ToolCaller::Remote(_), _) => None,
    };
    found.ok_or_else(|| {
        Declined::usage(
            "it is not said which claim is meant",
            "Call claim; or name task and epoch as now tells them.",
        )
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeartbeatArguments {
    /// Default: the one claimed here.
    task: Option<String>,
    epoch: Option<i64>,
    /// Default 900.
    lease_seconds: Option<u32>,
}

async fn heartbeat(errand: Errand<'_>, arguments: HeartbeatArguments) -> Answer {
    let holder = holder(errand, arguments.task.as_deref(), arguments.epoch)?;
    let request = ClaimRequest {
        agent: holder.agent,
        role: None,
        target: Target::Renewal(holder.task, holder.epoch),
        lease_millis: lease_millis(arguments.lease_seconds).map_err(Failure::from)?,
        on_overlap: OnOverlap::Warn,
        pauses: vec![],
        key: None,
    };
    claim(errand, request).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompleteArguments {
    /// Default: the one claimed here.
    task: Option<String>,
    epoch: Option<i64>,
    /// Whole object name; default: what is checked out here.
    commit: Option<String>,
}

async fn complete(errand: Errand<'_>, arguments: CompleteArguments) -> Answer {
    let holder = holder(errand, arguments.task.as_deref(), arguments.epoch)?;
    // A whole object name: nothing that git could take for an option or an expression.
    let commit = optional::<ObjectId>(arguments.commit.as_deref())?;
    if commit.is_none() && matches!(errand.caller, ToolCaller::Remote(_)) {
        return Err(Declined::usage(
            "it is not said which commit holds the work",
            "Name it: git rev-parse HEAD prints it.",
        ));
    }
    let request = CompleteRequest {
        holder,
        revision: commit.map(|commit| commit.to_string()),
        evidence: vec![],
        environment: errand.ground.environment.clone(),
        lease_millis: CHECKING_LEASE_MILLIS,
    };
    let (store, home) = (errand.store, errand.home());
    let done = adjutant_app::complete_work(store, home, &request, clock::now()).await;
    match done.map_err(Failure::from)? {
        Completion::Proven(completed) => told(&ProvenJson::from(completed.as_ref())),
        Completion::Unproven(reason) => Err((&reason).into()),
        Completion::Refused(refused) => Err((&refused).into()),
        Completion::Outside { outside, .. } => Err(stopped(request.holder.task, *outside)),
    }
}

/// Work that is another role's, with the roles that may do it.
fn stopped(task: TaskId, outside: Outside) -> Declined {
    let roles: Vec<&str> = outside
        .belongs_to
        .iter()
        .map(|belonging| belonging.role.as_str())
        .collect();
    let next = match roles.as_slice() {
        [] => "No role may do all of it: hand over each part with hand_off, paths and kind."
            .to_owned(),
        some => format!("Hand it over with hand_off to {}.", some.join(" or ")),
    };
    let refusal = Refusal::OutOfBounds {
        task,
        role: outside.role,
        because: outside.because,
    };
    Declined {
        next,
        ..Declined::from(&refusal)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HandOffArguments {
    /// Role that takes over.
    to: String,
    /// Where the work stands.
    state: String,
    /// Command to begin with.
    next_command: String,
    /// What can still go wrong, or "none".
    open_risks: Vec<String>,
    /// What is believed and not proved, or "none".
    unproven_claims: Vec<String>,
    /// Default: the one claimed here.
    task: Option<String>,
    epoch: Option<i64>,
    /// Hand over a part, and go on with the rest.
    #[serde(default)]
    keep: bool,
    /// Of the part.
    title: Option<String>,
    goal: Option<String>,
    #[schemars(with = "Option<String>")]
    kind: Option<TaskKind>,
    /// Its files.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<PathGlob>,
}

/// Whoever holds the task; or nobody, when it was stopped here before it was claimed.
fn handed_from(errand: Errand<'_>, arguments: &HandOffArguments) -> Result<HandsOn, Declined> {
    let holder = holder(errand, arguments.task.as_deref(), arguments.epoch);
    match (holder, errand.caller, &arguments.task, arguments.epoch) {
        (Ok(holder), ..) => Ok(HandsOn::Holder {
            holder,
            keep: arguments.keep,
        }),
        (Err(_), ToolCaller::Here { .. }, Some(task), None) => Ok(HandsOn::Nobody(named(task)?)),
        (Err(declined), ..) => Err(declined),
    }
}

async fn hand_off(errand: Errand<'_>, arguments: HandOffArguments) -> Answer {
    let from = handed_from(errand, &arguments)?;
    let said = PartialHandoff {
        to: Some(named(&arguments.to)?),
        state: Some(arguments.state),
        next_command: Some(arguments.next_command),
        open_risks: arguments.open_risks,
        unproven_claims: arguments.unproven_claims,
    };
    let handoff = said.complete().map_err(|incomplete| {
        Declined::usage(
            incomplete.to_string(),
            "Say it; \"none\" is an answer for open risks and unproven claims.",
        )
    })?;
    let portion = Portion {
        title: arguments.title,
        goal: arguments.goal,
        kind: arguments.kind,
        paths: arguments.paths,
    };
    let what = (&handoff, portion);
    let (store, home) = (errand.store, errand.home());
    let handed = adjutant_app::hand_off(store, home, &from, what, clock::now()).await;
    match handed.map_err(Failure::from)? {
        HandedOff::Task { new, from } => told(&HandedOffJson::new(from, new.as_ref())),
        HandedOff::Refused(refused) => Err((&refused).into()),
        HandedOff::Outside { task, outside } => Err(stopped(task, *outside)),
    }
}
