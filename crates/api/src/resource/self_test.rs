//! How often a gate is wrong where the truth is known.

use adjutant_domain::GateName;
use adjutant_gate::SelfTest;
use adjutant_work::access::Right;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::gates::find;
use super::named;
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named};

/// Candidates that a criterion is tried with, where the request does not say.
const SEEDS: u16 = 100;

/// The most: each takes milliseconds of a processor, and `adjutant gate self-test` knows no limit.
const SEEDS_MAX: u16 = 200;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("self_test_gate", "/gates/{gate}/self-test"),
            "Tries a gate where the truth is known: its false-alarm rate and its power.",
            Right::Decide,
            self_test,
        )
        .asks::<SelfTestQuery>()
        .answers::<SelfTest>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SelfTestQuery {
    /// How many synthetic candidates each criterion is tried with, 100 unless it is said.
    #[schemars(range(min = 1, max = 200))]
    seeds: Option<u16>,
}

/// It computes for seconds, so it has a thread of its own.
async fn self_test(
    State(api): State<Api>,
    Named(gate): Named<String>,
    Asked(query): Asked<SelfTestQuery>,
) -> Result<Reply, Problem> {
    let gate: GateName = named(&gate)?;
    let seeds = query.seeds.unwrap_or(SEEDS);
    if !(1..=SEEDS_MAX).contains(&seeds) {
        return Err(Problem::malformed(
            format!("{seeds} seeds cannot be tried here"),
            format!("Ask for 1 to {SEEDS_MAX}, or run adjutant gate self-test {gate}."),
        ));
    }
    let home = api.home().clone();
    api.desks()
        .act(async move |_store| {
            let found = find(&home, &gate)?;
            let tested = adjutant_gate::self_test(&found.policy, seeds.into(), &mut |_, _| {});
            Reply::json(&tested)
        })
        .await
}
