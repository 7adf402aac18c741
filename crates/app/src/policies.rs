//! The policy that a gate's name stands for: from a named file, from the settings, or built in.

use std::path::{Path, PathBuf};

use adjutant_domain::GateName;
use adjutant_gate::{BUILT_IN, InvalidPolicy, Policies, Policy, built_in, read_policies};
use adjutant_outbound::files::{self, FileError};

use crate::Home;

/// Where a policy is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the program.
    BuiltIn,
    /// In a file.
    File(PathBuf),
}

/// A policy with the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPolicy {
    /// The policy.
    pub policy: Policy,
    /// The whole TOML text that holds it.
    pub text: String,
    /// Where that text is.
    pub origin: Origin,
    /// Keys of that text that mean nothing.
    pub warnings: Vec<String>,
}

/// A gate that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownGate {
    /// Its name.
    pub name: GateName,
    /// What it guards.
    pub title: String,
    /// How many criteria it has.
    pub criteria: usize,
    /// Where it is written.
    pub origin: Origin,
}

/// A policy that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// No text defines the gate.
    #[error("there is no gate {gate}; known are {known}", known = names(known))]
    Unknown {
        /// The gate that was asked for.
        gate: GateName,
        /// Those that can be asked.
        known: Vec<GateName>,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not UTF-8.
    #[error("{}: byte {at}: the text is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is not.
        at: usize,
    },
    /// The file's policies cannot be followed.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, key, and what is wrong.
        problem: InvalidPolicy,
    },
    /// A built-in policy cannot be read, which its own tests exclude.
    #[error("the built-in policy {gate} is broken: {problem}")]
    BrokenBuiltIn {
        /// The gate.
        gate: String,
        /// What is wrong.
        problem: String,
    },
}

fn names(gates: &[GateName]) -> String {
    let names: Vec<_> = gates.iter().map(GateName::as_str).collect();
    names.join(", ")
}

/// The policy of `gate`: from `file` where one is named, else from the settings, else built in.
///
/// # Errors
/// When no text defines it, or the text cannot be followed.
pub fn find_policy(
    home: &Home,
    file: Option<&Path>,
    gate: &GateName,
) -> Result<FoundPolicy, PolicyError> {
    let mut known: Vec<GateName> = Vec::new();
    if let Some(path) = file.or(home.settings.as_deref()) {
        let (text, policies) = read_file(path)?;
        known.extend(policies.policies.iter().map(|policy| policy.name.clone()));
        let found = policies.policies.into_iter().find(|p| p.name == *gate);
        if let Some(policy) = found {
            return Ok(FoundPolicy {
                policy,
                text,
                origin: Origin::File(path.to_owned()),
                warnings: policies.warnings,
            });
        }
    }
    if file.is_none() {
        if let Some(text) = built_in(gate) {
            return Ok(FoundPolicy {
                policy: read_built_in(gate.as_str(), text)?,
                text: text.to_owned(),
                origin: Origin::BuiltIn,
                warnings: vec![],
            });
        }
        known.extend(BUILT_IN.iter().filter_map(|(name, _)| name.parse().ok()));
    }
    Err(PolicyError::Unknown {
        gate: gate.clone(),
        known,
    })
}

/// The policy of `gate` as a settings text defines it, else built in.
///
/// # Errors
/// When neither defines it, or the text cannot be followed.
pub(crate) fn find_policy_in(text: &str, gate: &GateName) -> Result<FoundPolicy, PolicyError> {
    let path = PathBuf::from(crate::SETTINGS_FILE);
    let policies = read_policies(text).map_err(|problem| PolicyError::Invalid {
        path: path.clone(),
        problem,
    })?;
    let mut known: Vec<GateName> = policies.policies.iter().map(|p| p.name.clone()).collect();
    let warnings = policies.warnings;
    let found = policies.policies.into_iter().find(|p| p.name == *gate);
    let (policy, text, origin) = match (found, built_in(gate)) {
        (Some(policy), _) => (policy, text, Origin::File(path)),
        (None, Some(text)) => (read_built_in(gate.as_str(), text)?, text, Origin::BuiltIn),
        (None, None) => {
            known.extend(BUILT_IN.iter().filter_map(|(name, _)| name.parse().ok()));
            let gate = gate.clone();
            return Err(PolicyError::Unknown { gate, known });
        }
    };
    Ok(FoundPolicy {
        policy,
        text: text.to_owned(),
        origin,
        warnings,
    })
}

/// Every gate that can be asked; one in the settings hides a built-in one of the same name.
///
/// # Errors
/// When the settings cannot be followed.
pub fn known_gates(home: &Home, file: Option<&Path>) -> Result<Vec<KnownGate>, PolicyError> {
    let mut known: Vec<KnownGate> = Vec::new();
    if let Some(path) = file.or(home.settings.as_deref()) {
        let (_, policies) = read_file(path)?;
        for policy in policies.policies {
            known.push(known_gate(policy, Origin::File(path.to_owned())));
        }
    }
    if file.is_none() {
        for (name, text) in BUILT_IN {
            let policy = read_built_in(name, text)?;
            if known.iter().all(|gate| gate.name != policy.name) {
                known.push(known_gate(policy, Origin::BuiltIn));
            }
        }
    }
    Ok(known)
}

fn known_gate(policy: Policy, origin: Origin) -> KnownGate {
    KnownGate {
        name: policy.name,
        title: policy.title,
        criteria: policy.criteria.len(),
        origin,
    }
}

fn read_file(path: &Path) -> Result<(String, Policies), PolicyError> {
    let content = files::read(path)?;
    let text = String::from_utf8(content.bytes).map_err(|error| PolicyError::NotText {
        path: path.to_owned(),
        at: error.utf8_error().valid_up_to(),
    })?;
    match read_policies(&text) {
        Ok(policies) => Ok((text, policies)),
        Err(problem) => Err(PolicyError::Invalid {
            path: path.to_owned(),
            problem,
        }),
    }
}

fn read_built_in(name: &str, text: &str) -> Result<Policy, PolicyError> {
    let broken = |problem: String| PolicyError::BrokenBuiltIn {
        gate: name.to_owned(),
        problem,
    };
    let policies = read_policies(text).map_err(|problem| broken(problem.to_string()))?;
    policies
        .policies
        .into_iter()
        .find(|policy| policy.name.as_str() == name)
        .ok_or_else(|| broken("its text does not define it".to_owned()))
}
