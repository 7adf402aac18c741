//! Votes.

use adjutant_app::{FilledBallot, VoteRequest, Voting};
use adjutant_domain::{GateName, RoleName};
use adjutant_gate::Ballot;
use adjutant_outbound::clock;
use adjutant_wire::{Failure, VoteJson};
use adjutant_work::access::{Bearer, Right};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{READ, SubjectQuery, cut, listed, named};
use crate::Api;
use crate::access::Caller;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_votes", "/votes"),
            "Lists votes, oldest first.",
            READ,
            list,
        )
        .asks::<SubjectQuery>()
        .paged()
        .answers::<Vec<VoteJson>>(),
        get(("show_vote", "/votes/{vote}"), "Shows a vote.", READ, show).answers::<VoteJson>(),
        post(
            ("cast_vote", "/votes"),
            "Votes for a role: may the candidate go?",
            Right::Vote,
            cast,
        )
        .takes::<VoteBody>()
        .answers::<VoteJson>()
        .creates(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VoteBody {
    /// The gate that counts it; release when it is left out.
    gate: Option<String>,
    /// For which role; that of the token when it is left out.
    role: Option<String>,
    /// What it is about: a subject, or the record of a decision by at least eight digits.
    about: String,
    /// GO, NO-GO or ABSTAIN; left out, the role's built-in evaluator votes.
    #[schemars(with = "Option<String>")]
    ballot: Option<Ballot>,
    /// Why.
    #[serde(default)]
    because: String,
    /// What it rests on: runs, numbers of evidence, or digests by at least eight digits.
    #[serde(default)]
    evidence: Vec<String>,
}

impl VoteBody {
    fn filled(&self) -> Result<FilledBallot<'_>, Problem> {
        let because = self.because.trim();
        match self.ballot {
            None if because.is_empty() && self.evidence.is_empty() => Ok(FilledBallot::ByEvaluator),
            None => Err(Problem::malformed(
                "an evaluator says itself why, and from which evidence",
                "Leave out because and evidence, or give a ballot.",
            )),
            Some(Ballot::Go) if self.evidence.is_empty() => Err(Problem::malformed(
                "a GO names what it rests on",
                "Add evidence; /api/v1/evidence says what there is.",
            )),
            Some(_) if because.is_empty() => Err(Problem::malformed(
                "a vote needs words",
                "Say why in because.",
            )),
            Some(ballot) => Ok(FilledBallot::ByPerson {
                ballot,
                because,
                evidence: &self.evidence,
            }),
        }
    }
}

/// Nobody votes for another: the token of an agent has the voice of its role.
fn voice(caller: &Caller, asked: Option<&str>) -> Result<RoleName, Problem> {
    let asked: Option<RoleName> = asked.map(named).transpose()?;
    match (&caller.token.bearer, asked) {
        (Bearer::Agent { role, .. }, None) => Ok(role.clone()),
        (Bearer::Agent { role, .. }, Some(asked)) if asked == *role => Ok(asked),
        (Bearer::Agent { .. }, Some(asked)) => Err(Problem::forbidden(
            format!("{} does not vote for {asked}", caller.token.bearer.told()),
            "Leave out the role, or let that role vote.",
        )),
        (Bearer::Admin | Bearer::Reader | Bearer::Link, Some(asked)) => Ok(asked),
        (Bearer::Admin | Bearer::Reader | Bearer::Link, None) => Err(Problem::malformed(
            "it is not said for which role",
            "Name it: \"role\": \"NAME\".",
        )),
    }
}

async fn cast(State(api): State<Api>, posted: Posted<VoteBody>) -> Result<Reply, Problem> {
    let body = posted.body;
    let role = voice(&posted.caller, body.role.as_deref())?;
    let gate: GateName = named(body.gate.as_deref().unwrap_or("release"))?;
    let home = api.home().clone();
    api.write(posted.mark, async move |store| {
        let policy = adjutant_app::find_policy(&home, None, &gate).map_err(Failure::from)?;
        let request = VoteRequest {
            policy: &policy,
            role: &role,
            about: &body.about,
            ballot: body.filled()?,
        };
        let voting = adjutant_app::cast_vote(store, &request, clock::now()).await;
        match voting.map_err(Failure::from)? {
            Voting::Cast { vote, .. } => Ok(Reply::json(&VoteJson::cast(&vote))?.created()),
            Voting::Refused(refusal) => Err((&refusal).into()),
        }
    })
    .await
}

async fn list(State(api): State<Api>, Asked(query): Asked<SubjectQuery>) -> Result<Reply, Problem> {
    let part = query.part()?;
    let reply = api.desks().read(async move |store| {
        let mut found = adjutant_app::list_votes(store, &part.page()).await?;
        let next = cut(&mut found, part.limit, |listed| listed.stored.id);
        let json: Vec<VoteJson> = found.iter().map(Into::into).collect();
        listed(&json, next)
    });
    reply.await
}

async fn show(State(api): State<Api>, Named(vote): Named<String>) -> Result<Reply, Problem> {
    let vote: i64 = named(&vote)?;
    api.desks()
        .read(
            async move |store| match adjutant_app::show_vote(store, vote).await? {
                Some(found) => Reply::json(&VoteJson::from(&found)),
                None => Err(Problem::unknown(
                    format!("there is no vote {vote}"),
                    "See /api/v1/votes.",
                )),
            },
        )
        .await
}
