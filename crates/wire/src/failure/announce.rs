//! What ends a command about announcements without an answer.

use adjutant_app::AnnounceError;

use super::Failure;
use crate::exit::Exit;

impl From<AnnounceError> for Failure {
    fn from(error: AnnounceError) -> Self {
        match error {
            AnnounceError::Text(error) => error.into(),
            AnnounceError::Store(error) => error.into(),
            AnnounceError::Message(_) => Self::defect(&error),
            AnnounceError::Receiver(_) => {
                let remedy = "Mend the line; docs/announcements.md shows a receiver.";
                Self::of(Exit::Usage, &error, remedy)
            }
            AnnounceError::Client(ref client) => Self::of(Exit::Internal, &error, client.hint()),
        }
    }
}
