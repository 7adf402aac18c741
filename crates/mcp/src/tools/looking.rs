//! What should I know, and who is in my way?

use std::ops::RangeInclusive;

use adjutant_outbound::clock;
use adjutant_wire::{ConflictsJson, Failure, situation};
use adjutant_work::access::Right;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, Declined, told};
use crate::room::Pace;
use crate::tool::{Errand, ToolRow, tool};

/// What a situation is told in, where the call does not say.
const TOKENS: usize = 1_500;

/// Less does not hold a claim; more is the focus document itself.
const TOKENS_ALLOWED: RangeInclusive<usize> = 200..=20_000;

pub(super) fn tools() -> Vec<ToolRow> {
    vec![
        tool::<NowArguments>(
            (
                "now",
                "What you should know now: your claim and its deadline, handoffs to your role, \
                 conflicts, pauses, and your focus. Call it first, and when unsure.",
            ),
            (Right::Read, Pace::Reads),
            |errand, arguments| Box::pin(now(errand, arguments)),
        ),
        tool::<NoArguments>(
            (
                "conflicts",
                "Merges all work trees in memory: who changes the same lines, and in which order to \
                 merge.",
            ),
            (Right::Read, Pace::Acts),
            |errand, _| Box::pin(conflicts(errand)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NowArguments {
    /// Length of the answer (default 1500).
    max_tokens: Option<usize>,
}

async fn now(errand: Errand<'_>, arguments: NowArguments) -> Answer {
    let tokens = arguments.max_tokens.unwrap_or(TOKENS);
    if !TOKENS_ALLOWED.contains(&tokens) {
        return Err(Declined::usage(
            format!("nothing is told in {tokens} tokens"),
            "Ask for 200 to 20000.",
        ));
    }
    let (agent, role) = errand.caller.agent()?;
    let now = clock::now();
    let home = errand.home();
    let seen = adjutant_app::look_around(errand.store, home, &agent, role, now).await;
    let seen = seen.map_err(Failure::from)?;
    situation::within(&seen, tokens).map_err(|error| Failure::defect(&error).into())
}

async fn conflicts(errand: Errand<'_>) -> Answer {
    let held = adjutant_app::read_held_tasks(errand.store).await?;
    let found = adjutant_app::find_conflicts(errand.home(), &held, clock::now());
    told(&ConflictsJson::from(&found.map_err(Failure::from)?))
}
