//! The published JSON shapes. They live here, at the edge, and convert from the domain; their
//! schemas are generated from these types by [`crate::schema`]. Nothing is rounded in JSON.

mod announcement;
mod answer;
mod comparison;
mod contract;
mod deployment;
mod directives;
mod gate;
mod joint;
mod policy;
mod risk;
mod shadow;

pub use announcement::{AnnouncedFacts, AnnouncementMessage};
pub use answer::{
    EvidenceInJson, InputFile, Number, OutcomeInJson, TrendInJson, UnitInJson, ValidityInJson,
    VerdictInJson,
};
pub use comparison::{ArmOfComparison, ComparisonAnswer, EstimateOfComparison, MarginOfComparison};
pub use contract::{
    BreaksInJson, ContractAnswer, ContractFinding, SchemaDirectionInJson, SchemaSeverityInJson,
};
pub use deployment::{
    CompatibilityMatrix, CompatibilityRow, CompatibilityValue, DeploymentReport, ExecutionProgress,
    FinalVerdict, SafetyGateStatus, Tally, TeamConsensus, WorkInState,
};
pub use directives::{
    ActionInFile, CheckInFile, CollectInFile, CriterionInFile, CriterionOfDirective,
    CriterionStandingInJson, DeployInFile, DirectiveAnswer, DirectiveInFile, DirectivesFile,
    ExperimentInFile, PriorityInJson, ProgramInFile, ProgressAnswer, RefusedAnswer, ReportInFile,
    SourceInFile,
};
pub use gate::{
    AcceptedValues, ArmAnswer, CriterionAnswer, CriterionNeeds, GateAnswer, GateNeeds,
    TriggerAnswer,
};
pub use joint::{JointAnswer, QuorumAnswer, VoteOfRole, VoterAnswer};
pub use policy::PolicyFile;
pub use risk::{FactorAnswer, FactorValueInJson, RiskAnswer};
pub use shadow::{
    RecordedExchange, RecordedRequest, ShadowAccountInJson, ShadowAnswer, ShadowKindInJson,
    ShadowKindName, ShadowPathInJson, ShadowRateInJson, ShadowSumInJson, ShadowUnpairedInJson,
};
