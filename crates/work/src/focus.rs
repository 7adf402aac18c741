//! AGENT_FOCUS.md: what one agent is for, what it does next and why, compiled from the strategy,
//! the tasks, the role, the portfolio and what was measured. [`plan`](plan()) chooses,
//! [`compile`](compile()) writes, [`changes`](changes()) says what is no longer so, and
//! [`merge`](merge()) keeps what the agent wrote.
//!
//! **Invariant.** The same input gives the same bytes; every line that says something names its
//! source.

mod budget;
mod compile;
mod draft;
mod merge;
mod plan;
mod sections;
mod staleness;

use std::fmt;

use adjutant_domain::{AgentName, Digest, GateName, NorthStarName, TaskId};
use serde::{Deserialize, Serialize};

pub use budget::tokens_of;
pub use compile::compile;
pub use merge::{FOCUS_LINES_MAX, merge};
pub use plan::{Plan, PlanStep, PlannedStep, plan};
pub use staleness::{FocusChange, changes};

use crate::portfolio::CheckedItem;
use crate::strategy::Strategy;
use crate::{Pause, Role, Task};

/// Everything that a plan and a focus document are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusInputs {
    /// Whose focus it is.
    pub agent: AgentName,
    /// In which role.
    pub role: Option<Role>,
    /// The path of the strategy document, from the top of the repository.
    pub strategy_path: String,
    /// What it says; `None` when there is no such file.
    pub strategy: Option<Strategy>,
    /// Every task that is not closed, and those that the agent finished lately.
    pub tasks: Vec<Task>,
    /// The portfolio, as it was found.
    pub portfolio: Vec<CheckedItem>,
    /// The gates and north-star gates that matter, and how they stand.
    pub gates: Vec<GateStanding>,
    /// The goals of the week, where some were set.
    pub goals: Vec<WeekGoal>,
    /// What nobody may begin now.
    pub pauses: Vec<Pause>,
    /// The budget, in tokens.
    pub tokens_max: usize,
}

/// A gate, or a north-star gate, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStanding {
    /// Which.
    #[serde(flatten)]
    pub gate: NamedGate,
    /// Whether it is met, and what it says in a few words, such as `REJECT`.
    pub is_met: bool,
    /// What it says in a few words, such as `REJECT`, with what it was decided from.
    pub told: String,
    /// What was measured: value, interval, n and citation, one line each.
    pub measured: Vec<String>,
    /// The command that would produce what is missing.
    pub command: Option<String>,
    /// Where this was read, such as `gate release` or `north-star gate interviews`.
    pub place: String,
    /// The digest of what was read.
    pub digest: Digest,
}

/// The name of a gate, which decides on a change or on the whole effort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sort", content = "gate", rename_all = "snake_case")]
pub enum NamedGate {
    /// On a change.
    Gate(GateName),
    /// On the whole effort.
    NorthStar(NorthStarName),
}

impl fmt::Display for NamedGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamedGate::Gate(name) => name.fmt(f),
            NamedGate::NorthStar(name) => name.fmt(f),
        }
    }
}

/// A goal of a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekGoal {
    /// What is to be reached.
    pub text: String,
    /// Where it was set, such as `routine weekly 2026-W47`.
    pub place: String,
}

/// A section of the document, in the document's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of the headings")]
pub enum Section {
    IdentityAndMission,
    ServiceOwnership,
    CurrentSprint,
    PortfolioChecklist,
    ProgressMetrics,
    NotesAndLearnings,
    Sources,
}

/// A compiled document: what is stored beside it, so that later the agent's own lines and the
/// changes of its sources can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    /// Every line that says something, in the document's order.
    pub lines: Vec<FocusLine>,
    /// Where the lines come from.
    pub sources: Vec<FocusSource>,
    /// How many lines of a section did not fit the budget.
    pub cut: Vec<(Section, usize)>,
    /// The whole text.
    pub text: String,
    /// How many tokens it is, by [`tokens_of`].
    pub tokens: usize,
}

/// A line of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FocusLine {
    /// Where it stands.
    pub section: Section,
    /// What it is about: the same from one compilation to the next, and unique in its section.
    pub about: String,
    /// What it says, without the mark of its source.
    pub text: String,
    /// What of it does not pass with time alone: the line is changed when this is.
    pub lasting: String,
    /// The label of its source.
    pub source: String,
    /// The task it is about, where it is about one.
    pub task: Option<TaskId>,
}

/// Where a line comes from. Written as a footnote: `[^s12]: docs/STRATEGY.md#L12 1f3a9c2d`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FocusSource {
    /// What the lines call it.
    pub label: String,
    /// Where it is.
    pub place: String,
    /// The digest of what was read there.
    pub digest: Digest,
}

impl Section {
    /// All, in the document's order.
    pub const ALL: [Self; 7] = [
        Self::IdentityAndMission,
        Self::ServiceOwnership,
        Self::CurrentSprint,
        Self::PortfolioChecklist,
        Self::ProgressMetrics,
        Self::NotesAndLearnings,
        Self::Sources,
    ];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Section::IdentityAndMission => "Identity and Mission",
            Section::ServiceOwnership => "Service Ownership",
            Section::CurrentSprint => "Current Sprint",
            Section::PortfolioChecklist => "Portfolio Checklist",
            Section::ProgressMetrics => "Progress Metrics",
            Section::NotesAndLearnings => "Notes and Learnings",
            Section::Sources => "Sources",
        }
    }
}

impl FocusSource {
    /// How many digits of the digest a reader sees.
    const DIGITS: usize = 8;

    /// The first digits of its digest.
    pub fn short_digest(&self) -> String {
        let digest = self.digest.to_string();
        digest.get(..Self::DIGITS).unwrap_or(&digest).to_owned()
    }
}

#[cfg(test)]
mod tests;
