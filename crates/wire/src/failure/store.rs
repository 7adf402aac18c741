//! A store that could not be opened, read or written.

use adjutant_store::StoreError;

use super::Failure;
use crate::Exit;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Nul { .. } => Exit::Usage,
            StoreError::Open { .. }
            | StoreError::SqliteTooOld { .. }
            | StoreError::SchemaTooNew { .. }
            | StoreError::NotDurable { .. }
            | StoreError::Statement { .. }
            | StoreError::ForeignRow { .. }
            | StoreError::Encode { .. }
            | StoreError::File { .. }
            | StoreError::ArtifactMissing(_)
            | StoreError::ArtifactChanged { .. } => Exit::Internal,
        };
        Self::of(exit, &error, error.remedy())
    }
}
