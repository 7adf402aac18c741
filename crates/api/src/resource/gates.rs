//! Gates and their decisions.

use std::collections::BTreeMap;

use adjutant_app::{DecisionRecord, FoundPolicy, GateRequest, Home, PolicyError};
use adjutant_domain::{CriterionId, Digest, GateName};
use adjutant_gate::JudgedArtifact;
use adjutant_outbound::clock;
use adjutant_report::wire::GateAnswer;
use adjutant_wire::{DecisionJson, Failure, GateJson, GatePolicyJson};
use adjutant_work::access::Right;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{READ, cut, limit_of, listed, named, one_more};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(("list_gates", "/gates"), "Lists gates.", READ, gates).answers::<Vec<GateJson>>(),
        get(
            ("show_gate", "/gates/{gate}"),
            "Shows the policy of a gate.",
            READ,
            gate,
        )
        .answers::<GatePolicyJson<'_>>(),
        get(
            ("list_decisions", "/decisions"),
            "Lists decisions, newest first.",
            READ,
            decisions,
        )
        .asks::<DecisionsQuery>()
        .paged()
        .answers::<Vec<DecisionJson>>(),
        get(
            ("show_decision", "/decisions/{record}"),
            "Shows a decision with every criterion, interval and reason.",
            READ,
            decision,
        )
        .answers::<GateAnswer>(),
        post(
            ("ask_gate", "/gates/{gate}/decisions"),
            "Asks a gate about the latest stored evidence; the decision is kept.",
            Right::Decide,
            ask,
        )
        .takes::<AskBody>()
        .answers::<GateAnswer>()
        .creates(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskBody {
    /// Reasons for criteria whose policy allows one.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    reasons: BTreeMap<CriterionId, String>,
    /// The build that is judged, as `sha256:HEX` or `NAME@sha256:HEX`.
    artifact: Option<String>,
}

/// The build that a question names.
pub(super) fn judged(artifact: Option<&str>) -> Result<Option<JudgedArtifact>, Problem> {
    let judged = artifact.map(|words| {
        JudgedArtifact::named(words).ok_or_else(|| {
            Problem::malformed(
                format!("{words} names no build"),
                "Name it by its SHA-256: sha256:HEX or NAME@sha256:HEX.",
            )
        })
    });
    judged.transpose()
}

/// Opens every artifact, so it has a thread of its own. No file or address is read but what is stored.
async fn ask(
    State(api): State<Api>,
    Named(gate): Named<String>,
    posted: Posted<AskBody>,
) -> Result<Reply, Problem> {
    let gate: GateName = named(&gate)?;
    let artifact = judged(posted.body.artifact.as_deref())?;
    let home = api.home().clone();
    api.act(posted.mark, async move |store| {
        let policy = match adjutant_app::find_policy(&home, None, &gate) {
            Ok(policy) => policy,
            Err(error @ PolicyError::Unknown { .. }) => {
                return Err(Problem::unknown(error.to_string(), "See /api/v1/gates."));
            }
            Err(error) => return Err(Failure::from(error).into()),
        };
        let request = GateRequest {
            policy: &policy,
            sources: &[],
            reasons: &posted.body.reasons,
            artifact: artifact.as_ref(),
        };
        let decided = adjutant_app::run_gate(store, &request, clock::now()).await;
        let decided = decided.map_err(Failure::from)?;
        Ok(Reply::json(&GateAnswer::from(&decided.decision))?.created())
    })
    .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecisionsQuery {
    /// Only of this gate.
    gate: Option<String>,
    /// The decision that was seen last; the list goes on with older ones.
    after: Option<i64>,
    /// How many, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u32>,
}

async fn gates(State(api): State<Api>) -> Result<Reply, Problem> {
    let home = api.home().clone();
    api.desks()
        .read(async move |_store| {
            let known = adjutant_app::known_gates(&home, None).map_err(Failure::from)?;
            let json: Vec<_> = known.iter().map(|gate| GateJson::of(gate, &home)).collect();
            Reply::json(&json)
        })
        .await
}

async fn gate(State(api): State<Api>, Named(gate): Named<String>) -> Result<Reply, Problem> {
    let gate: GateName = named(&gate)?;
    let home = api.home().clone();
    api.desks()
        .read(async move |_store| Reply::json(&GatePolicyJson::of(&find(&home, &gate)?, &home)))
        .await
}

/// The policy of a gate of this name.
pub(super) fn find(home: &Home, gate: &GateName) -> Result<FoundPolicy, Problem> {
    match adjutant_app::find_policy(home, None, gate) {
        Ok(found) => Ok(found),
        Err(error @ PolicyError::Unknown { .. }) => {
            Err(Problem::unknown(error.to_string(), "See /api/v1/gates."))
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn decisions(
    State(api): State<Api>,
    Asked(query): Asked<DecisionsQuery>,
) -> Result<Reply, Problem> {
    let gate: Option<GateName> = query.gate.as_deref().map(named).transpose()?;
    let limit = limit_of(query.limit)?;
    let reply = api.desks().read(async move |store| {
        let most = one_more(limit);
        let mut found = store.decisions(gate.as_ref(), query.after, most).await?;
        let next = cut(&mut found, limit, |decision| decision.id);
        let json: Vec<DecisionJson> = found.iter().map(Into::into).collect();
        listed(&json, next)
    });
    reply.await
}

async fn decision(State(api): State<Api>, Named(record): Named<String>) -> Result<Reply, Problem> {
    let record: Digest = named(&record)?;
    let reply = api.desks().read(async move |store| {
        let opened = open_record(store, record).await?;
        Reply::json(&GateAnswer::from(&opened.decision))
    });
    reply.await
}

/// The record of a decision that was stored as one: not just any artifact that looks like it.
pub(super) async fn open_record(
    store: &adjutant_store::Store,
    record: Digest,
) -> Result<DecisionRecord, Problem> {
    if !store.has_decision(record).await? {
        return Err(Problem::unknown(
            format!("no decision has the record {record}"),
            "See /api/v1/decisions.",
        ));
    }
    Ok(DecisionRecord::open(store, record).map_err(Failure::from)?)
}
