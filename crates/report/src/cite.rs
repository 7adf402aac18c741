//! Numbers with their sources, as every surface writes them:
//! `463 ms @ run_8724 (profiling_report.json#/p95)`.

use adjutant_domain::{Citation, Measured};
use adjutant_gate::CriterionResult;

use crate::number;

/// More sources than these in one line nobody reads; the JSON answer has them all.
const SOURCES_SHOWN_MAX: usize = 4;

/// The sources of a criterion: those of its observed value, then those of its arms that are not
/// among them. Empty only when it has no value at all.
pub(crate) fn sources(criterion: &CriterionResult) -> Vec<&Citation> {
    let arms = criterion.arms.iter().map(|(_, measured)| measured);
    let mut sources: Vec<&Citation> = Vec::new();
    for source in criterion
        .observed
        .iter()
        .chain(arms)
        .flat_map(Measured::sources)
    {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// A value and where it comes from.
pub(crate) fn cited(measured: &Measured) -> String {
    let sources: Vec<&Citation> = measured.sources().iter().collect();
    format!("{} @ {}", number::measured(measured), listed(&sources))
}

/// The sources in one line.
pub(crate) fn listed(sources: &[&Citation]) -> String {
    let shown: Vec<String> = sources
        .iter()
        .take(SOURCES_SHOWN_MAX)
        .map(|source| source.to_string())
        .collect();
    let text = shown.join(" + ");
    match sources.len().saturating_sub(SOURCES_SHOWN_MAX) {
        0 => text,
        more => format!("{text} + {more} more in the JSON answer"),
    }
}
