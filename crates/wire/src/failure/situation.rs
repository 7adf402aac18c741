//! What an agent should know now, and cannot be told.

use adjutant_app::SituationError;

use crate::Failure;

impl From<SituationError> for Failure {
    fn from(error: SituationError) -> Self {
        match error {
            SituationError::Focus(error) => error.into(),
            SituationError::Conflict(error) => error.into(),
            SituationError::Store(error) => error.into(),
            SituationError::Repository(error) => error.into(),
        }
    }
}
