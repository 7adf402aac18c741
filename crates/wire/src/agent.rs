//! The JSON of agents.

use adjutant_app::KnownAgent;
use adjutant_work::{Agent, Record, Trial};
use schemars::JsonSchema;
use serde::Serialize;

/// An agent with what is known of its work.
#[derive(Serialize, JsonSchema)]
pub struct KnownAgentJson<'a> {
    agent: &'a Agent,
    /// What became of its claims, by kind of task.
    records: &'a [Record],
    /// What the records count.
    trials: &'a [Trial],
}

impl<'a> From<&'a KnownAgent> for KnownAgentJson<'a> {
    fn from(known: &'a KnownAgent) -> Self {
        Self {
            agent: &known.agent,
            records: &known.records,
            trials: &known.trials,
        }
    }
}
