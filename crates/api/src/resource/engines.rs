//! Questions of other delivery engines, answered from the last decision of a gate about their build:
//! the `web` provider of Argo Rollouts, and the webhooks of Flagger.

use std::collections::BTreeMap;

use adjutant_app::gate_standing;
use adjutant_domain::GateName;
use adjutant_outbound::clock;
use adjutant_rollout::{
    AnalysisAnswer, FlaggerHook, GateQuestion, answer_analysis, answer_hook, read_flagger_call,
};
use adjutant_wire::Failure;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gates::judged;
use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, PostedBytes};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("gate_analysis", "/gates/{gate}/analysis"),
            "Answers an analysis of Argo Rollouts: PASS, FAIL, or INCONCLUSIVE without a decision.",
            READ,
            analysis,
        )
        .asks::<AnalysisQuery>()
        .answers::<AnalysisAnswer>(),
        post(
            ("flagger_hook", "/flagger/{hook}"),
            "Answers a webhook of Flagger: 200 where the gate says so, 403 otherwise.",
            READ,
            hook,
        )
        .takes::<FlaggerBody>()
        .answers::<HookJson>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnalysisQuery {
    /// The build that is asked about, as `sha256:HEX` or `NAME@sha256:HEX`; without it the answer is
    /// INCONCLUSIVE.
    artifact: Option<String>,
    /// How old the decision may be, in seconds; an hour unless it is said.
    max_age_seconds: Option<u32>,
}

/// What Flagger sends: [`read_flagger_call`] reads it, and knows the bounds of each.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "its shape is told, and read in another way")]
struct FlaggerBody {
    /// The canary.
    name: String,
    namespace: String,
    phase: String,
    /// `gate`, `artifact` as `NAME@sha256:HEX`, and `maxAge` as `15m`.
    metadata: Option<BTreeMap<String, String>>,
}

/// A success.
#[derive(Serialize, JsonSchema)]
struct HookJson {
    /// Why. Flagger puts it into its events.
    says: String,
}

async fn analysis(
    State(api): State<Api>,
    Named(gate): Named<String>,
    Asked(query): Asked<AnalysisQuery>,
) -> Result<Reply, Problem> {
    let gate: GateName = named(&gate)?;
    let mut question = GateQuestion::about(gate);
    question.artifact = judged(query.artifact.as_deref())?.map(|judged| judged.digest);
    if let Some(seconds) = query.max_age_seconds {
        question.age_ms_max = i64::from(seconds) * 1_000;
    }
    api.desks()
        .read(async move |store| {
            let standing = gate_standing(store, &question, clock::now()).await;
            let standing = standing.map_err(Failure::from)?;
            Reply::json(&answer_analysis(&question, standing))
        })
        .await
}

async fn hook(
    State(api): State<Api>,
    Named(hook): Named<String>,
    PostedBytes(body): PostedBytes,
) -> Result<Reply, Problem> {
    let hook = FlaggerHook::named(&hook).ok_or_else(|| {
        let names = FlaggerHook::ALL.map(FlaggerHook::name).join(", ");
        Problem::unknown(
            format!("Flagger has no hook {hook}"),
            format!("Use {names}."),
        )
    })?;
    let call = read_flagger_call(&body).map_err(|error| {
        Problem::malformed(
            error.to_string(),
            "Send what Flagger sends, with metadata.gate, metadata.artifact and, if needed, \
             metadata.maxAge.",
        )
    })?;
    let answer = api.desks().read(async move |store| {
        let asked = match &call.question {
            Some(question) => {
                let standing = gate_standing(store, question, clock::now()).await;
                Some((question, standing.map_err(Failure::from)?))
            }
            None => None,
        };
        Ok(answer_hook(hook, asked))
    });
    let answer = answer.await?;
    if answer.is_success {
        return Reply::json(&HookJson { says: answer.says });
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        answer.says,
        "The gate decides: adjutant gate NAME. Flagger asks again.",
    ))
}
