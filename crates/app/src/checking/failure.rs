//! What keeps Adjutant from checking. What the checks say is not among it.

use adjutant_outbound::check_room::RoomError;
use adjutant_outbound::files::FileError;
use adjutant_outbound::git::GitError;
use adjutant_outbound::process::ProcessError;
use adjutant_store::StoreError;
use adjutant_work::{InvalidRole, InvalidVerification};

use crate::{GateError, PolicyError};

/// Work could not be checked or merged.
#[derive(Debug, thiserror::Error)]
pub enum CheckingError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// No fresh work tree could be had.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// A program could not be kept.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A gate could not be asked.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The gate of a check cannot be had.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The settings cannot be followed.
    #[error("adjutant.toml: {0}")]
    Settings(#[from] InvalidVerification),
    /// The roles of the settings cannot be followed.
    #[error("adjutant.toml: {0}")]
    Roles(#[from] InvalidRole),
    /// No folder for temporary files could be made.
    #[error("a temporary folder could not be made")]
    Scratch(#[source] std::io::Error),
    /// The lock of the merge queue could not be taken.
    #[error("the lock of the merge queue could not be taken")]
    Lock(#[source] std::io::Error),
    /// The proof could not be written or read as JSON.
    #[error("a proof cannot be written or read")]
    Record(#[source] serde_json::Error),
    /// The stored proof is not what was stored, or is gone.
    #[error("the proof cannot be opened")]
    Proof(#[source] StoreError),
    /// The command was started outside a repository.
    #[error("this is not a git repository")]
    NoRepository,
}
