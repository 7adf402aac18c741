//! What agents do with tasks: file, claim, renew, give back, hand off, complete. A token of an agent
//! speaks for that agent in its role, and for nobody else.

use adjutant_app::{CompleteRequest, Completion, HandedOff, HandsOn, Portion};
use adjutant_domain::{AgentName, Epoch, ObjectId, RoleName, TaskId};
use adjutant_outbound::clock;
use adjutant_store::{Filed, Holder, NewTask, Store, Written};
use adjutant_wire::{
    Failure, HandedOffJson, IntakeBody, ProvenJson, ReleasedJson, TaskJson, WonJson,
};
use adjutant_work::access::{Bearer, Right};
use adjutant_work::template::Filled;
use adjutant_work::{
    CHECKING_LEASE_MILLIS, Claim, ClaimRequest, Handoff, OnOverlap, PartialHandoff, PathGlob,
    Refusal, Target, TaskKind, lease_millis,
};
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::named;
use crate::Api;
use crate::access::Caller;
use crate::operation::{Operation, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post(("file_task", "/tasks"), "Files a task.", Right::File, file)
            .takes::<FileBody>()
            .answers::<TaskJson<'_>>()
            .creates(),
        post(
            ("claim_task", "/claims"),
            "Claims a task: the next one, or one by its name.",
            Right::Work,
            claim,
        )
        .takes::<ClaimBody>()
        .answers::<WonJson<'_>>(),
        post(
            ("renew_task", "/tasks/{task}/renew"),
            "Renews the lease on a task: the heartbeat.",
            Right::Work,
            renew,
        )
        .takes::<HeldBody>()
        .answers::<WonJson<'_>>(),
        post(
            ("release_task", "/tasks/{task}/release"),
            "Gives a task back.",
            Right::Work,
            release,
        )
        .takes::<ReleaseBody>()
        .answers::<ReleasedJson>(),
        post(
            ("hand_off_task", "/tasks/{task}/handoff"),
            "Hands a task, or a part of it, to the role it belongs to.",
            Right::Work,
            hand_off,
        )
        .takes::<HandoffBody>()
        .answers::<HandedOffJson<'_>>()
        .creates(),
        post(
            ("complete_task", "/tasks/{task}/complete"),
            "Runs the checks of a task on a commit; what they show is its proof.",
            Right::Work,
            complete,
        )
        .takes::<CompleteBody>()
        .answers::<ProvenJson<'_>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileBody {
    intake: IntakeBody,
    /// Kept as a draft, which nobody is handed before it is filled in. Tasks of agents always are.
    #[serde(default)]
    draft: bool,
}

async fn file(State(api): State<Api>, posted: Posted<FileBody>) -> Result<Reply, Problem> {
    let FileBody { intake, draft } = posted.body;
    let Filled { intake, links } = intake.into();
    let of_agent = matches!(posted.caller.token.bearer, Bearer::Agent { .. });
    // A check is a command that Adjutant runs: whoever may not administer does not write one.
    if of_agent && !intake.checks.is_empty() {
        return Err(Problem::forbidden(
            "an agent files tasks without checks",
            "Leave out the checks; who accepts the draft adds them.",
        ));
    }
    let draft = draft || of_agent;
    let missing = intake.missing();
    if !draft && !missing.is_empty() {
        return Err((&Refusal::Incomplete {
            task: None,
            missing,
        })
            .into());
    }
    let new = NewTask {
        intake,
        links,
        draft,
    };
    api.write(
        posted.mark,
        async move |store| match adjutant_app::file_tasks(store, &[new], None, clock::now()).await?
        {
            Filed::Tasks(tasks) => match tasks.first() {
                Some(task) => Ok(Reply::json(&TaskJson::from(task))?.created()),
                None => Err(Problem::malformed(
                    "no task was filed",
                    "Say what it asks for.",
                )),
            },
            Filed::Refused(refused) => Err((&refused).into()),
        },
    )
    .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    /// Who claims; needed with the token of an administrator.
    agent: Option<String>,
    /// The role it claims in.
    role: Option<String>,
    /// This task; the next one when it is left out.
    task: Option<String>,
    /// How long the lease lasts unless it is renewed: 15 minutes when it is left out.
    #[schemars(range(min = 1, max = 86_400))]
    lease_seconds: Option<u32>,
    /// Takes it although a held task declares the same files.
    #[serde(default)]
    advisory: bool,
}

async fn claim(State(api): State<Api>, posted: Posted<ClaimBody>) -> Result<Reply, Problem> {
    let body = posted.body;
    let role = optional::<RoleName>(body.role.as_deref())?;
    let (agent, role) = posted
        .caller
        .speaks_for(optional(body.agent.as_deref())?, role)?;
    let home = api.home().clone();
    let role = match role {
        Some(role) => Some(
            adjutant_app::role_named(&home, &role)
                .map_err(Failure::from)?
                .role,
        ),
        None => None,
    };
    let request = ClaimRequest {
        agent,
        role,
        target: optional::<TaskId>(body.task.as_deref())?.map_or(Target::Next, Target::Task),
        lease_millis: lease_millis(body.lease_seconds).map_err(Failure::from)?,
        on_overlap: if body.advisory {
            OnOverlap::Warn
        } else {
            OnOverlap::Refuse
        },
        pauses: vec![],
        key: None,
    };
    // Read beside the writer: the settings are files, and git may be asked about them.
    let request = api
        .desks()
        .read(async move |store| {
            let terms = adjutant_app::claim_terms(store, &home, &request, clock::now()).await;
            Ok(terms.map_err(Failure::from)?)
        })
        .await?;
    api.write(posted.mark, async move |store| won(store, &request).await)
        .await
}

async fn won(store: &Store, request: &ClaimRequest) -> Result<Reply, Problem> {
    match store.claim(request, clock::now()).await? {
        Claim::Won(won) => Reply::json(&WonJson::from(won.as_ref())),
        Claim::Refused(refused) => Err((&refused).into()),
    }
}

fn optional<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem>
where
    T::Err: std::fmt::Display,
{
    text.map(named).transpose()
}

/// Whoever holds the task, as the request says it.
fn holder(caller: &Caller, task: &str, epoch: i64, agent: Option<&str>) -> Result<Holder, Problem> {
    let (agent, _) = caller.speaks_for(optional::<AgentName>(agent)?, None)?;
    Ok(Holder {
        task: named(task)?,
        epoch: Epoch::from_number(epoch),
        agent,
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeldBody {
    /// The epoch of the claim.
    epoch: i64,
    /// Who holds it; needed with the token of an administrator.
    agent: Option<String>,
    /// How long the lease lasts from now: 15 minutes when it is left out.
    #[schemars(range(min = 1, max = 86_400))]
    lease_seconds: Option<u32>,
}

async fn renew(
    State(api): State<Api>,
    Named(task): Named<String>,
    posted: Posted<HeldBody>,
) -> Result<Reply, Problem> {
    let body = posted.body;
    let holder = holder(&posted.caller, &task, body.epoch, body.agent.as_deref())?;
    let request = ClaimRequest {
        agent: holder.agent,
        role: None,
        target: Target::Renewal(holder.task, holder.epoch),
        lease_millis: lease_millis(body.lease_seconds).map_err(Failure::from)?,
        on_overlap: OnOverlap::Warn,
        pauses: vec![],
        key: None,
    };
    api.write(posted.mark, async move |store| won(store, &request).await)
        .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseBody {
    /// The epoch of the claim.
    epoch: i64,
    /// Who holds it; needed with the token of an administrator.
    agent: Option<String>,
    /// Why it is given back.
    reason: String,
}

async fn release(
    State(api): State<Api>,
    Named(task): Named<String>,
    posted: Posted<ReleaseBody>,
) -> Result<Reply, Problem> {
    let body = posted.body;
    let holder = holder(&posted.caller, &task, body.epoch, body.agent.as_deref())?;
    api.write(posted.mark, async move |store| {
        match store.release(&holder, &body.reason, clock::now()).await? {
            Written::Task(task) => Reply::json(&ReleasedJson::from(task.as_ref())),
            Written::Refused(refused) => Err((&refused).into()),
        }
    })
    .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HandoffBody {
    /// The epoch of the claim.
    epoch: i64,
    /// Who holds it; needed with the token of an administrator.
    agent: Option<String>,
    /// The role that takes over.
    to: String,
    /// Where the work stands.
    state: String,
    /// The command to begin with.
    next_command: String,
    /// What can still go wrong, or the one word "none".
    open_risks: Vec<String>,
    /// What is believed and was not proved, or the one word "none".
    unproven_claims: Vec<String>,
    /// Keeps the lease, and goes on with the rest.
    #[serde(default)]
    keep: bool,
    /// The title of the part that is handed over.
    title: Option<String>,
    /// Its goal.
    goal: Option<String>,
    /// What sort of change it is.
    #[schemars(with = "Option<String>")]
    kind: Option<TaskKind>,
    /// Its files.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<PathGlob>,
}

impl HandoffBody {
    fn handoff(&self) -> Result<Handoff, Problem> {
        let said = PartialHandoff {
            to: Some(named(&self.to)?),
            state: Some(self.state.clone()),
            next_command: Some(self.next_command.clone()),
            open_risks: self.open_risks.clone(),
            unproven_claims: self.unproven_claims.clone(),
        };
        said.complete().map_err(|incomplete| {
            let missing: Vec<_> = incomplete.missing.iter().map(|it| it.name()).collect();
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the handoff does not say: {}", missing.join(", ")),
                "Say it; \"none\" is an answer for open risks and unproven claims.",
            )
        })
    }
}

async fn hand_off(
    State(api): State<Api>,
    Named(task): Named<String>,
    posted: Posted<HandoffBody>,
) -> Result<Reply, Problem> {
    let body = posted.body;
    let holder = holder(&posted.caller, &task, body.epoch, body.agent.as_deref())?;
    let handoff = body.handoff()?;
    let portion = Portion {
        title: body.title,
        goal: body.goal,
        kind: body.kind,
        paths: body.paths,
    };
    let from = HandsOn::Holder {
        holder,
        keep: body.keep,
    };
    let home = api.home().clone();
    api.write(posted.mark, async move |store| {
        let what = (&handoff, portion);
        let handed = adjutant_app::hand_off(store, &home, &from, what, clock::now()).await;
        match handed.map_err(Failure::from)? {
            HandedOff::Task { new, from } => {
                Ok(Reply::json(&HandedOffJson::new(from, new.as_ref()))?.created())
            }
            HandedOff::Refused(refused) => Err((&refused).into()),
            HandedOff::Outside { task, outside } => Err((&Refusal::OutOfBounds {
                task,
                role: outside.role,
                because: outside.because,
            })
                .into()),
        }
    })
    .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompleteBody {
    /// The epoch of the claim.
    epoch: i64,
    /// Who holds it; needed with the token of an administrator.
    agent: Option<String>,
    /// The commit that holds the work, in this repository.
    commit: String,
}

/// Runs programs, so it has a thread of its own. Repeated, it is refused by the epoch: a proof ends
/// the claim.
async fn complete(
    State(api): State<Api>,
    Named(task): Named<String>,
    posted: Posted<CompleteBody>,
) -> Result<Reply, Problem> {
    let body = posted.body;
    let holder = holder(&posted.caller, &task, body.epoch, body.agent.as_deref())?;
    // A whole object name: nothing that git could take for an option or an expression.
    let commit: ObjectId = named(&body.commit)?;
    let request = CompleteRequest {
        holder,
        revision: Some(commit.to_string()),
        evidence: vec![],
        environment: api.environment(),
        lease_millis: CHECKING_LEASE_MILLIS,
    };
    let home = api.home().clone();
    api.act(posted.mark, async move |store| {
        let done = adjutant_app::complete_work(store, &home, &request, clock::now()).await;
        match done.map_err(Failure::from)? {
            Completion::Proven(completed) => Reply::json(&ProvenJson::from(completed.as_ref())),
            Completion::Unproven(reason) => Err((&reason).into()),
            Completion::Refused(refused) => Err((&refused).into()),
            Completion::Outside { outside, .. } => Err((&Refusal::OutOfBounds {
                task: request.holder.task,
                role: outside.role,
                because: outside.because,
            })
                .into()),
        }
    })
    .await
}
