//! What proves that a task is done. Adjutant runs it itself, where the agent cannot reach.

use adjutant_domain::{CheckName, GateName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PathGlob;

/// One demand that is run, not claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its name within the task.
    pub name: CheckName,
    /// What is run.
    pub run: CheckRun,
    /// How strong the proof is.
    pub proof: ProofKind,
    /// Files of the test itself, which the candidate may add or change. The red run takes them from
    /// the candidate and everything else from the base, so that a test that never fails is seen.
    #[serde(default)]
    pub tests: Vec<PathGlob>,
    /// Files that decide the check and that the candidate must not touch.
    #[serde(default)]
    pub frozen: Vec<PathGlob>,
    /// The longest a run may take, in seconds.
    pub seconds_max: u32,
}

/// What a check runs. Arguments are never given to a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckRun {
    /// A program that ends with 0 when the demand is met.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
    },
    /// A program that measures, and a gate that decides on what it wrote: on the base as baseline,
    /// on the work as candidate.
    Gate {
        /// The program and its arguments.
        argv: Vec<String>,
        /// The files it writes, relative to the top of the work tree.
        evidence: Vec<String>,
        /// The gate.
        gate: GateName,
    },
}

/// What a passing check says about the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    /// It fails on the base and passes on the work: the work made the difference.
    RedGreen,
    /// It passes on the work. Weaker, and labelled so.
    GreenOnly {
        /// Why it cannot fail on the base: docs, a refactoring.
        reason: String,
    },
}
