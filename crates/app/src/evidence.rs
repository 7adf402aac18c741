//! Evidence: adding what a tool measured, listing it, showing it.

use adjutant_domain::{Digest, Evidence, InvalidName, MeasureName, RunId, Subject, Timestamp};
use adjutant_formats::Format;
use adjutant_store::{Added, NewEvidence, Store, StoreError, StoredEvidence, StoredMeasurement};

use crate::source::{self, Source, SourceError};

/// What to add, and as what.
#[derive(Debug, Clone, PartialEq)]
pub struct AddRequest {
    /// Files, folders or addresses.
    pub sources: Vec<String>,
    /// Whose measurements they hold.
    pub subject: Subject,
    /// The run that produced them.
    pub run: RunId,
    /// Their format, where it is not to be recognised.
    pub format: Option<Format>,
    /// The name of the measure, where the source does not name it.
    pub named: Option<MeasureName>,
}

/// Evidence that is in the store now.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedEvidence {
    /// What was measured.
    pub evidence: Evidence,
    /// The format it was read as.
    pub format: Format,
    /// Whether it is new, and its number.
    pub added: Added,
}

/// Evidence that was not added; none of the request was.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// A source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Evidence with its measurements, as far as the database knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownEvidence {
    /// The evidence.
    pub evidence: StoredEvidence,
    /// Its measurements.
    pub measurements: Vec<StoredMeasurement>,
}

/// Reads every source before anything is stored, so that one bad file leaves nothing behind.
///
/// # Errors
/// When a source cannot be read, or the store cannot keep it.
pub async fn add_evidence(
    store: &Store,
    request: &AddRequest,
    now: Timestamp,
) -> Result<Vec<AddedEvidence>, AddError> {
    let named = request.named.as_ref();
    let mut sources: Vec<Source> = Vec::with_capacity(request.sources.len());
    for what in &request.sources {
        sources.push(source::read(what, request.format, named, now).await?);
    }
    let evidence: Vec<_> = sources
        .iter()
        .map(|source| source.evidence(request.subject.clone(), request.run.clone()))
        .collect();
    let batch: Vec<_> = evidence
        .iter()
        .zip(&sources)
        .map(|(evidence, source)| NewEvidence {
            evidence,
            format: source.format.name(),
            named: source.named.as_ref(),
            bytes: &source.bytes,
        })
        .collect();
    let added = store.add_evidence(&batch, now).await?;
    Ok(evidence
        .into_iter()
        .zip(sources)
        .zip(added)
        .map(|((evidence, source), added)| AddedEvidence {
            evidence,
            format: source.format,
            added,
        })
        .collect())
}

/// All evidence, oldest first; of one subject when one is named.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_evidence(
    store: &Store,
    subject: Option<&Subject>,
) -> Result<Vec<StoredEvidence>, StoreError> {
    store.list_evidence(subject).await
}

/// The evidence that `which` names: a run, a digest's beginning of at least eight digits, or a
/// number. Empty when there is none.
///
/// # Errors
/// When the store cannot be read.
pub async fn show_evidence(store: &Store, which: &str) -> Result<Vec<ShownEvidence>, StoreError> {
    let run: Result<RunId, InvalidName> = which.parse();
    let mut found = match &run {
        Ok(run) => store.evidence_of_run(run).await?,
        Err(_no_name) => vec![],
    };
    if found.is_empty() {
        let all = store.list_evidence(None).await?;
        found.extend(all.into_iter().filter(|evidence| {
            begins(evidence.artifact, which) || evidence.id.to_string() == which
        }));
    }
    let mut shown = Vec::with_capacity(found.len());
    for evidence in found {
        shown.push(ShownEvidence {
            measurements: store.measurements_of(evidence.id).await?,
            evidence,
        });
    }
    Ok(shown)
}

/// Whether a text is enough of a digest to name it.
pub(crate) fn begins(digest: Digest, text: &str) -> bool {
    const DIGITS_MIN: usize = 8;
    text.len() >= DIGITS_MIN && digest.to_string().starts_with(text)
}
