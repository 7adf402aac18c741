//! Why a gate could not be asked.

use adjutant_domain::InvalidName;
use adjutant_store::StoreError;

use crate::record::RecordError;
use crate::source::SourceError;

/// A gate that could not be asked. A source that gives nothing is not among these: the gate
/// answers that.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run could not be named.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The tasks that were counted cannot be read back.
    #[error("the count of tasks cannot be read")]
    Tasks(#[source] Box<SourceError>),
    /// The record could not be written as JSON.
    #[error("the decision record cannot be written")]
    Record(#[source] serde_json::Error),
    /// An earlier decision cannot be opened.
    #[error(transparent)]
    Earlier(#[from] RecordError),
}
