//! A race of claims that could not be run.

use adjutant_app::RaceError;

use super::{Failure, chain};

impl From<RaceError> for Failure {
    fn from(error: RaceError) -> Self {
        match error {
            RaceError::Store(error) => error.into(),
            RaceError::Worker { .. } => Failure::machine(
                chain(&error),
                "Close other programs, and check the limit of processes (ulimit -u).",
            ),
            RaceError::Unheard(_) | RaceError::Refused(_) => Failure::defect(&error),
        }
    }
}
