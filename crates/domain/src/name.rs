//! Typed names. Every name is validated once, where it enters, and carried as its own type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest name: it must fit on one line of a report.
const NAME_BYTES_MAX: usize = 200;

/// A name that is empty, too long, or holds a character that would break a citation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind} {given:?} is not a name: use 1 to {NAME_BYTES_MAX} letters, digits or any of . _ - @ : / + ( ) , = %"
)]
pub struct InvalidName {
    /// What was being named, such as `run`.
    pub kind: &'static str,
    /// The text that was given.
    pub given: String,
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '.' | '_' | '-' | '@' | ':' | '/' | '+' | '(' | ')' | ',' | '=' | '%'
            )
    };
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(allowed)
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(given: String) -> Result<Self, InvalidName> {
                if is_name(&given) { Ok(Self(given)) } else { Err(InvalidName { kind: $kind, given }) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(given: &str) -> Result<Self, InvalidName> {
                Self::try_from(given.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// One execution of a tool that produced evidence, such as `run_8724`.
    RunId = "run";
    /// Whose measurements these are: `baseline`, `candidate`, or a name of the user's.
    Subject = "subject";
    /// What was measured, such as `latency_ms`, `status` or `compliance@1`.
    MeasureName = "measure";
    /// One testable demand of a gate, such as `p95`.
    CriterionId = "criterion";
    /// A named set of criteria, such as `release`.
    GateName = "gate";
    /// Who works, such as `amber`: a coding agent or a person.
    AgentName = "agent";
    /// What an agent is for, such as `qa-evals-docs`.
    RoleName = "role";
    /// What answers requests, such as `search`: what versions are rolled out for.
    ServiceName = "service";
    /// One check of a task, such as `unit-tests`.
    CheckName = "check";
    /// What makes a repeated request the same request.
    RequestKey = "request key";
    /// What a token is called by those who give it out and revoke it.
    TokenName = "token";
    /// A measure that says whether the whole effort goes where it should, such as `interviews`.
    NorthStarName = "north-star gate";
    /// What a service promises its users, such as `search-availability`.
    ObjectiveName = "objective";
    /// Something that a planning team asks for, such as `deploy-search`.
    DirectiveId = "directive";
    /// Who is told of what happens, such as `chat`.
    ReceiverName = "receiver";
}

impl Subject {
    /// The version in use today.
    pub fn baseline() -> Self {
        Self("baseline".to_owned())
    }

    /// The version that asks to replace it.
    pub fn candidate() -> Self {
        Self("candidate".to_owned())
    }
}

/// A measure that this program itself writes and asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnMeasure {
    /// How long an answer took.
    Latency,
    /// How many changes a contract has; the label `severity` tells them apart.
    SchemaChanges,
    /// How many parts of a contract were not compared.
    SchemaNotCompared,
    /// How many changes the dependencies have; the label `weight` tells them apart.
    DependencyChanges,
    /// How many dependencies were not compared.
    DependenciesNotCompared,
    /// How many records of vulnerabilities were searched.
    VulnerabilityRecords,
    /// How many configurations are not the registered ones.
    ConfigurationMismatches,
    /// How many tasks there are; the label `state` tells them apart.
    Tasks,
    /// How many directives were begun; the label `state` tells them apart.
    Directives,
    /// How many model files were looked into; the label `verdict` tells them apart.
    ModelFiles,
    /// How many changes model files or tokenizers have; the label `weight` tells them apart.
    ModelChanges,
    /// The share of recorded pairs whose answers are worse, beyond the noise.
    ShadowRegression,
    /// At how many paths recorded answers lack what readers rely on.
    ShadowLosses,
    /// How many recorded answers were not compared.
    ShadowNotCompared,
    /// The language-model tokens of mirrored calls.
    MirroredTokens,
    /// The money of mirrored calls.
    MirroredCost,
    /// The most memory that a service took.
    MemoryPeak,
    /// The processor time that a request took.
    ProcessorTime,
}

impl OwnMeasure {
    /// Its name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency_ms",
            Self::SchemaChanges => "schema_changes",
            Self::SchemaNotCompared => "schema_not_compared",
            Self::DependencyChanges => "dependency_changes",
            Self::DependenciesNotCompared => "dependencies_not_compared",
            Self::VulnerabilityRecords => "vulnerability_records",
            Self::ConfigurationMismatches => "configuration_mismatches",
            Self::Tasks => "tasks",
            Self::Directives => "directives",
            Self::ModelFiles => "model_files",
            Self::ModelChanges => "model_changes",
            Self::ShadowRegression => "shadow_regression",
            Self::ShadowLosses => "shadow_losses",
            Self::ShadowNotCompared => "shadow_not_compared",
            Self::MirroredTokens => "mirrored_tokens",
            Self::MirroredCost => "mirrored_cost",
            Self::MemoryPeak => "memory_peak_bytes",
            Self::ProcessorTime => "processor_ms_per_request",
        }
    }

    /// Its name.
    pub fn name(self) -> MeasureName {
        MeasureName(self.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_text() {
        let name: MeasureName = "ndcg@10".parse().unwrap();
        assert_eq!(name.to_string(), "ndcg@10");
    }

    #[test]
    fn a_name_that_would_break_a_citation_is_refused() {
        for given in [
            "",
            "two words",
            "line\nbreak",
            "hash#mark",
            &"x".repeat(201),
        ] {
            assert!(given.parse::<RunId>().is_err(), "{given:?} was accepted");
        }
    }
}
