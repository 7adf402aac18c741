//! A store that could not be opened, read or written.

use adjutant_store::StoreError;

use super::Failure;
use crate::Exit;

impl Failure {
    /// There is no space where the state is kept. Nothing was changed, and everything works again
    /// when there is.
    pub fn disk_full() -> Self {
        let remedy = "Make space on the disk of the database, and try again.";
        Self {
            is_disk_full: true,
            ..Self::machine("the disk is full", remedy)
        }
    }

    /// Whether it is [`Self::disk_full`].
    pub fn is_disk_full(&self) -> bool {
        self.is_disk_full
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            return Self::disk_full();
        }
        let exit = match &error {
            StoreError::Nul { .. } => Exit::Usage,
            StoreError::Open { .. }
            | StoreError::SqliteTooOld { .. }
            | StoreError::SchemaTooNew { .. }
            | StoreError::NotDurable { .. }
            | StoreError::Statement { .. }
            | StoreError::TakenBack { .. }
            | StoreError::ForeignRow { .. }
            | StoreError::Encode { .. }
            | StoreError::File { .. }
            | StoreError::ArtifactMissing(_)
            | StoreError::ArtifactChanged { .. } => Exit::Internal,
        };
        Self::of(exit, &error, error.remedy())
    }
}
