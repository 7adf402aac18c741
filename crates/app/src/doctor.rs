//! A look at Adjutant's own health: can it find its settings, open its state, and trust it?

use std::time::Duration;

use adjutant_domain::Timestamp;
use adjutant_store::{Store, StoreError, StoredReceiver};

use crate::{Home, PolicyError, known_gates};

/// A receiver whose oldest message waits longer is behind: the first attempts are over by then.
const BEHIND: Duration = Duration::from_secs(10 * 60);

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
    findings.push(examine_receivers(&store, now).await?);
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

async fn examine_receivers(store: &Store, now: Timestamp) -> Result<Finding, StoreError> {
    const WHAT: &str = "receivers";
    let receivers = store.receivers().await?;
    let behind: Vec<String> = receivers
        .iter()
        .filter_map(|receiver| trouble(receiver, now))
        .collect();
    Ok(if receivers.is_empty() {
        Finding::new(WHAT, Condition::Absent, "nobody is told of anything")
    } else if behind.is_empty() {
        let seen = format!("{}, none is behind", receivers.len());
        Finding::new(WHAT, Condition::Good, seen)
    } else {
        let seen = format!("{}; see adjutant announce list", behind.join("; "));
        Finding::new(WHAT, Condition::Bad, seen)
    })
}

/// What is wrong with a receiver.
fn trouble(receiver: &StoredReceiver, now: Timestamp) -> Option<String> {
    let name = &receiver.name;
    if receiver.stopped_at.is_some() {
        return Some(format!("{name} has stopped"));
    }
    if receiver.given_up > 0 {
        return Some(format!(
            "{name}: {} messages were given up",
            receiver.given_up
        ));
    }
    let (count, since) = receiver.waiting?;
    let is_behind = since.after(BEHIND) < now;
    is_behind.then(|| format!("{name}: {count} messages wait, since {since}"))
}

pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    causes.join(": ")
}
