//! A store that could not be opened, read or written.

use adjutant_store::StoreError;

use super::Failure;
use crate::Exit;

/// What keeps the state from being used, and passes without anybody mending the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreHindrance {
    /// There is no space where the state is kept. Nothing was changed.
    DiskFull,
    /// The database cannot be reached. Whether a write that was under way was kept is not known.
    Away,
    /// Others held the database up for too long. Nothing was changed.
    Busy,
    /// A newer program has taken over. Nothing was changed.
    Outdated,
}

impl StoreHindrance {
    fn of(error: &StoreError) -> Option<Self> {
        if error.is_full() {
            Some(Self::DiskFull)
        } else if error.is_away() {
            Some(Self::Away)
        } else if error.is_passing() {
            Some(Self::Busy)
        } else if matches!(error, StoreError::SchemaTooNew { .. }) {
            Some(Self::Outdated)
        } else {
            None
        }
    }
}

impl Failure {
    /// There is no space where the state is kept.
    pub fn disk_full() -> Self {
        let remedy = "Make space on the disk of the database, and try again.";
        Self {
            hindrance: Some(StoreHindrance::DiskFull),
            ..Self::machine("the disk is full", remedy)
        }
    }

    /// What keeps the state from being used, where it passes.
    pub fn hindrance(&self) -> Option<StoreHindrance> {
        self.hindrance
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hindrance = StoreHindrance::of(&error);
        if hindrance == Some(StoreHindrance::DiskFull) {
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
        Self {
            hindrance,
            ..Self::of(exit, &error, error.remedy())
        }
    }
}
