//! A proxy that could not be served, seen or steered.

use adjutant_app::TrafficError;
use adjutant_traffic::{ServeError, TrafficControlError, TrafficRefusal};

use super::Failure;
use crate::Exit;

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let exit = match error {
            ServeError::Taken { .. } => Exit::Refused,
            ServeError::Listen { .. }
            | ServeError::Control { .. }
            | ServeError::Kept { .. }
            | ServeError::Workers(_) => Exit::Usage,
        };
        Self::of(exit, &error, error.remedy())
    }
}

impl From<TrafficError> for Failure {
    fn from(error: TrafficError) -> Self {
        match &error {
            TrafficError::Invalid(_) => {
                let remedy = "Mend the state; adjutant traffic set --help shows one.";
                Self::of(Exit::Usage, &error, remedy)
            }
            TrafficError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            TrafficError::Control(control) => {
                let (exit, remedy) = control_remedy(control);
                Self::of(exit, &error, remedy)
            }
        }
    }
}

fn control_remedy(error: &TrafficControlError) -> (Exit, &'static str) {
    match error {
        TrafficControlError::Unreachable { .. } | TrafficControlError::TimedOut { .. } => (
            Exit::Undecided,
            "Start one with adjutant traffic serve, or name its control socket.",
        ),
        TrafficControlError::Broken(_) => (Exit::Undecided, "Ask again."),
        TrafficControlError::Answer(_) => (
            Exit::Usage,
            "Use the version of Adjutant that serves there.",
        ),
        TrafficControlError::Refused(refusal) => match refusal {
            TrafficRefusal::StaleGeneration { .. } => (
                Exit::Refused,
                "Look at what is in force with adjutant traffic status, then set it again.",
            ),
            TrafficRefusal::Invalid { .. } => (
                Exit::Usage,
                "Mend the state; adjutant traffic set --help shows one.",
            ),
            TrafficRefusal::NotStored { .. } => (
                Exit::Internal,
                "Check the free space and the permissions of the control socket's folder.",
            ),
            TrafficRefusal::TooManyBuilds { .. } => (Exit::Refused, "Restart the proxy."),
            TrafficRefusal::Unknown { .. } => (
                Exit::Usage,
                "Use the version of Adjutant that serves there.",
            ),
        },
    }
}
