//! What ends a command about rollouts without an answer.

use adjutant_app::{EngineError, PlanError, RolloutError, StartRefusal};
use adjutant_domain::ServiceName;

use super::Failure;
use crate::Exit;

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let remedy = match &error {
            PlanError::NoSettings => "Make one with adjutant init, and add a [rollout.NAME].",
            PlanError::File(file) => file.remedy(),
            PlanError::NotText(_) => "Save it as UTF-8.",
            PlanError::Invalid(_) => "Mend the line; docs/rollouts.md shows a plan.",
        };
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<RolloutError> for Failure {
    fn from(error: RolloutError) -> Self {
        let remedy = match error {
            RolloutError::Store(error) => return error.into(),
            RolloutError::Record(error) => return error.into(),
            RolloutError::Unstored(_) => return Self::defect(&error),
            RolloutError::Instance(_) => {
                "Look at keeper.log and output.log in the instance's folder, then adjutant rollout run."
            }
            RolloutError::Traffic(_) => {
                "See whether another program listens at the service's address, then adjutant rollout run."
            }
            RolloutError::Engine(ref error) => remedy_of_engine(error),
            RolloutError::NoImage(_) => {
                "Roll out an image: adjutant rollout start NAME --image IMAGE."
            }
            RolloutError::LayDown { .. } => {
                "Check the permissions and the free space of the state's folder."
            }
            RolloutError::NoPort(_) => "End programs that listen, then adjutant rollout run.",
        };
        Self::of(Exit::Internal, &error, remedy)
    }
}

impl Failure {
    /// A rollout that does not begin.
    pub fn of_start(service: &ServiceName, refused: &StartRefusal) -> Self {
        let is_unknown = refused.is_unknown();
        let exit = match refused {
            StartRefusal::NoImage | StartRefusal::ImageHere => Exit::Usage,
            StartRefusal::Recovery { .. } if is_unknown => Exit::Undecided,
            StartRefusal::NoService
            | StartRefusal::UnderWay(_)
            | StartRefusal::Blocked { .. }
            | StartRefusal::Recovery { .. }
            | StartRefusal::Late => Exit::Refused,
        };
        let problem = if is_unknown {
            format!("NO DATA AVAILABLE: {refused}")
        } else {
            refused.to_string()
        };
        Self::new(exit, problem, refused.remedy(service))
    }
}

fn remedy_of_engine(error: &EngineError) -> &'static str {
    match error {
        EngineError::Unreachable { .. }
        | EngineError::TimedOut { .. }
        | EngineError::Busy { .. } => {
            "See that it runs where [rollout.NAME.target] says, and that this user may ask it; then \
             adjutant rollout run."
        }
        EngineError::NotSetUp { .. }
        | EngineError::Disobeyed { .. }
        | EngineError::Unreadable { .. } => {
            "Set it up as docs/targets.md says; then adjutant rollout run."
        }
        EngineError::File { .. } | EngineError::Program(_) => {
            "Run Adjutant as a user who may; then adjutant rollout run."
        }
    }
}
