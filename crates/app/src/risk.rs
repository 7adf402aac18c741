//! The composite risk of the candidate, from named files or from the store.

use std::collections::BTreeMap;

use adjutant_domain::Timestamp;
use adjutant_gate::{Case, CompositeRisk, SourceFailure, assess_risk};
use adjutant_store::Store;

use crate::deciding::{DecidedFrom, NamedSource, gather_named, gather_stored};
use crate::gate_error::GateError;

/// A risk, and what stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssessedRisk {
    /// The risk.
    pub risk: CompositeRisk,
    /// Where the evidence came from.
    pub from: DecidedFrom,
    /// Sources that gave nothing.
    pub failures: Vec<SourceFailure>,
}

/// Assesses the risk by files that were named, which needs no store and stores nothing.
///
/// # Errors
/// When a run cannot be named. A file that gives nothing is not an error: its factor is unknown.
pub async fn risk_of_sources(
    sources: &[NamedSource],
    now: Timestamp,
) -> Result<AssessedRisk, GateError> {
    let gathered = gather_named(sources, now).await?;
    Ok(assessed(gathered, now))
}

/// Assesses the risk by the latest run of each subject in the store.
///
/// # Errors
/// When the store cannot be read.
pub async fn risk_of_stored(store: &Store, now: Timestamp) -> Result<AssessedRisk, GateError> {
    let gathered = gather_stored(store).await?;
    Ok(assessed(gathered, now))
}

fn assessed(gathered: crate::deciding::Gathered, now: Timestamp) -> AssessedRisk {
    let case = Case {
        evidence: &gathered.evidence,
        failures: &gathered.failures,
        history: &[],
        reasons: &BTreeMap::new(),
        votes: &[],
        now,
    };
    let risk = assess_risk(&case, None);
    AssessedRisk {
        risk,
        from: gathered.from,
        failures: gathered.failures,
    }
}
