//! A look at Adjutant's own health: can it find its settings, open its state, and trust it?

use adjutant_domain::Timestamp;
use adjutant_store::{Store, StoreError};

use crate::{Home, PolicyError, known_gates};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    Good,
    /// Not there, which is not wrong.
    Absent,
    /// Broken.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub condition: Condition,
    /// What was seen.
    pub seen: String,
}

impl Finding {
    pub(crate) fn new(what: &'static str, condition: Condition, seen: impl Into<String>) -> Self {
        Self {
            what,
            condition,
            seen: seen.into(),
        }
    }
}

/// Looks at everything; creates nothing.
///
/// # Errors
/// When the store opens and then cannot be read.
pub async fn examine(home: &Home, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![examine_settings(home)];
    if !Store::exists(&home.state) {
        let folder = home.state.folder.display().to_string();
        findings.push(Finding::new("state", Condition::Absent, folder));
        return Ok(findings);
    }
    let store = match Store::open(&home.state, now).await {
        Ok(store) => store,
        Err(error) => {
            findings.push(Finding::new("state", Condition::Bad, chain(&error)));
            return Ok(findings);
        }
    };
    findings.push(Finding::new("state", Condition::Good, store.database()));
    findings.push(examine_artifacts(&store).await?);
    findings.push(examine_journal(&store).await?);
    Ok(findings)
}

fn examine_settings(home: &Home) -> Finding {
    let Some(settings) = &home.settings else {
        let seen = "none; the built-in gates are used";
        return Finding::new("settings", Condition::Absent, seen);
    };
    match known_gates(home, None) {
        Ok(_gates) => Finding::new("settings", Condition::Good, settings.display().to_string()),
        Err(error @ (PolicyError::Unknown { .. } | PolicyError::BrokenBuiltIn { .. })) => {
            Finding::new("settings", Condition::Bad, chain(&error))
        }
        Err(
            error @ (PolicyError::File(_)
            | PolicyError::NotText { .. }
            | PolicyError::Invalid { .. }),
        ) => Finding::new("settings", Condition::Bad, chain(&error)),
    }
}

async fn examine_artifacts(store: &Store) -> Result<Finding, StoreError> {
    let evidence = store.list_evidence(None).await?;
    let broken: Vec<String> = evidence
        .iter()
        .filter_map(|evidence| store.artifact(evidence.artifact).err())
        .map(|error| chain(&error))
        .collect();
    Ok(if broken.is_empty() {
        let seen = format!("{} evidence, every artifact holds", evidence.len());
        Finding::new("artifacts", Condition::Good, seen)
    } else {
        Finding::new("artifacts", Condition::Bad, broken.join("; "))
    })
}

async fn examine_journal(store: &Store) -> Result<Finding, StoreError> {
    let check = store.verify_journal().await?;
    Ok(if check.problems.is_empty() {
        let seen = format!("{} entries, the chain holds", check.entries);
        Finding::new("journal", Condition::Good, seen)
    } else {
        Finding::new("journal", Condition::Bad, check.problems.join("; "))
    })
}

pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    causes.join(": ")
}
