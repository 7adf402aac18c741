//! Two contracts compared: what would a change of one break? No store, no set-up.

use std::path::{Path, PathBuf};

use adjutant_domain::Timestamp;
use adjutant_outbound::files::{self, FileError};
use adjutant_schema::{
    ContractError, ContractFormat, ContractSide, SchemaDiff, SchemaDirection, SchemaQuestion,
    SunsetDay,
};

/// Two files and what is asked about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRequest {
    /// The contract in use.
    pub baseline: PathBuf,
    /// The contract that asks to replace it.
    pub candidate: PathBuf,
    /// Which way the data travels.
    pub direction: SchemaDirection,
    /// The format, where it is not to be recognised.
    pub format: Option<ContractFormat>,
    /// How many days lie at least between a deprecation and its sunset.
    pub sunset_days: u32,
}

/// Contracts that were not compared.
#[derive(Debug, thiserror::Error)]
pub enum SchemaDiffError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not the contract it should be.
    #[error("{}: {problem}", path.display())]
    Contract {
        /// The file.
        path: PathBuf,
        /// Where, what, and what to do.
        problem: ContractError,
    },
}

/// Reads both contracts and compares them.
///
/// # Errors
/// When a file cannot be read, or is not the contract it should be.
pub fn diff_contracts(
    request: &SchemaRequest,
    now: Timestamp,
) -> Result<SchemaDiff, SchemaDiffError> {
    let baseline = files::read(&request.baseline)?;
    let candidate = files::read(&request.candidate)?;
    let question = SchemaQuestion {
        direction: request.direction,
        format: request.format,
        today: SunsetDay::of_unix_millis(now.unix_millis()),
        sunset_days: request.sunset_days,
    };
    adjutant_schema::diff(&baseline.bytes, &candidate.bytes, &question).map_err(|problem| {
        let path: &Path = match problem.side {
            ContractSide::Baseline => &request.baseline,
            ContractSide::Candidate => &request.candidate,
        };
        SchemaDiffError::Contract {
            path: path.to_owned(),
            problem,
        }
    })
}
