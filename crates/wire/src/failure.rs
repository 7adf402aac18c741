//! What ends a command without an answer: what happened, what to do about it, and the exit code.

mod announce;
mod race;
mod rollout;
mod situation;
mod store;
mod traffic;

use adjutant_app::{
    AddError, CheckingError, ConflictError, DepsError, DirectivesError, FocusError, GateError,
    HandoffError, HoldingError, IntakeError, MirrorError, ModelError, NorthStarError,
    ObjectiveError, PolicyError, RankingError, RecordError, RolesError, RoutineError, RunError,
    SchemaDiffError, ShadowError, SourceError, VoteError,
};
use adjutant_domain::InvalidName;
use adjutant_outbound::files::FileError;
use adjutant_outbound::git::GitError;
use adjutant_outbound::repository::RepositoryError;
use adjutant_work::InvalidLease;

use crate::Exit;
pub use store::StoreHindrance;

/// A command that could not answer.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    problem: String,
    remedy: String,
    hindrance: Option<StoreHindrance>,
}

impl Failure {
    fn new(exit: Exit, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit,
            problem: problem.into(),
            remedy: remedy.into(),
            hindrance: None,
        }
    }

    /// Something the caller can mend.
    pub fn usage(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Exit::Usage, problem, remedy)
    }

    /// There is nothing to answer with.
    pub fn no_data(problem: impl std::fmt::Display, remedy: impl Into<String>) -> Self {
        let problem = format!("NO DATA AVAILABLE: {problem}");
        Self::new(Exit::Undecided, problem, remedy)
    }

    /// What was asked for does not come about by itself.
    pub fn undecided(error: &(dyn std::error::Error + 'static), remedy: impl Into<String>) -> Self {
        Self::of(Exit::Undecided, error, &remedy.into())
    }

    /// Something that cannot happen, and did.
    pub fn defect(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::of(Exit::Internal, error, "Report this: it is a defect.")
    }

    /// The machine refused what every program may do.
    pub fn machine(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Exit::Internal, problem, remedy)
    }

    fn of(exit: Exit, error: &(dyn std::error::Error + 'static), remedy: &str) -> Self {
        Self::new(exit, chain(error), remedy)
    }

    pub fn exit(&self) -> Exit {
        self.exit
    }

    pub fn problem(&self) -> &str {
        &self.problem
    }

    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// An error with its causes, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    causes.join(": ")
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::of(Exit::Usage, &error, error.remedy())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::of(Exit::Usage, &error, error.remedy())
    }
}

impl From<ShadowError> for Failure {
    fn from(error: ShadowError) -> Self {
        let remedy = match &error {
            ShadowError::File(file) => file.remedy(),
            ShadowError::Line { .. } => {
                "Mend the line; schemas/exchange.schema.json says what one holds, and adjutant \
                 shadow compare --help shows one."
            }
            ShadowError::Path(_) => {
                "Begin it with status, headers or body, as the answer does: body.items[*].price."
            }
        };
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<SchemaDiffError> for Failure {
    fn from(error: SchemaDiffError) -> Self {
        match &error {
            SchemaDiffError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            SchemaDiffError::Contract { problem, .. } => {
                Self::of(Exit::Undecided, &error, problem.remedy)
            }
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        match &error {
            ModelError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            ModelError::Header { problem, .. } => {
                Self::of(Exit::Undecided, &error, problem.remedy())
            }
            ModelError::Tokenizer { problem, .. } => {
                Self::of(Exit::Undecided, &error, problem.remedy())
            }
        }
    }
}

impl From<DepsError> for Failure {
    fn from(error: DepsError) -> Self {
        match &error {
            DepsError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            DepsError::Lock { problem, .. } => Self::of(Exit::Undecided, &error, problem.remedy()),
            DepsError::Osv { .. } => {
                let remedy = "Get the database again: records in OSV's format, one JSON file each.";
                Self::of(Exit::Undecided, &error, remedy)
            }
            DepsError::Policy { .. } => {
                let remedy = "Mend the rule; docs/dependencies.md shows one.";
                Self::of(Exit::Usage, &error, remedy)
            }
        }
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        let remedy = "Repair or remove the .git file, or work in another folder.";
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<InvalidName> for Failure {
    fn from(error: InvalidName) -> Self {
        Self::of(Exit::Usage, &error, "Choose another name.")
    }
}

impl From<InvalidLease> for Failure {
    fn from(error: InvalidLease) -> Self {
        Self::of(Exit::Usage, &error, "A lease lasts from 1 s to 24 h.")
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        match &error {
            IntakeError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            IntakeError::NotText { .. } => Self::of(Exit::Usage, &error, "Save it as UTF-8."),
            IntakeError::Invalid { .. } => {
                let remedy = "Mend the line; adjutant task template shows the format.";
                Self::of(Exit::Usage, &error, remedy)
            }
        }
    }
}

impl From<HandoffError> for Failure {
    fn from(error: HandoffError) -> Self {
        match error {
            HandoffError::UnknownRole { .. } => {
                let remedy = "Use one of these, or define it in adjutant.toml.";
                Self::of(Exit::Usage, &error, remedy)
            }
            HandoffError::Roles(error) => error.into(),
            HandoffError::Store(error) => error.into(),
            HandoffError::File(error) => error.into(),
            HandoffError::Text(_) | HandoffError::Key(_) => Self::defect(&error),
        }
    }
}

impl From<ConflictError> for Failure {
    fn from(error: ConflictError) -> Self {
        match error {
            ConflictError::NoRepository(_) => {
                Self::of(Exit::Usage, &error, "Run it in a git repository.")
            }
            ConflictError::Repository(error) => error.into(),
            ConflictError::Git(error) => Self::of(Exit::Undecided, &error, error.remedy()),
            ConflictError::Memory(_) => {
                let remedy = "Check the permissions and the free space of the state's folder.";
                Self::of(Exit::Internal, &error, remedy)
            }
            ConflictError::Store(error) => error.into(),
        }
    }
}

impl From<MirrorError> for Failure {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Store(error) => error.into(),
            MirrorError::File(error) => error.into(),
            MirrorError::Lock(_) => {
                let remedy = "Check the permissions of the repository's git folder.";
                Self::of(Exit::Internal, &error, remedy)
            }
            MirrorError::Key(_) => Self::defect(&error),
        }
    }
}

impl From<RolesError> for Failure {
    fn from(error: RolesError) -> Self {
        match error {
            RolesError::Text(error) => error.into(),
            RolesError::Invalid { .. } => {
                let remedy = "Mend the line; adjutant role show qa-evals-docs is an example.";
                Self::of(Exit::Usage, &error, remedy)
            }
            RolesError::BrokenPreset(_) => Self::defect(&error),
            RolesError::Unknown { .. } => {
                let remedy = "Use one of these, or define it in adjutant.toml.";
                Self::of(Exit::Usage, &error, remedy)
            }
        }
    }
}

impl From<AddError> for Failure {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Source(error) => error.into(),
            AddError::Store(error) => error.into(),
        }
    }
}

impl From<HoldingError> for Failure {
    fn from(error: HoldingError) -> Self {
        match error {
            HoldingError::File(error) => error.into(),
            HoldingError::Store(error) => error.into(),
            HoldingError::NorthStar(error) => error.into(),
            HoldingError::Role(error) => error.into(),
        }
    }
}

impl From<ObjectiveError> for Failure {
    fn from(error: ObjectiveError) -> Self {
        let remedy = match error {
            ObjectiveError::File(error) => return error.into(),
            ObjectiveError::Text(error) => return error.into(),
            ObjectiveError::Name(error) => return error.into(),
            ObjectiveError::Store(error) => return error.into(),
            ObjectiveError::Address(ref error) => error.hint(),
            ObjectiveError::Document(_) | ObjectiveError::Query(_) => {
                "Mend the line; docs/objectives.md shows what is supported."
            }
            ObjectiveError::Unknown { .. } => "See adjutant objective list.",
            ObjectiveError::NoServer(_) => {
                "Name it in a DataSource (connectionDetails: url), or in adjutant.toml: [objective] \
                 prometheus = \"http://HOST:9090\"."
            }
        };
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<NorthStarError> for Failure {
    fn from(error: NorthStarError) -> Self {
        let remedy = match error {
            NorthStarError::Objective(error) => return (*error).into(),
            NorthStarError::Text(error) => return error.into(),
            NorthStarError::File(error) => return error.into(),
            NorthStarError::Git(error) => return error.into(),
            NorthStarError::Repository(error) => return error.into(),
            NorthStarError::Store(error) => return error.into(),
            NorthStarError::Routine(_) => return Self::defect(&error),
            NorthStarError::Settings { .. } | NorthStarError::Question { .. } => {
                "Mend it in adjutant.toml; adjutant init writes an example of every table."
            }
        };
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let remedy = error.remedy();
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<FocusError> for Failure {
    fn from(error: FocusError) -> Self {
        let remedy = match error {
            FocusError::File(error) => return error.into(),
            FocusError::Text(error) => return error.into(),
            FocusError::NorthStar(error) => return error.into(),
            FocusError::Role(error) => return error.into(),
            FocusError::Store(error) => return error.into(),
            FocusError::Git(error) => return error.into(),
            FocusError::Repository(error) => return error.into(),
            FocusError::Decision { .. } => "Ask the gate again with adjutant gate.",
            FocusError::Kept { .. } => {
                "Remove that file: the next plan keeps every line of AGENT_FOCUS.md as yours."
            }
            FocusError::TooLong(_) => "Move notes into files of their own.",
        };
        Self::of(Exit::Usage, &error, remedy)
    }
}

impl From<RoutineError> for Failure {
    fn from(error: RoutineError) -> Self {
        match error {
            RoutineError::Focus(error) => error.into(),
            RoutineError::NorthStar(error) => error.into(),
            RoutineError::Store(error) => error.into(),
            RoutineError::Text(error) => error.into(),
            RoutineError::Git(error) => error.into(),
            RoutineError::Conflict(error) => error.into(),
            RoutineError::Record(_) => Self::defect(&error),
        }
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        match &error {
            PolicyError::Unknown { .. } => {
                let remedy = "See adjutant gate list, or define it in adjutant.toml.";
                Self::of(Exit::Usage, &error, remedy)
            }
            PolicyError::File(file) => Self::of(Exit::Usage, &error, file.remedy()),
            PolicyError::NotText { .. } => Self::of(Exit::Usage, &error, "Save it as UTF-8."),
            PolicyError::Invalid { .. } => {
                let remedy = "Mend the line; adjutant gate show release is an example.";
                Self::of(Exit::Usage, &error, remedy)
            }
            PolicyError::BrokenBuiltIn { .. } => Self::defect(&error),
        }
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        match error {
            GateError::Store(error) => error.into(),
            GateError::Name(error) => error.into(),
            GateError::Earlier(error) => error.into(),
            GateError::Tasks(_) | GateError::Record(_) => Self::defect(&error),
        }
    }
}

impl From<VoteError> for Failure {
    fn from(error: VoteError) -> Self {
        match error {
            VoteError::Store(error) => error.into(),
            VoteError::Record(error) => error.into(),
            VoteError::About { .. } => {
                let remedy = "Name a subject, or the first digits of a decision's record.";
                Self::of(Exit::Usage, &error, remedy)
            }
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let remedy = match &error {
            RecordError::Missing(_) | RecordError::Artifact { .. } => {
                "Do not trust the report; decide again with adjutant gate."
            }
            RecordError::TooNew { .. } | RecordError::Format { .. } => {
                "Use the Adjutant that wrote it."
            }
            RecordError::Unreadable(_)
            | RecordError::Content { .. }
            | RecordError::Policy(_)
            | RecordError::NoGate(_) => "Decide again with adjutant gate.",
        };
        Self::of(Exit::Rejected, &error, remedy)
    }
}

impl From<RankingError> for Failure {
    fn from(error: RankingError) -> Self {
        match error {
            RankingError::Role(error) => error.into(),
            RankingError::Store(error) => error.into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Role(error) => error.into(),
            RunError::Store(error) => error.into(),
            RunError::NorthStar(error) => error.into(),
            RunError::Name(error) => error.into(),
            RunError::Checking(error) => error.into(),
            RunError::Decision(error) => error.into(),
            RunError::Repository(error) => error.into(),
            RunError::File(error) => error.into(),
            RunError::Site(_) => {
                let remedy = "Check the repository, its folder's permissions and the free space.";
                Self::of(Exit::Usage, &error, remedy)
            }
        }
    }
}

impl From<DirectivesError> for Failure {
    fn from(error: DirectivesError) -> Self {
        match error {
            DirectivesError::File(error) => error.into(),
            DirectivesError::Store(error) => error.into(),
            DirectivesError::Rollout(error) => error.into(),
            DirectivesError::Report(error) => Self::defect(&error),
            DirectivesError::Unreadable { .. } => {
                let remedy = "Mend the file; docs/directives.md shows one, and schemas/directives.schema.json describes it.";
                Self::of(Exit::Usage, &error, remedy)
            }
            DirectivesError::Process(_) | DirectivesError::Scratch(_) => {
                let remedy = "Check the free space and the permissions of the temporary folder, then run again.";
                Self::of(Exit::Internal, &error, remedy)
            }
        }
    }
}

impl From<CheckingError> for Failure {
    fn from(error: CheckingError) -> Self {
        match error {
            CheckingError::Store(error) => error.into(),
            CheckingError::File(error) => error.into(),
            CheckingError::Gate(error) => error.into(),
            CheckingError::Policy(error) => error.into(),
            CheckingError::Git(error) => Self::of(Exit::Internal, &error, error.remedy()),
            CheckingError::Room(_) | CheckingError::Scratch(_) | CheckingError::Lock(_) => {
                let remedy = "Check the free space and the permissions of the temporary folder.";
                Self::of(Exit::Internal, &error, remedy)
            }
            CheckingError::Process(_) => {
                let remedy = "Run it again; what the program started may still run.";
                Self::of(Exit::Undecided, &error, remedy)
            }
            CheckingError::Settings(_) | CheckingError::Roles(_) => {
                Self::of(Exit::Usage, &error, "Mend the line.")
            }
            CheckingError::Record(_) => {
                Self::of(Exit::Internal, &error, "Use the Adjutant that wrote it.")
            }
            CheckingError::Proof(_) => {
                let remedy = "Do not trust it: reopen the task, and complete it again.";
                Self::of(Exit::Rejected, &error, remedy)
            }
            CheckingError::NoRepository => {
                Self::of(Exit::Usage, &error, "Change into the work tree.")
            }
        }
    }
}
