//! A role: what an agent is for, and what it must leave to others.

mod preset;
mod reading;

use adjutant_domain::RoleName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PathGlob, TaskKind};

pub use preset::{PRESETS, preset};
pub use reading::{InvalidRole, read_roles};

/// A role, as `adjutant.toml` or a preset describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub scope: String,
    /// What it hands over.
    pub deliverables: Vec<String>,
    /// When its work is done.
    pub definition_of_done: Vec<String>,
    /// What is its own: changes that others leave to it.
    #[serde(default)]
    pub owns: Territory,
    /// What it must not do.
    pub boundaries: Boundaries,
    /// What it asks itself before it starts.
    pub key_questions: Vec<String>,
    /// What an agent in this role is told first.
    pub prompt: String,
}

/// The changes that belong to a role: where another role must stop, this says whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Territory {
    /// Files it looks after.
    pub paths: Vec<PathGlob>,
    /// Kinds of change it makes.
    pub kinds: Vec<TaskKind>,
}

/// What a role must not do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Boundaries {
    /// Files it must not touch.
    pub paths: Vec<PathGlob>,
    /// Kinds of change it must not make.
    pub kinds: Vec<TaskKind>,
    /// The same in words, for what neither a path nor a kind can say.
    pub notes: Vec<String>,
}
