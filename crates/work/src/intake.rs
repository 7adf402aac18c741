//! What is asked for: the fields of the intake template, and which of them are missing.

use adjutant_domain::RoleName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Check, PathGlob};

/// What a task asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Intake {
    /// One line.
    pub title: String,
    /// What sort of change it is.
    pub kind: Option<TaskKind>,
    /// What will be true afterwards.
    pub goal: String,
    /// What one has to know.
    pub context: String,
    /// How anyone can tell that the goal is met.
    pub success_criteria: Vec<String>,
    /// What is handed over.
    pub deliverables: Vec<String>,
    /// What is left alone.
    pub non_goals: Vec<String>,
    /// What can go wrong, and what is done about it.
    pub risks: Vec<Risk>,
    /// Tests and metrics that watch the change.
    pub test_hooks: Vec<String>,
    /// How long it may take.
    pub timebox: Option<Timebox>,
    /// How soon it is wanted.
    pub priority: Option<Priority>,
    /// The files it is going to touch.
    pub paths: Vec<PathGlob>,
    /// The role it needs.
    pub role: Option<RoleName>,
    /// What proves that it is done.
    pub checks: Vec<Check>,
}

/// An [`Intake`] as the JSON that it was stored as, for who passes it on without looking into it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntakeText(Box<RawValue>);

/// What can go wrong, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Risk {
    /// What can go wrong.
    pub risk: String,
    /// What is done about it.
    pub mitigation: String,
}

/// How soon a task is wanted. Ordered: the most urgent first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the words of the intake template")]
pub enum Priority {
    High,
    Medium,
    Low,
}

/// How long a task may take.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Timebox {
    /// Up to two hours.
    S,
    /// Up to a day.
    M,
    /// Up to three days; what is larger is split.
    L,
}

/// What sort of change a task makes: roles allow or forbid it, and agents are known by it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "plain words")]
pub enum TaskKind {
    Feature,
    Fix,
    Refactor,
    Docs,
    Test,
    Infra,
    Experiment,
    Operations,
    Review,
}

/// A field of the intake template.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of the template's fields")]
pub enum Field {
    Title,
    Kind,
    Goal,
    Context,
    SuccessCriteria,
    Deliverables,
    NonGoals,
    Risks,
    TestHooks,
    Timebox,
    Priority,
    Paths,
    Role,
    Checks,
}

macro_rules! words {
    ($($(#[$doc:meta])* $enum:ident is $what:literal: $($variant:ident = $word:literal),+;)*) => {$(
        impl $enum {
            /// All of them, in the order of the template.
            pub const ALL: &[$enum] = &[$($enum::$variant),+];

            /// The word that is written, stored and printed.
            pub fn name(self) -> &'static str {
                match self {
                    $($enum::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = UnknownWord;

            /// Capitals and small letters are alike.
            fn from_str(given: &str) -> Result<Self, UnknownWord> {
                let found = $enum::ALL.iter().find(|one| one.name().eq_ignore_ascii_case(given));
                found.copied().ok_or_else(|| UnknownWord {
                    what: $what,
                    given: given.to_owned(),
                    known: vec![$($word),+],
                })
            }
        }
    )*};
}

words! {
    Priority is "priority": High = "HIGH", Medium = "MEDIUM", Low = "LOW";
    Timebox is "timebox": S = "S", M = "M", L = "L";
    TaskKind is "kind of change":
        Feature = "feature", Fix = "fix", Refactor = "refactor", Docs = "docs", Test = "test",
        Infra = "infra", Experiment = "experiment", Operations = "operations", Review = "review";
    Field is "field of the template":
        Title = "title", Kind = "kind", Goal = "goal", Context = "context",
        SuccessCriteria = "success criteria", Deliverables = "deliverables",
        NonGoals = "non-goals", Risks = "risks and mitigations",
        TestHooks = "test hooks and metrics", Timebox = "timebox", Priority = "priority",
        Paths = "paths", Role = "role", Checks = "checks";
}

/// A word that is none of those a field of the template can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no {what}: one of {known} is needed", known = known.join(", "))]
pub struct UnknownWord {
    /// What the word should have been.
    pub what: &'static str,
    /// The word.
    pub given: String,
    /// Those that are known.
    pub known: Vec<&'static str>,
}

impl Intake {
    /// The priority as a number: 0 is the most urgent, and without a priority a task comes last.
    pub fn priority_rank(&self) -> u8 {
        match self.priority {
            Some(Priority::High) => 0,
            Some(Priority::Medium) => 1,
            Some(Priority::Low) => 2,
            None => 3,
        }
    }

    /// The required fields that say nothing, in the template's order. An intake that misses one
    /// can only be a draft.
    pub fn missing(&self) -> Vec<Field> {
        let blank = |text: &str| text.trim().is_empty();
        let none = |list: &[String]| list.iter().all(|text| blank(text));
        [
            (Field::Title, blank(&self.title)),
            (Field::Kind, self.kind.is_none()),
            (Field::Goal, blank(&self.goal)),
            (Field::Context, blank(&self.context)),
            (Field::SuccessCriteria, none(&self.success_criteria)),
            (Field::Deliverables, none(&self.deliverables)),
            (Field::NonGoals, none(&self.non_goals)),
            (Field::Risks, self.risks.is_empty()),
            (Field::TestHooks, none(&self.test_hooks)),
            (Field::Timebox, self.timebox.is_none()),
            (Field::Priority, self.priority.is_none()),
        ]
        .into_iter()
        .filter_map(|(field, is_missing)| is_missing.then_some(field))
        .collect()
    }
}
